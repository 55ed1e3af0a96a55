// A kernel that covers x exactly, a linear layer among them: x is a matrix (images, inputs), w (outputs, inputs), y
// (images, outputs), and the contractions are products of these.
#pragma once
#include "window/geometry.h"

namespace rot180 {
namespace ROT180_ISA {

template <class T>
void dense_y(const Geometry& g, const T* x, const T* w, const T* bias, bool relu, T* y);

template <class T>
void dense_x(const Geometry& g, const T* y, const T* w, T* x);

template <class T>
void dense_w(const Geometry& g, const T* x, const T* y, T* w);

}  // namespace ROT180_ISA
}  // namespace rot180
