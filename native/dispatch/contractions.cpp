// The contractions of one instruction set. CMakeLists.txt compiles this file, like all kernels, once per instruction
// set, with different values of ROT180_ISA and ROT180_VECTOR.
#include "depthwise/depthwise.h"
#include "dispatch/instruction_sets.h"
#include "gemm/dense.h"
#include "gemm/direct.h"
#include "winograd/winograd.h"

namespace rot180 {
namespace ROT180_ISA {

extern const Layers<float> LAYERS32;  // layers/layers.cpp
extern const Layers<double> LAYERS64;

namespace {

template <class T>
constexpr bool SINGLE = sizeof(T) == 4;

template <class T>
void dispatch_y(Algorithm asked, const Geometry& g, const T* x, const T* w, const T* bias, bool relu, T* y) {
  const Algorithm algorithm = settle(asked, Kernel::y, g, SINGLE<T>);
  if (algorithm == Algorithm::dense) return dense_y(g, x, w, bias, relu, y);
  if (algorithm == Algorithm::depthwise) return depthwise_y(g, x, w, bias, relu, y);
  if constexpr (SINGLE<T>) {
    if (algorithm == Algorithm::winograd) return winograd_y(g, x, w, bias, relu, y);
    if (algorithm == Algorithm::winograd4) return winograd4_y(g, x, w, bias, relu, y);
  }
  conv_y(g, x, w, bias, relu, y);
}

template <class T>
void dispatch_x(Algorithm asked, const Geometry& g, const T* y, const T* w, T* x) {
  const Algorithm algorithm = settle(asked, Kernel::x, g, SINGLE<T>);
  if (algorithm == Algorithm::dense) return dense_x(g, y, w, x);
  if (algorithm == Algorithm::depthwise) return depthwise_x(g, y, w, x);
  if constexpr (SINGLE<T>) {
    if (algorithm == Algorithm::winograd) return winograd_x(g, y, w, x);
    if (algorithm == Algorithm::winograd4) return winograd4_x(g, y, w, x);
  }
  conv_x(g, y, w, x);
}

template <class T>
void dispatch_w(Algorithm asked, const Geometry& g, const T* x, const T* y, T* w) {
  const Algorithm algorithm = settle(asked, Kernel::w, g, SINGLE<T>);
  if (algorithm == Algorithm::dense) return dense_w(g, x, y, w);
  if (algorithm == Algorithm::depthwise) return depthwise_w(g, x, y, w);
  if constexpr (SINGLE<T>)
    if (algorithm == Algorithm::winograd) return winograd_w(g, x, y, w);
  conv_w(g, x, y, w);
}

template <class T>
constexpr Kernels<T> kernels() {
  return {dispatch_y<T>, dispatch_x<T>, dispatch_w<T>};
}

}  // namespace

#define ROT180_STRING(name) ROT180_STRINGIFY(name)
#define ROT180_STRINGIFY(name) #name

constexpr Isa ISA{ROT180_STRING(ROT180_ISA), kernels<float>(), kernels<double>(), &LAYERS32, &LAYERS64};

}  // namespace ROT180_ISA
}  // namespace rot180
