// out[m, k] = sum over q of Y[m, q] * S[k, q]: the transposed matrix product that computes conv_w, as dot products over
// the positions.
//
// Positions are adjacent in memory in both factors, so a tile is DOT_ROWS x DOT_COLUMNS dot products with a vector of
// partial sums each. Positions are cut into blocks, and the blocks are grouped into parts. The number of parts depends
// only on the shape, so the order of the sums does not depend on the number of threads.
#pragma once
#include "threads/parallel_for.h"
#include "gemm/pack_s.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int64_t BLOCK_BYTES = 3072;  // the longest row of a block
constexpr int64_t MOST_PARTS = 16;     // parts of the positions, each with separate sums
constexpr int64_t FEW_SUMS = 1 << 17;  // the largest number of sums in all parts together

template <class T>
struct TransposedProduct {
  int64_t rows, channels;
  const T* y;  // row m of image n is at y + n * y_image + m * y_row; the cells of the grid are contiguous
  ptrdiff_t y_image, y_row;
  Gather from;
  const T* source;
  ptrdiff_t source_channel;
  T* out;  // (rows, channels * taps)
  ptrdiff_t out_row;

  int64_t columns() const { return channels * from.tap_count(); }
};

// Adds the sums of the parts, in order.
template <class T>
void add_parts(const TransposedProduct<T>& p, const T* partial, int64_t parts) {
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
  parallel_for(p.rows, row);
}

template <class T>
void run(const TransposedProduct<T>& p);

}  // namespace ROT180_ISA
}  // namespace rot180
