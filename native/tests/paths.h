// The code paths of the kernels. Kernels switch paths at certain sizes; the tests check that their geometries cover
// every path.
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
constexpr const char* PATH_NAMES[PATHS] = {
    "outer products",
    "outer products in several parts",
    "outer products with more rows than ROWS_AT_ONCE",
    "lines padded with zeros",
    "stored strips",
    "many blocks of rows, for which panels are packed together",
    "many weights, for which more panels are packed together",
    "a prefetched source",
    "lines split into four phases",
    "Winograd for w",
    "Winograd for w in several panels",
    "Winograd with prefetched kernels",
};

// The functions of one instruction set that return the paths of a geometry; x and y are its arrays.
struct IsaPaths {
  Paths (*single)(const Geometry&, const float* x, const float* y);
  Paths (*in_double)(const Geometry&, const double* x, const double* y);
  Paths possible_single, possible_double;  // the paths that exist on this instruction set
};

namespace avx512 {
extern const IsaPaths ISA_PATHS;
}
namespace avx2 {
extern const IsaPaths ISA_PATHS;
}
namespace baseline {
extern const IsaPaths ISA_PATHS;
}
namespace neon {
extern const IsaPaths ISA_PATHS;
}

inline const IsaPaths& paths_of(const Isa& isa) {
#if defined(ROT180_X86)
  return &isa == &avx512::ISA ? avx512::ISA_PATHS : &isa == &avx2::ISA ? avx2::ISA_PATHS : baseline::ISA_PATHS;
#elif defined(ROT180_ARM)
  return (void)isa, neon::ISA_PATHS;
#else
  return (void)isa, baseline::ISA_PATHS;
#endif
}
inline Paths paths_of(const Isa& isa, const Geometry& g, const float* x, const float* y) {
  return paths_of(isa).single(g, x, y);
}
inline Paths paths_of(const Isa& isa, const Geometry& g, const double* x, const double* y) {
  return paths_of(isa).in_double(g, x, y);
}
inline Paths possible_paths(const Isa& isa, bool single) {
  return single ? paths_of(isa).possible_single : paths_of(isa).possible_double;
}

}  // namespace rot180
