// Convolutions with one channel of x per group.
#pragma once
#include "window/geometry.h"

namespace rot180 {
namespace ROT180_ISA {

template <class T>
void depthwise_y(const Geometry& g, const T* x, const T* w, const T* bias, bool relu, T* y);

template <class T>
void depthwise_x(const Geometry& g, const T* y, const T* w, T* x);

template <class T>
void depthwise_w(const Geometry& g, const T* x, const T* y, T* w);

}  // namespace ROT180_ISA
}  // namespace rot180
