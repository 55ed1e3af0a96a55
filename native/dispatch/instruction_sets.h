// What an instruction set offers, and the choice among them at run time.
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

// One of these is compiled per instruction set, from the same source (kernels.cpp, layers.cpp, updates.cpp);
// CMakeLists.txt says which. They are data that the compiler lays out: a function that makes them would itself be
// compiled for the instruction set, and stop a machine that lacks it.
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

// The sets that were compiled, the best first; null after the last.
const Isa* const* all_isas();

// Whether this machine can run it.
bool runs_here(const Isa& isa);

// The set of that name, or the best (null or empty); null and a reason if it cannot be had.
const Isa* choose_isa(const char* wanted, const char** reason);

}  // namespace rot180
