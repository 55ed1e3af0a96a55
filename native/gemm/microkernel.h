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

// The functions for 1 to MR rows: with S packed, for both layouts of A, and with S in place, for A by row.
template <class T>
struct Microkernels {
  using Packed = void (*)(int64_t depth, const T* a, const T* panel, const Tile<T>&, Ahead&);
  using InPlace = void (*)(int64_t depth, const T* a, const T* source, const Row* rows, const Strip<T>* from,
                           const Lanes* reach, int taps, bool inside, const Tile<T>&, Ahead&);
  Packed by_k[MR + 1], by_row[MR + 1];
  InPlace in_place[MR + 1];
};

// Defined in microkernel.cpp, so that each function is compiled once per instruction set.
extern const Microkernels<float> MICROKERNELS32;
extern const Microkernels<double> MICROKERNELS64;

template <class T>
ROT180_INLINE const Microkernels<T>& microkernels() {
  if constexpr (sizeof(T) == 4)
    return MICROKERNELS32;
  else
    return MICROKERNELS64;
}

}  // namespace ROT180_ISA
}  // namespace rot180
