// Winograd at stride 1: y, and x's gradient, with tiles of 2x2 and of 4x4 results.
#include "winograd/tile_product.h"
#include "winograd/winograd.h"

namespace rot180 {
namespace ROT180_ISA {
namespace {

// At stride 1 x's gradient is a convolution of y with the kernels rotated by 180 degrees and with padding 2 - padding.
template <class F>
void tile_product_x(const Geometry& g, const float* y, const float* w, float* x) {
  Geometry back = g;
  back.channels = g.outputs;
  back.outputs = g.channels;
  for (int a = 0; a < 3; ++a) {
    back.x[a] = g.y[a];
    back.y[a] = g.x[a];
    back.padding[a] = g.kernel[a] - 1 - g.padding[a];
  }
  winograd_product<F>(tiles_over_x<F>(back), y, {w, 9, g.channels * 9, true},
                      {x, {g.x[0], g.x[1], g.x[2]}, g.channels, nullptr, false});
}

}  // namespace

void winograd_y_stride1(const Geometry& g, const float* x, const float* w, const float* bias, bool relu, float* y) {
  tile_product_y<F2>(g, x, w, bias, relu, y);
}
void winograd_x_stride1(const Geometry& g, const float* y, const float* w, float* x) { tile_product_x<F2>(g, y, w, x); }

void winograd4_y(const Geometry& g, const float* x, const float* w, const float* bias, bool relu, float* y) {
  tile_product_y<F4>(g, x, w, bias, relu, y);
}
void winograd4_x(const Geometry& g, const float* y, const float* w, float* x) { tile_product_x<F4>(g, y, w, x); }

}  // namespace ROT180_ISA
}  // namespace rot180
