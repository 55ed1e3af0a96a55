// The functions of each instruction set, and the choice of one at run time.
#pragma once
#include "dispatch/algorithms.h"
#include "window/geometry.h"
#include "layers/layers.h"

#if defined(__x86_64__) || defined(_M_X64)
#define ROT180_X86
#elif defined(__aarch64__) || defined(_M_ARM64)
#define ROT180_ARM
#endif

namespace rot180 {

template <class T>
struct Kernels {
  void (*conv_y)(Algorithm, const Geometry&, const T* x, const T* w, const T* bias, bool relu, T* y);
  void (*conv_x)(Algorithm, const Geometry&, const T* y, const T* w, T* x);
  void (*conv_w)(Algorithm, const Geometry&, const T* x, const T* y, T* w);
};

struct Isa {
  const char* name;
  Kernels<float> f32;
  Kernels<double> f64;
  const Layers<float>* layers32;
  const Layers<double>* layers64;
};

// One table per instruction set, compiled from the same sources (CMakeLists.txt). The tables are constant data. A
// function that filled them would itself be compiled for the instruction set, and would crash on a machine that lacks
// it.
namespace avx512 {
extern const Isa ISA;
}
namespace avx2 {
extern const Isa ISA;
}
namespace baseline {
extern const Isa ISA;
}
namespace neon {
extern const Isa ISA;
}

// The compiled instruction sets, best first, terminated by null.
const Isa* const* all_isas();

// True if this machine supports the instruction set.
bool runs_here(const Isa& isa);

// The instruction set of that name; for null or an empty name the best one that this machine supports. Returns null and
// sets `reason` if there is none.
const Isa* choose_isa(const char* wanted, const char** reason);

}  // namespace rot180
