// The product of dot_products.h, computed as outer products. With many rows it is faster to transpose S, so that
// columns are adjacent and become lanes, and to use the microkernel.
#pragma once
#include "gemm/dot_products.h"
#include "gemm/pack_a.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int64_t ROWS_AT_ONCE = 512;  // rows of a chunk of Y: more would leave the L2 cache

// True if outer products are faster than dot products, including the cost of transposing S.
template <class T>
bool outer_products_pay(const TransposedProduct<T>& p) {
  return p.rows >= 48 && p.columns() >= 3 * Simd<T>::L + 1;
}

template <class T>
void run_outer_products(const TransposedProduct<T>& p);

}  // namespace ROT180_ISA
}  // namespace rot180
