// out[m, k] = sum over q of Y[m, q] * S[k, q]: the matrix product behind weight gradients; positions are summed away.
//
// Both factors have the positions side by side in memory, so a tile is DOT_ROWS x DOT_COLUMNS dot products, a vector of
// partial sums each. Positions are taken in blocks, and the blocks in parts whose number depends on the shape alone: the
// order of the sums is the same whatever the number of threads.
#pragma once
#include "threads/parallel_for.h"
#include "gemm/pack_s.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int64_t BLOCK_BYTES = 3072;  // of one row of a block
constexpr int64_t MOST_PARTS = 16;     // of the positions, each with sums of its own, where the sums are few
constexpr int64_t FEW_SUMS = 1 << 17;  // in all parts

template <class T>
struct Inner {
  int64_t rows, channels;
  const T* y;  // row m at image n: y + n * y_image + m * y_row, the grid's cells side by side
  ptrdiff_t y_image, y_row;
  Gather from;
  const T* source;
  ptrdiff_t source_channel;
  T* out;  // (rows, channels * taps)
  ptrdiff_t out_row;

  int64_t columns() const { return channels * from.tap_count(); }
};

// What the parts have summed, added up in order.
template <class T>
void add_parts(const Inner<T>& p, const T* partial, int64_t parts) {
  const int64_t columns = p.columns();
  auto row = [&](int64_t m) {
    const T* from = partial + m * columns;
    T* to = p.out + m * p.out_row;
    for (int64_t k = 0; k < columns; ++k) to[k] = from[k];
    for (int64_t part = 1; part < parts; ++part) {
      from += p.rows * columns;
      for (int64_t k = 0; k < columns; ++k) to[k] += from[k];
    }
  };
  in_chunks(p.rows, row);
}

template <class T>
void run(const Inner<T>& p);

}  // namespace ROT180_ISA
}  // namespace rot180
