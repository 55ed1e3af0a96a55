#include "winograd/winograd.h"

#include "winograd/dilated.h"

namespace rot180 {
namespace ROT180_ISA {

void winograd_y(const Geometry& g, const float* x, const float* w, const float* bias, bool relu, float* y) {
  if (g.strided()) return winograd_y_stride2(g, x, w, bias, relu, y);
  if (g.dilation[2] == 1) return winograd_y_stride1(g, x, w, bias, relu, y);
  dilated_y(g, x, y, [&](const Geometry& plain, const float* from, float* to) {
    winograd_y_stride1(plain, from, w, bias, relu, to);
  });
}

void winograd_x(const Geometry& g, const float* y, const float* w, float* x) {
  if (g.strided()) return winograd_x_stride2(g, y, w, x);
  if (g.dilation[2] == 1) return winograd_x_stride1(g, y, w, x);
  dilated_x(g, y, x, [&](const Geometry& plain, const float* from, float* to) { winograd_x_stride1(plain, from, w, to); });
}

void winograd_w(const Geometry& g, const float* x, const float* y, float* w) {
  if (g.dilation[2] == 1) return winograd_w_undilated(g, x, y, w);
  dilated_w(g, x, y, [&](const Geometry& plain, const float* of_x, const float* of_y) {
    winograd_w_undilated(plain, of_x, of_y, w);
  });
}

}  // namespace ROT180_ISA
}  // namespace rot180
