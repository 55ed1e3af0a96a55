// The three contractions of the trilinear form (docs/decisions/0001), as products and inner products.
//
//     conv_y   A = w, S = x                                positions: cells of y
//     conv_x   A = w with its first two axes swapped, S = y   positions: cells of x, one phase of the stride at a time
//     conv_w   Y = y, S = x                                positions: cells of y, summed away
//
// A stride is taken apart into phases, so that cells that meet neighbours lie side by side: x is split before it is
// gathered, and conv_x's result is put together from its phases.
#pragma once
#include "window/geometry.h"

namespace rot180 {
namespace ROT180_ISA {

template <class T>
void conv_y(const Geometry& g, const T* x, const T* w, const T* bias, bool relu, T* y);

template <class T>
void conv_x(const Geometry& g, const T* y, const T* w, T* x);

template <class T>
void conv_w(const Geometry& g, const T* x, const T* y, T* w);

}  // namespace ROT180_ISA
}  // namespace rot180
