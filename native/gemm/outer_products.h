// The product of inner.h by outer products: where there are many rows it pays to turn S, position after position with
// the columns side by side, and to use the register tile of tile.h. Columns are lanes, positions are summed.
#pragma once
#include "gemm/dot_products.h"
#include "gemm/pack_a.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int64_t ROWS_AT_ONCE = 512;  // of a chunk of Y: more would leave the second cache

// Whether turning S costs less than dot products lose.
template <class T>
bool outer_pays(const Inner<T>& p) {
  return p.rows >= 48 && p.columns() >= 3 * Simd<T>::L + 1;
}

template <class T>
void run_outer(const Inner<T>& p);

}  // namespace ROT180_ISA
}  // namespace rot180
