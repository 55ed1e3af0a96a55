// out[m, q] = sum over k of A[m, k] * S[k, q]: the matrix product that computes conv_y and conv_x.
//
// A (the weights) is packed once. Panels of S, two vectors wide, are packed from the source when they are needed, with
// masks for padding. Each sum goes through the rows of S in chunks of DEPTH, in order, whatever the number of threads.
#pragma once
#include "gemm/pack_a.h"
#include "memory/allocator.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int PAIRS = 8, MANY_PAIRS = 12;  // panels that are multiplied by a block of A before the next block is loaded
constexpr int FEW_BLOCKS = 9;  // up to this many blocks of rows, one panel at a time is packed: it stays in the L1 cache
constexpr int64_t MANY_WEIGHTS = 1 << 19;  // from this many bytes A leaves the L2 cache, so it meets MANY_PAIRS panels

template <class T>
struct Product {
  int64_t rows, channels;  // rows and channels of A; the depth is channels * from.tap_count()
  MatrixA<T> weights;
  Gather from;
  const T* source;
  ptrdiff_t source_channel;
  Scatter to;
  T* out;
  ptrdiff_t out_row;
  const T* bias;  // one per row, or null
  bool relu;

  int64_t depth() const { return channels * from.tap_count(); }
};

// One product and how its work is divided. Positions are cut into blocks of several pairs of vectors, the blocks into
// spans, and the rows into parts. A chunk of work is one span and one part of the rows.
template <class T>
struct Plan {
  Product<T> product;
  PackedA<T> a;
  Row* rows;  // rows of S
  int64_t blocks, spans, row_parts;

  int64_t chunks() const { return spans * row_parts; }
};

// Divides the work into as few pieces as keep all threads busy, because each span locates its strips and each part of
// the rows packs the panels again. No sum depends on the division.
template <class T>
void cut(Plan<T>& plan, int64_t products) {
  const Product<T>& p = plan.product;
  const int64_t threads = num_threads(), wanted = threads > 1 ? ceil_div(4 * threads, products) : 1;
  const int64_t pairs = ceil_div(p.from.positions(), 2 * Simd<T>::L);
  const int64_t share = ceil_div(pairs, ceil_div(threads, products));  // pairs per thread
  const bool many = (int64_t)sizeof(T) * p.rows * p.depth() >= MANY_WEIGHTS;
  plan.blocks = ceil_div(pairs, many ? larger<int64_t>(PAIRS, smaller<int64_t>(MANY_PAIRS, share)) : PAIRS);
  if (products == 1) plan.blocks = round_to_threads(plan.blocks, pairs);
  plan.spans = smaller(plan.blocks, wanted);
  plan.row_parts = plan.spans < threads ? smaller(row_blocks(p.rows), ceil_div(wanted, plan.spans)) : 1;
}

// Runs several products that write to different arrays. All have the same positions.
template <class T>
void run(const Product<T>* products, int count);

}  // namespace ROT180_ISA
}  // namespace rot180
