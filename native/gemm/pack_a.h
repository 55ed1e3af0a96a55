// Packing of the left factor A of a product, once per call: blocks of up to MR rows, chunks of DEPTH columns.
#pragma once
#include "threads/parallel_for.h"
#include "gemm/microkernel.h"

namespace rot180 {
namespace ROT180_ISA {

// A before packing: row m, channel c and tap t are at a[m * row + c * channel + tap[t]]; column k is c * taps + t.
template <class T>
struct MatrixA {
  const T* a;
  ptrdiff_t row, channel;
  const int32_t* tap;
};

constexpr int64_t row_blocks(int64_t rows) { return ceil_div(rows, MR); }
constexpr int64_t first_row(int64_t rows, int64_t block) { return rows * block / row_blocks(rows); }

template <class T>
class PackedA {
 public:
  // By row, each row of A is copied unchanged. If the rows are adjacent in memory, they stay adjacent in the copy (by k).
  PackedA(const MatrixA<T>& left, int64_t rows, int64_t channels, int taps)
      : matrix_(left), rows_(rows), channels_(channels), taps_(taps) {}

  Layout layout() const { return matrix_.row == 1 && taps_ == 1 ? Layout::by_k : Layout::by_row; }

  size_t bytes() const {
    const int64_t depth = channels_ * taps_;
    return sizeof(T) * (size_t)(rows_ * (layout() == Layout::by_k ? depth : ceil_div(depth, DEPTH<T>) * PITCH<T>));
  }

  void pack(T* to) {
    packed_ = to;
    const int64_t blocks = row_blocks(rows_), cells = rows_ * channels_ * taps_;
    const int64_t most = 4 * (int64_t)num_threads(), pieces = smaller(blocks, smaller(cells / 16384 + 1, most));
    auto some = [&](int64_t i) {
      const int64_t b0 = blocks * i / pieces, b1 = blocks * (i + 1) / pieces;
      layout() == Layout::by_k ? pack_by_k(b0, b1) : pack_by_row(b0, b1);
    };
    parallel_for(pieces, some);
  }

  // The block of `count` rows that starts at row m0, from column k0 on.
  const T* block(int64_t m0, int64_t count, int64_t k0) const {
    if (layout() == Layout::by_k) return packed_ + m0 * channels_ * taps_ + k0 * count;
    return packed_ + (k0 / DEPTH<T> * rows_ + m0) * PITCH<T>;
  }

 private:
  // Goes channel by channel, so that reads from A are contiguous.
  void pack_by_k(int64_t b0, int64_t b1) const {
    using S = Simd<T>;
    for (int64_t c = 0; c < channels_; ++c) {
      const T* from = matrix_.a + c * matrix_.channel + matrix_.tap[0];
      for (int64_t b = b0; b < b1; ++b) {
        const int64_t m0 = first_row(rows_, b), count = first_row(rows_, b + 1) - m0;
        T* to = packed_ + m0 * channels_ + c * count;
        for (int64_t m = 0; m < count; m += S::L) {
          const Lanes some = lanes(0, (int)smaller<int64_t>(S::L, count - m));
          S::store(to + m, S::load(from + m0 + m, some), some);
        }
      }
    }
  }

  void pack_by_row(int64_t b0, int64_t b1) const {
    bool side_by_side = true;
    for (int t = 0; t < taps_; ++t) side_by_side = side_by_side && matrix_.tap[t] == t;
    const int64_t depth = channels_ * taps_, m0 = first_row(rows_, b0), m1 = first_row(rows_, b1);
    if (side_by_side && matrix_.channel == taps_) {
      for (int64_t m = m0; m < m1; ++m) {
        const T* from = matrix_.a + m * matrix_.row;
        T* to = packed_ + m * PITCH<T>;
        for (int64_t k0 = 0; k0 < depth; k0 += DEPTH<T>, to += rows_ * PITCH<T>)
          for (int64_t k = 0; k < smaller(DEPTH<T>, depth - k0); ++k) to[k] = from[k0 + k];
      }
      return;
    }
    for (int64_t c = 0, first = 0; c < channels_; ++c, first += taps_)
      for (int64_t m = m0; m < m1; ++m) {
        const T* from = matrix_.a + m * matrix_.row + c * matrix_.channel;
        T* to = packed_ + first / DEPTH<T> * rows_ * PITCH<T> + m * PITCH<T>;
        int64_t k = first % DEPTH<T>;
        for (int t = 0; t < taps_; ++t) {
          to[k++] = from[matrix_.tap[t]];
          if (k == DEPTH<T>) k = 0, to += rows_ * PITCH<T>;
        }
      }
  }

  MatrixA<T> matrix_;
  int64_t rows_, channels_;
  int taps_;
  T* packed_ = nullptr;
};

}  // namespace ROT180_ISA
}  // namespace rot180
