// out[m, q] = sum over k of A[m, k] * S[k, q]: the matrix product behind convolutions forwards and backwards.
//
// A (weights) is packed once; S is packed in panels of 2 vectors while it is needed, straight from the source, masked
// where it is padding. Every sum is taken in the same order whatever the number of threads: by chunks of DEPTH rows of S,
// one after the other.
#pragma once
#include "gemm/pack_a.h"
#include "memory/allocator.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int PAIRS = 8, MANY_PAIRS = 12;  // panels that a block of A meets before the next is loaded
constexpr int FEW_BLOCKS = 9;  // of rows: a panel is used at once, and need not leave the first cache before
constexpr int64_t MANY_WEIGHTS = 1 << 19;  // bytes of A from which on it meets many: they leave the second cache

template <class T>
struct Product {
  int64_t rows, channels;  // of A; the depth is channels * from.tap_count()
  Left<T> weights;
  Gather from;
  const T* source;
  ptrdiff_t source_channel;
  Scatter to;
  T* out;
  ptrdiff_t out_row;
  const T* bias;  // per row, or null
  bool relu;      // replace negative results by zero

  int64_t depth() const { return channels * from.tap_count(); }
};

// One product, and how its work is cut: positions in blocks of pairs of vectors, blocks in spans that a thread works
// through one after the other, rows in parts.
template <class T>
struct Plan {
  Product<T> product;
  PackedLeft<T> left;
  Row* rows;  // of S
  int64_t blocks, spans, row_parts;

  int64_t chunks() const { return spans * row_parts; }
};

// How much is worth a thread of its own: as few pieces as keep the threads busy, because every span finds its strips
// and every part of the rows packs the panels anew. No sum depends on it.
template <class T>
void cut(Plan<T>& plan, int64_t products) {
  const Product<T>& p = plan.product;
  const int64_t threads = num_threads(), wanted = threads > 1 ? ceil_div(4 * threads, products) : 1;
  const int64_t pairs = ceil_div(p.from.positions(), 2 * Simd<T>::L);
  const int64_t share = ceil_div(pairs, ceil_div(threads, products));  // of a thread
  const bool many = (int64_t)sizeof(T) * p.rows * p.depth() >= MANY_WEIGHTS;
  plan.blocks = ceil_div(pairs, many ? larger<int64_t>(PAIRS, smaller<int64_t>(MANY_PAIRS, share)) : PAIRS);
  if (products == 1) plan.blocks = evenly(plan.blocks, pairs);
  plan.spans = smaller(plan.blocks, wanted);
  plan.row_parts = plan.spans < threads ? smaller(row_blocks(p.rows), ceil_div(wanted, plan.spans)) : 1;
}

// Runs several products that write to different places.
template <class T>
void run(const Product<T>* products, int count);

}  // namespace ROT180_ISA
}  // namespace rot180
