// Winograd's algorithms, float32 only. dispatch/algorithms.cpp decides which geometries they compute.
#pragma once
#include "window/geometry.h"

namespace rot180 {
namespace ROT180_ISA {

void winograd_y(const Geometry& g, const float* x, const float* w, const float* bias, bool relu, float* y);
void winograd_x(const Geometry& g, const float* y, const float* w, float* x);
void winograd_w(const Geometry& g, const float* x, const float* y, float* w);

// Like the functions above, but with tiles of 4x4 results and for stride 1 only.
void winograd4_y(const Geometry& g, const float* x, const float* w, const float* bias, bool relu, float* y);
void winograd4_x(const Geometry& g, const float* y, const float* w, float* x);

// The undilated cases, at stride 1 and at stride 2, each compiled in a separate file.
void winograd_y_stride1(const Geometry& g, const float* x, const float* w, const float* bias, bool relu, float* y);
void winograd_y_stride2(const Geometry& g, const float* x, const float* w, const float* bias, bool relu, float* y);
void winograd_x_stride1(const Geometry& g, const float* y, const float* w, float* x);
void winograd_x_stride2(const Geometry& g, const float* y, const float* w, float* x);
void winograd_w_undilated(const Geometry& g, const float* x, const float* y, float* w);

}  // namespace ROT180_ISA
}  // namespace rot180
