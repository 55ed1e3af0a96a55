// Contractions whose kernel covers x exactly, for example linear layers. x is a matrix (images, inputs), w is (outputs,
// inputs) and y is (images, outputs); the contractions are products of two of them.
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
