// The three contractions of the trilinear form (docs/decisions/0001), as matrix products.
//
//     conv_y   A = w, S = x                                   positions: cells of y
//     conv_x   A = w with its first two axes swapped, S = y   positions: cells of x, one phase of the stride at a time
//     conv_w   Y = y, S = x                                   positions: cells of y, which are summed over
//
// A stride is removed by splitting x into phases, so that adjacent positions read adjacent cells: conv_y and conv_w
// split x first, and conv_x merges its result from the phases.
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
