// The left factor A of a product, packed once per call: blocks of up to MR rows, chunks of DEPTH columns.
#pragma once
#include "chunks.h"
#include "tile.h"

namespace rot180 {
namespace ROT180_ISA {

// A, as a caller has it: row m, channel c and tap t are at a[m * row + c * channel + tap[t]]; column k is c * taps + t.
template <class T>
struct Left {
  const T* a;
  ptrdiff_t row, channel;
  const int32_t* tap;
};

constexpr int64_t row_blocks(int64_t rows) { return ceil_div(rows, MR); }
constexpr int64_t first_row(int64_t rows, int64_t block) { return rows * block / row_blocks(rows); }

template <class T>
class PackedLeft {
 public:
  // By rows, a row of A is copied as it lies; where instead the rows lie side by side, so they do in the copy.
  PackedLeft(const Left<T>& left, int64_t rows, int64_t channels, int taps)
      : left_(left), rows_(rows), channels_(channels), taps_(taps) {}

  Layout layout() const { return left_.row == 1 && taps_ == 1 ? Layout::by_k : Layout::by_row; }

  size_t bytes() const {
    const int64_t depth = channels_ * taps_;
    return sizeof(T) * (size_t)(rows_ * (layout() == Layout::by_k ? depth : ceil_div(depth, DEPTH<T>) * PITCH<T>));
  }

  void pack(T* to) {
    packed_ = to;
    const int64_t blocks = row_blocks(rows_), depth = larger<int64_t>(1, channels_ * taps_);
    const int64_t per_chunk = larger<int64_t>(1, 16384 / (depth * MR));
    auto some = [&](int64_t chunk) {
      for (int64_t b = chunk * per_chunk; b < smaller(blocks, (chunk + 1) * per_chunk); ++b)
        layout() == Layout::by_k ? pack_by_k(b) : pack_by_row(b);
    };
    in_chunks(ceil_div(blocks, per_chunk), some);
  }

  // The block of rows that begins with m0 and has `count`, from column k0 on.
  const T* block(int64_t m0, int64_t count, int64_t k0) const {
    if (layout() == Layout::by_k) return packed_ + m0 * channels_ * taps_ + k0 * count;
    return packed_ + (k0 / DEPTH<T> * rows_ + m0) * PITCH<T>;
  }

 private:
  void pack_by_k(int64_t b) const {
    using S = Simd<T>;
    const int64_t m0 = first_row(rows_, b), count = first_row(rows_, b + 1) - m0;
    const T* from = left_.a + m0 + left_.tap[0];
    T* to = packed_ + m0 * channels_;
    for (int64_t c = 0; c < channels_; ++c, from += left_.channel, to += count)
      for (int64_t m = 0; m < count; m += S::L) {
        const Lanes some = lanes(0, (int)smaller<int64_t>(S::L, count - m));
        S::store(to + m, S::load(from + m, some), some);
      }
  }

  void pack_by_row(int64_t b) const {
    bool side_by_side = true;
    for (int t = 0; t < taps_; ++t) side_by_side = side_by_side && left_.tap[t] == t;
    const int64_t depth = channels_ * taps_;
    for (int64_t m = first_row(rows_, b); m < first_row(rows_, b + 1); ++m) {
      const T* from = left_.a + m * left_.row;
      T* to = packed_ + m * PITCH<T>;
      if (side_by_side && left_.channel == taps_) {
        for (int64_t k0 = 0; k0 < depth; k0 += DEPTH<T>, to += rows_ * PITCH<T>)
          for (int64_t k = 0; k < smaller(DEPTH<T>, depth - k0); ++k) to[k] = from[k0 + k];
        continue;
      }
      int64_t k = 0;  // in this chunk
      for (int64_t c = 0; c < channels_; ++c, from += left_.channel)
        for (int t = 0; t < taps_; ++t) {
          if (k == DEPTH<T>) k = 0, to += rows_ * PITCH<T>;
          to[k++] = from[left_.tap[t]];
        }
    }
  }

  Left<T> left_;
  int64_t rows_, channels_;
  int taps_;
  T* packed_ = nullptr;
};

}  // namespace ROT180_ISA
}  // namespace rot180
