// Winograd at stride 2: y, and x's gradient, for kernels of 3x3 and of 4x4 cells.
#include "winograd/tile_product.h"
#include "winograd/winograd.h"

namespace rot180 {
namespace ROT180_ISA {
namespace {

template <class F>
void tile_product_x(const Geometry& g, const float* y, const float* w, float* x) {
  Geometry over = g;
  over.channels = g.outputs;
  for (int a = 1; a < 3; ++a) {
    over.x[a] = g.y[a];
    over.y[a] = ceil_div(g.x[a], F::OUT);
    over.kernel[a] = F::IN;
    over.stride[a] = F::STEP;
    over.padding[a] = 1 - g.padding[a] / 2;
  }
  const int64_t taps = g.taps();
  winograd_product<F>(over, y, {w, taps, g.channels * taps, false},
                      {x, {g.x[0], g.x[1], g.x[2]}, g.channels, nullptr, false});
}

}  // namespace

void winograd_y_stride2(const Geometry& g, const float* x, const float* w, const float* bias, bool relu, float* y) {
  g.kernel[1] == 3 ? tile_product_y<S2<3>>(g, x, w, bias, relu, y) : tile_product_y<S2<4>>(g, x, w, bias, relu, y);
}

void winograd_x_stride2(const Geometry& g, const float* y, const float* w, float* x) {
  if (g.padding[1] % 2)
    g.kernel[1] == 3 ? tile_product_x<S2x<3, true>>(g, y, w, x) : tile_product_x<S2x<4, true>>(g, y, w, x);
  else
    g.kernel[1] == 3 ? tile_product_x<S2x<3, false>>(g, y, w, x) : tile_product_x<S2x<4, false>>(g, y, w, x);
}

}  // namespace ROT180_ISA
}  // namespace rot180
