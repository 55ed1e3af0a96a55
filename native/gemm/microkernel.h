// The register tile of a matrix product: M rows of A times 2 vectors of a packed panel of S, or of S where it lies.
//
// With AVX-512 a tile of 14 rows runs at 98 % of what the multipliers can do, also when the panel comes from the second
// cache. What a product loses it loses around the tile: packing, and waiting for memory.
#pragma once
#include "gemm/pack_s.h"

namespace rot180 {
namespace ROT180_ISA {

// Of a row of A that is multiplied at once: a block of A, DEPTH * MR * 4 bytes, fits the first cache. In rows of A that
// follow each other by PITCH, the same column never shares a set of the cache.
template <class T>
constexpr int64_t DEPTH = 1024 / (int64_t)sizeof(T);
template <class T>
constexpr int64_t PITCH = DEPTH<T> + Simd<T>::L;

// How a block of A lies: k after k with its rows side by side, or row after row, PITCH apart.
enum class Layout { by_k, by_row };

// What the next panels will be packed from, fetched into the second cache while this one is multiplied: the processor
// looks ahead along a line by itself, but not from one short piece of a plane to the next.
struct Ahead {
  const char* line;
  int64_t left, lines, at;  // channels, cache lines of a channel, the next of them
  ptrdiff_t channel;        // bytes from one to the next
  int64_t at_once;

