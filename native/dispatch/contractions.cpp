// The contractions of one instruction set: compiled once for each, with ROT180_ISA and ROT180_VECTOR set by CMakeLists.txt.
#include "gemm/direct.h"
#include "gemm/dense.h"
#include "depthwise/depthwise.h"
#include "winograd/dilated.h"
#include "dispatch/instruction_sets.h"
#include "winograd/conv_yx.h"
#include "winograd/conv_w.h"

namespace rot180 {
namespace ROT180_ISA {

extern const Layers<float> LAYERS32;  // layers.cpp
extern const Layers<double> LAYERS64;

namespace {

template <class T>
constexpr bool SINGLE = sizeof(T) == 4;

template <class T>
void any_y(Algorithm asked, const Geometry& g, const T* x, const T* w, const T* bias, bool relu, T* y) {
  const Algorithm algorithm = settle(asked, Kernel::y, g, SINGLE<T>);
  if (algorithm == Algorithm::dense) return dense_y(g, x, w, bias, relu, y);
  if (algorithm == Algorithm::depthwise) return depthwise_y(g, x, w, bias, relu, y);
  if constexpr (SINGLE<T>) {
    if (algorithm == Algorithm::winograd4) return winograd_y<F4>(g, x, w, bias, relu, y);
    if (algorithm == Algorithm::winograd) {
      if (g.dilation[2] > 1)
        return dilated_y(g, x, y, [&](const Geometry& plain, const float* from, float* to) {
          winograd_y<F2>(plain, from, w, bias, relu, to);
        });
      if (!g.strided()) return winograd_y<F2>(g, x, w, bias, relu, y);
      return g.kernel[1] == 3 ? winograd_y<S2<3>>(g, x, w, bias, relu, y) : winograd_y<S2<4>>(g, x, w, bias, relu, y);
    }
  }
  conv_y(g, x, w, bias, relu, y);
}

template <class T>
void any_x(Algorithm asked, const Geometry& g, const T* y, const T* w, T* x) {
  const Algorithm algorithm = settle(asked, Kernel::x, g, SINGLE<T>);
  if (algorithm == Algorithm::dense) return dense_x(g, y, w, x);
  if (algorithm == Algorithm::depthwise) return depthwise_x(g, y, w, x);
  if constexpr (SINGLE<T>) {
    if (algorithm == Algorithm::winograd4) return winograd_x<F4>(g, y, w, x);
    if (algorithm == Algorithm::winograd) {
      if (g.dilation[2] > 1)
        return dilated_x(g, y, x, [&](const Geometry& plain, const float* from, float* to) {
          winograd_x<F2>(plain, from, w, to);
        });
      if (!g.strided()) return winograd_x<F2>(g, y, w, x);
      if (g.padding[1] % 2)
        return g.kernel[1] == 3 ? winograd_x2<S2x<3, true>>(g, y, w, x) : winograd_x2<S2x<4, true>>(g, y, w, x);
      return g.kernel[1] == 3 ? winograd_x2<S2x<3, false>>(g, y, w, x) : winograd_x2<S2x<4, false>>(g, y, w, x);
    }
  }
  conv_x(g, y, w, x);
}

template <class T>
void any_w(Algorithm asked, const Geometry& g, const T* x, const T* y, T* w) {
  const Algorithm algorithm = settle(asked, Kernel::w, g, SINGLE<T>);
  if (algorithm == Algorithm::dense) return dense_w(g, x, y, w);
  if (algorithm == Algorithm::depthwise) return depthwise_w(g, x, y, w);
  if constexpr (SINGLE<T>)
    if (algorithm == Algorithm::winograd) {
      if (g.dilation[2] > 1)
        return dilated_w(g, x, y, [&](const Geometry& plain, const float* of_x, const float* of_y) {
          winograd_w<W2>(plain, of_x, of_y, w);
        });
      if (!g.strided()) return winograd_w<W2>(g, x, y, w);
      return g.kernel[1] == 3 ? winograd_w<W2s2<3>>(g, x, y, w) : winograd_w<W2s2<4>>(g, x, y, w);
    }
  conv_w(g, x, y, w);
}

template <class T>
constexpr Kernels<T> kernels() {
  return {any_y<T>, any_x<T>, any_w<T>};
}

}  // namespace

#define ROT180_TEXT(name) ROT180_QUOTED(name)
#define ROT180_QUOTED(name) #name

constexpr Isa ISA{ROT180_TEXT(ROT180_ISA), kernels<float>(), kernels<double>(), &LAYERS32, &LAYERS64};

}  // namespace ROT180_ISA
}  // namespace rot180
