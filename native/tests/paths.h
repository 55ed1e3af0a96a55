// The paths of the kernels, which change over at sizes that a list of geometries may miss without anybody noticing.
#pragma once
#include <cstdint>

#include "dispatch/instruction_sets.h"

namespace rot180 {

using Paths = uint32_t;  // a bit per path

enum Path {
  outer_products,
  outer_products_in_parts,
  outer_products_of_many_rows,
  widened_lines,
  repeated_strips,
  many_blocks_of_rows,
  many_weights,
  fetched_ahead,
  four_phases,
  winograd_of_w,
  winograd_of_w_in_panels,
  winograd_fetched_ahead,
  PATHS
};
constexpr const char* NAMES_OF_PATHS[PATHS] = {
    "outer products",
    "outer products in several parts",
    "outer products of more rows than are taken at once",
    "lines that are widened",
    "strips that are kept and repeated",
    "so many blocks of rows that panels are packed together",
    "so many weights that more panels are packed together",
    "a source that is fetched ahead",
    "lines taken apart into four phases",
    "Winograd for w, by the table",
    "Winograd for w in several panels",
    "Winograd with kernels that are fetched ahead",
};

// One instruction set's answers; x and y are the arrays of the geometry.
struct PathsOf {
  Paths (*single)(const Geometry&, const float* x, const float* y);
  Paths (*twice)(const Geometry&, const double* x, const double* y);
  Paths there_single, there_twice;  // that can be taken at all
};

namespace avx512 {
extern const PathsOf PATHS_OF;
}
namespace avx2 {
extern const PathsOf PATHS_OF;
}
namespace baseline {
extern const PathsOf PATHS_OF;
}
namespace neon {
extern const PathsOf PATHS_OF;
}

inline const PathsOf& paths_of(const Isa& isa) {
#if defined(ROT180_X86)
  return &isa == &avx512::ISA ? avx512::PATHS_OF : &isa == &avx2::ISA ? avx2::PATHS_OF : baseline::PATHS_OF;
#elif defined(ROT180_ARM)
  return (void)isa, neon::PATHS_OF;
#else
  return (void)isa, baseline::PATHS_OF;
#endif
}
inline Paths paths_of(const Isa& isa, const Geometry& g, const float* x, const float* y) {
  return paths_of(isa).single(g, x, y);
}
inline Paths paths_of(const Isa& isa, const Geometry& g, const double* x, const double* y) {
  return paths_of(isa).twice(g, x, y);
}
inline Paths there_are(const Isa& isa, bool single) {
  return single ? paths_of(isa).there_single : paths_of(isa).there_twice;
}

}  // namespace rot180