  ROT180_INLINE void step() {
    for (int64_t i = 0; i < at_once && left; ++i) {
      __builtin_prefetch(line + at * 64, 0, 2);
      if (++at == lines) at = 0, line += channel, --left;
    }
  }
};
constexpr int64_t AHEAD_EVERY = 16;  // steps of k

// What fits the second cache is there anyway.
template <class T>
bool worth_fetching(int64_t cells) {
  return (int64_t)sizeof(T) * cells >= 1 << 20;
}

// `cells` cells of each channel from base + first on, while `tiles` tiles of DEPTH steps are multiplied. The address may
// lie outside of the array: nothing is read.
template <class T>
Ahead fetch(const T* base, ptrdiff_t first, int64_t cells, int64_t channels, ptrdiff_t channel, int64_t tiles,
            int64_t depth = DEPTH<T>) {
  Ahead ahead{};
  ahead.line = reinterpret_cast<const char*>(reinterpret_cast<uintptr_t>(base) + (uintptr_t)first * sizeof(T));
  ahead.left = channels;
  ahead.lines = ceil_div(cells * (int64_t)sizeof(T), 64) + 1;
  ahead.channel = channel * (ptrdiff_t)sizeof(T);
  ahead.at_once = ceil_div(channels * ahead.lines, larger<int64_t>(1, tiles * (depth / AHEAD_EVERY)));
  return ahead;
}

template <class T>
struct Tile {
  T* out;  // of the tile's first row
  ptrdiff_t out_row;
  const Strip<T>* strip;  // two: where the results of the two vectors go
  bool whole;             // both strips are whole
  const T* bias;          // of the tile's first row, or null
  bool begin, end;        // the first, the last chunk of the depth
  bool relu;
};

template <class T, int M>
ROT180_INLINE void finish(typename Simd<T>::V (&sum)[M][2], const Tile<T>& t) {
  using S = Simd<T>;
  using V = typename S::V;
  const bool relu = t.relu && t.end;
  ROT180_UNROLL
  for (int m = 0; m < M; ++m) {
    ROT180_UNROLL
    for (int j = 0; j < 2; ++j) {
      T* row = t.out + m * t.out_row;
      V v = sum[m][j];
      if (t.whole) {
        T* cells = row + t.strip[j].run[0].offset;
        if (!t.begin) v += S::load(cells);
        else if (t.bias) v += S::splat(t.bias[m]);
        if (relu) v = v < V{} ? V{} : v;  // a NaN stays
        S::store(cells, v);
      } else if (t.strip[j].runs) {
        if (!t.begin) v += t.strip[j].load(row, S::ALL);
        else if (t.bias) v += S::splat(t.bias[m]);
        if (relu) v = v < V{} ? V{} : v;
        t.strip[j].store(row, v);
      }
    }
  }
}

template <class T, int M, Layout LAYOUT>
void multiply(int64_t depth, const T* a, const T* b, const Tile<T>& t, Ahead& ahead) {
  using S = Simd<T>;
  using V = typename S::V;
  V sum[M][2];
  ROT180_UNROLL
  for (int m = 0; m < M; ++m) sum[m][0] = sum[m][1] = V{};
  for (int64_t k = 0; k < depth;) {
    const int64_t stop = smaller(depth, k + AHEAD_EVERY);
    ahead.step();
    for (; k < stop; ++k) {
      const V b0 = *reinterpret_cast<const V*>(b), b1 = *reinterpret_cast<const V*>(b + S::L);
      ROT180_UNROLL
      for (int m = 0; m < M; ++m) {
        const V s = S::splat(a[LAYOUT == Layout::by_k ? m : m * PITCH<T>]);
        sum[m][0] += s * b0;
        sum[m][1] += s * b1;
      }
      a += LAYOUT == Layout::by_k ? M : 1;
      b += 2 * S::L;
    }
  }
  finish<T, M>(sum, t);
}

// A single block of rows: S is used once, so it is not packed but read where it lies.
template <class T, int M, Layout LAYOUT>
void multiply_in_place(int64_t depth, const T* a, const T* source, const Row* rows, const Strip<T>* from,
                       const Lanes* reach, int taps, bool inside, const Tile<T>& t, Ahead& ahead) {
  using S = Simd<T>;
  using V = typename S::V;
  V sum[M][2];
  ROT180_UNROLL
  for (int m = 0; m < M; ++m) sum[m][0] = sum[m][1] = V{};
  const T* base0 = source + from[0].run[0].offset;
  const T* base1 = source + from[1].run[0].offset;
  const Lanes lanes0 = from[0].run[0].lanes, lanes1 = from[1].run[0].lanes;
  for (int64_t k = 0; k < depth;) {
    const int64_t stop = smaller(depth, k + AHEAD_EVERY);
    ahead.step();
    for (; k < stop; ++k) {
      const Row row = rows[k];
      const V b0 = S::load(base0 + row.offset, inside ? lanes0 : lanes0 & reach[row.tap]);
      const V b1 = S::load(base1 + row.offset, inside ? lanes1 : lanes1 & reach[taps + row.tap]);
      ROT180_UNROLL
      for (int m = 0; m < M; ++m) {
        const V s = S::splat(a[LAYOUT == Layout::by_k ? m : m * PITCH<T>]);
        sum[m][0] += s * b0;
        sum[m][1] += s * b1;
      }
      a += LAYOUT == Layout::by_k ? M : 1;
    }
  }
  finish<T, M>(sum, t);
}

// The functions for 1 to MR rows.
template <class T>
struct Multiply {
  using Packed = void (*)(int64_t, const T*, const T*, const Tile<T>&, Ahead&);
  using InPlace = void (*)(int64_t, const T*, const T*, const Row*, const Strip<T>*, const Lanes*, int, bool,
                           const Tile<T>&, Ahead&);
  Packed packed[MR + 1];
  InPlace in_place[MR + 1];
};

template <class T, Layout LAYOUT>
struct MultiplyBy : Multiply<T> {
  template <int M>
  constexpr void fill() {
    this->packed[M] = multiply<T, M, LAYOUT>;
    this->in_place[M] = multiply_in_place<T, M, LAYOUT>;
    if constexpr (M > 1) fill<M - 1>();
  }
  constexpr MultiplyBy() : Multiply<T>() { fill<MR>(); }
};

template <class T, Layout LAYOUT>
constexpr MultiplyBy<T, LAYOUT> MULTIPLY{};

}  // namespace ROT180_ISA
}  // namespace rot180
