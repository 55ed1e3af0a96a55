// out[m, q] = sum over k of A[m, k] * S[k, q]: the matrix product behind convolutions forwards and backwards.
//
// A (weights) is packed once, in blocks of up to MR rows; S is packed in strips while it is needed, straight from the
// source, masked where it is padding. The tile keeps MR x 2 vectors of sums in registers. Every sum is taken in the same
// order whatever the number of threads: by chunks of DEPTH rows of S, one after the other.
#pragma once
#include "chunks.h"
#include "gather.h"
#include "memory.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int64_t DEPTH_BYTES = 1024;  // of a column of S that is packed at once: DEPTH * MR * 4 fits the first cache
constexpr int PAIRS = 4;               // pairs of strips that a block of A meets before the next is loaded

// A, as a caller has it: the row m of the channel c and tap t is at a[m * row + c * channel + tap[t]].
template <class T>
struct Weights {
  const T* a;
  ptrdiff_t row, channel;
  const int32_t* tap;
};

template <class T>
struct Product {
  int64_t rows, channels;  // of A; the depth is channels * from.tap_count()
  Weights<T> weights;
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

// ---- A ----

constexpr int64_t row_blocks(int64_t rows) { return ceil_div(rows, MR); }
constexpr int64_t first_row(int64_t rows, int64_t block) { return rows * block / row_blocks(rows); }

// Block after block, k after k, the block's rows side by side.
template <class T>
void pack_weights(const Product<T>& p, T* packed) {
  const int taps = p.from.tap_count();
  const int64_t depth = p.depth(), blocks = row_blocks(p.rows);
  const int64_t per_chunk = larger<int64_t>(1, 8192 / (depth * MR));
  auto pack_some = [&](int64_t chunk) {
    for (int64_t b = chunk * per_chunk; b < smaller(blocks, (chunk + 1) * per_chunk); ++b) {
      const int64_t m0 = first_row(p.rows, b), count = first_row(p.rows, b + 1) - m0;
      T* to = packed + m0 * depth;
      for (int64_t m = 0; m < count; ++m) {
        const T* from = p.weights.a + (m0 + m) * p.weights.row;
        T* cell = to + m;
        for (int64_t c = 0; c < p.channels; ++c, from += p.weights.channel)
          for (int t = 0; t < taps; ++t, cell += count) *cell = from[p.weights.tap[t]];
      }
    }
  };
  in_chunks(ceil_div(blocks, per_chunk), pack_some);
}

// ---- the tile ----

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

template <class T, int M>
void multiply(int64_t depth, const T* a, const T* b, ptrdiff_t b_row, const Tile<T>& t) {
  using S = Simd<T>;
  using V = typename S::V;
  V sum[M][2];
  ROT180_UNROLL
  for (int m = 0; m < M; ++m) sum[m][0] = sum[m][1] = V{};
  for (int64_t k = 0; k < depth; ++k) {
    const V b0 = *reinterpret_cast<const V*>(b), b1 = *reinterpret_cast<const V*>(b + S::L);
    ROT180_UNROLL
    for (int m = 0; m < M; ++m) {
      const V s = S::splat(a[m]);
      sum[m][0] += s * b0;
      sum[m][1] += s * b1;
    }
    a += M;
    b += b_row;
  }
  finish<T, M>(sum, t);
}

// A single block of rows: S is used once, so it is not packed but read where it lies.
template <class T, int M>
void multiply_in_place(int64_t depth, const T* a, const T* source, const Row* rows, const Strip<T>* from,
                       const Lanes* reach, int taps, bool inside, const Tile<T>& t) {
  using S = Simd<T>;
  using V = typename S::V;
  V sum[M][2];
  ROT180_UNROLL
  for (int m = 0; m < M; ++m) sum[m][0] = sum[m][1] = V{};
  const T* base0 = source + from[0].run[0].offset;
  const T* base1 = source + from[1].run[0].offset;
  const Lanes lanes0 = from[0].run[0].lanes, lanes1 = from[1].run[0].lanes;
  for (int64_t k = 0; k < depth; ++k) {
    const Row row = rows[k];
    const V b0 = S::load(base0 + row.offset, inside ? lanes0 : lanes0 & reach[row.tap]);
    const V b1 = S::load(base1 + row.offset, inside ? lanes1 : lanes1 & reach[taps + row.tap]);
    ROT180_UNROLL
    for (int m = 0; m < M; ++m) {
      const V s = S::splat(a[m]);
      sum[m][0] += s * b0;
      sum[m][1] += s * b1;
    }
    a += M;
  }
  finish<T, M>(sum, t);
}

template <class T>
struct Multiply {
  using Packed = void (*)(int64_t, const T*, const T*, ptrdiff_t, const Tile<T>&);
  using InPlace = void (*)(int64_t, const T*, const T*, const Row*, const Strip<T>*, const Lanes*, int, bool,
                           const Tile<T>&);
  Packed packed[MR + 1];
  InPlace in_place[MR + 1];

  template <int M>
  constexpr void fill() {
    packed[M] = multiply<T, M>;
    in_place[M] = multiply_in_place<T, M>;
    if constexpr (M > 1) fill<M - 1>();
  }
  constexpr Multiply() : packed(), in_place() { fill<MR>(); }
};

template <class T>
constexpr Multiply<T> MULTIPLY{};

// ---- the whole ----

// The blocks of several products, as one list of chunks, so that threads share them all.
template <class T>
struct Plan {
  Product<T> product;
  T* packed;   // A
  Row* rows;   // of S
  int64_t blocks, row_parts;

  int64_t chunks() const { return blocks * row_parts; }
};

template <class T>
void multiply_block(const Plan<T>& plan, int64_t chunk) {
  constexpr int L = Simd<T>::L;
  constexpr int64_t DEPTH = DEPTH_BYTES / (int64_t)sizeof(T);
  const Product<T>& p = plan.product;
  const int taps = p.from.tap_count();
  const int64_t depth = p.depth(), end = p.from.positions();
  const int64_t block = chunk / plan.row_parts, part = chunk % plan.row_parts;
  const int64_t q0 = block * PAIRS * 2 * L;
  const int pairs = (int)smaller<int64_t>(PAIRS, ceil_div(end - q0, 2 * L));
  const int64_t all = row_blocks(p.rows);
  const int64_t b0 = all * part / plan.row_parts, b1 = all * (part + 1) / plan.row_parts;

  Strip<T> from[2 * PAIRS], to[2 * PAIRS];
  Scratch masks(sizeof(Lanes) * (size_t)(p.from.inside ? 1 : 2 * PAIRS * taps));
  Lanes* reach = masks.as<Lanes>();
  bool simple = true;  // every strip is one run
  for (int s = 0; s < 2 * pairs; ++s) {
    const int64_t q = q0 + s * L;
    if (q < end) {
      place(p.from, q, end, from[s], reach + (p.from.inside ? 0 : s * taps), &p.to, &to[s]);
    } else {  // nothing is left for the second vector of the last pair
      from[s] = from[s - 1];
      for (int i = 0; i < from[s].runs; ++i) from[s].run[i].lanes = 0;
      to[s].runs = 0;
      if (!p.from.inside)
        for (int t = 0; t < taps; ++t) reach[s * taps + t] = 0;
    }
    simple = simple && from[s].runs == 1;
  }
  Tile<T> tile{};
  tile.out_row = p.out_row;
  tile.relu = p.relu;
  const bool in_place = simple && b1 - b0 == 1;
  Scratch strips(in_place ? 1 : sizeof(T) * (size_t)(smaller(DEPTH, depth) * pairs * 2 * L));
  T* packed = strips.as<T>();

  for (int64_t k0 = 0; k0 == 0 || k0 < depth; k0 += DEPTH) {
    const int64_t count = smaller(DEPTH, depth - k0);
    tile.begin = k0 == 0;
    tile.end = k0 + count >= depth;
    if (!in_place)
      pack(from, 2 * pairs, reach, taps, p.from.inside, p.source, plan.rows + k0, count, packed, L, 2 * pairs * L);
    for (int pair = 0; pair < pairs; ++pair) {
      tile.strip = to + 2 * pair;
      tile.whole = to[2 * pair].whole() && to[2 * pair + 1].whole();
      for (int64_t b = b0; b < b1; ++b) {
        const int64_t m0 = first_row(p.rows, b);
        const int m = (int)(first_row(p.rows, b + 1) - m0);
        const T* a = plan.packed + m0 * depth + k0 * m;
        tile.out = p.out + m0 * p.out_row;
        tile.bias = p.bias ? p.bias + m0 : nullptr;
        if (in_place)
          MULTIPLY<T>.in_place[m](count, a, p.source, plan.rows + k0, from + 2 * pair, reach + 2 * pair * taps, taps,
                                  p.from.inside, tile);
        else
          MULTIPLY<T>.packed[m](count, a, packed + pair * 2 * L, 2 * pairs * L, tile);
      }
    }
  }
}

template <class T>
size_t workspace(const Product<T>& p) {
  const size_t depth = (size_t)p.depth();
  return sizeof(T) * (size_t)p.rows * depth + 64 + sizeof(Row) * depth + 64;
}

// Runs several products that write to different places.
template <class T>
void run(const Product<T>* products, int count) {
  size_t bytes = 0;
  for (int i = 0; i < count; ++i) bytes += workspace(products[i]);
  Scratch memory(bytes + sizeof(Plan<T>) * (size_t)count);
  Plan<T>* plans = memory.as<Plan<T>>();
  char* free = reinterpret_cast<char*>(plans + count);
  auto take = [&free](size_t n) {
    char* place = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(free) + 63) / 64 * 64);
    free = place + n;
    return place;
  };
  int64_t chunks = 0;
  for (int i = 0; i < count; ++i) {
    const Product<T>& p = products[i];
    Plan<T>& plan = plans[i];
    plan.product = p;
    plan.packed = reinterpret_cast<T*>(take(sizeof(T) * (size_t)(p.rows * p.depth())));
    plan.rows = reinterpret_cast<Row*>(take(sizeof(Row) * (size_t)p.depth()));
    pack_weights(p, plan.packed);
    list_rows(p.from, p.channels, p.source_channel, plan.rows);
    plan.blocks = ceil_div(p.from.positions(), PAIRS * 2 * Simd<T>::L);
    plan.row_parts = smaller(row_blocks(p.rows), larger<int64_t>(1, 32 / larger<int64_t>(1, plan.blocks * count)));
    chunks += plan.chunks();
  }
  auto multiply_some = [&](int64_t chunk) {
    const Plan<T>* plan = plans;
    while (chunk >= plan->chunks()) chunk -= (plan++)->chunks();
    multiply_block(*plan, chunk);
  };
  in_chunks(chunks, multiply_some);
}

}  // namespace ROT180_ISA
}  // namespace rot180
