// The microkernel of a matrix product: M rows of A times 2 vectors of columns of S. S is read from a packed panel, or
// in place. The M x 2 vectors of sums stay in registers.
//
// With AVX-512 a tile of 14 rows runs at 98 % of the peak, even if the panel comes from the L2 cache. The losses of a
// product are outside the tile: packing, and waiting for memory.
#pragma once
#include "gemm/pack_s.h"

namespace rot180 {
namespace ROT180_ISA {

// The depth of one multiplication: a block of A, DEPTH * MR cells, fits the L1 cache. Rows of A are PITCH cells apart,
// so that the cells of one column are in different sets of the cache.
template <class T>
constexpr int64_t DEPTH = 1024 / (int64_t)sizeof(T);
template <class T>
constexpr int64_t PITCH = DEPTH<T> + Simd<T>::L;

// The layout of a block of A: by k, with the rows of each k adjacent; or row by row, PITCH apart.
enum class Layout { by_k, by_row };

// Prefetches the source of the next panels into the L2 cache while this panel is multiplied. The hardware prefetcher
// follows a line, but does not jump from one short piece of a plane to the next.
struct Prefetch {
  const char* line;
  int64_t left, lines, at;  // channels left, cache lines per channel, the next line
  ptrdiff_t channel;        // bytes from one channel to the next
  int64_t at_once;          // lines per step

  ROT180_INLINE void step() {
    for (int64_t i = 0; i < at_once && left; ++i) {
      __builtin_prefetch(line + at * 64, 0, 2);
      if (++at == lines) at = 0, line += channel, --left;
    }
  }
};
constexpr int64_t PREFETCH_INTERVAL = 16;  // steps of k

// True if the array exceeds the L2 cache: prefetching anything smaller is useless.
template <class T>
bool exceeds_cache(int64_t cells) {
  return (int64_t)sizeof(T) * cells >= 1 << 20;
}

// Prefetches `cells` cells of each channel from base + first on, during the multiplication of `tiles` tiles. The
// addresses may be out of bounds: a prefetch reads nothing.
template <class T>
Prefetch make_prefetch(const T* base, ptrdiff_t first, int64_t cells, int64_t channels, ptrdiff_t channel, int64_t tiles,
            int64_t depth = DEPTH<T>) {
  Prefetch prefetch{};
  prefetch.line = reinterpret_cast<const char*>(reinterpret_cast<uintptr_t>(base) + (uintptr_t)first * sizeof(T));
  prefetch.left = channels;
  prefetch.lines = ceil_div(cells * (int64_t)sizeof(T), 64) + 1;
  prefetch.channel = channel * (ptrdiff_t)sizeof(T);
  prefetch.at_once = ceil_div(channels * prefetch.lines, larger<int64_t>(1, tiles * (depth / PREFETCH_INTERVAL)));
  return prefetch;
}

template <class T>
struct Tile {
  T* out;  // first row of results
  ptrdiff_t out_row;
  const Strip<T>* strip;  // two: the locations of the two vectors of results
  bool full;              // true if both strips are full
  const T* bias;          // bias of the first row, or null
  bool begin, end;        // true for the first and the last chunk of the depth
  bool relu;
};

// The functions for 1 to MR rows and for one layout of A: with S packed, and with S in place.
template <class T>
struct Microkernels {
  using Packed = void (*)(int64_t depth, const T* a, const T* panel, const Tile<T>&, Prefetch&);
  using InPlace = void (*)(int64_t depth, const T* a, const T* source, const Row* rows, const Strip<T>* from,
                           const Lanes* reach, int taps, bool inside, const Tile<T>&, Prefetch&);
  Packed packed[MR + 1];
  InPlace in_place[MR + 1];
};

// Defined in microkernel.cpp, so that each function is compiled once per instruction set.
extern const Microkernels<float> MICROKERNELS32[2];  // by Layout
extern const Microkernels<double> MICROKERNELS64[2];

template <class T>
ROT180_INLINE const Microkernels<T>& microkernels(Layout layout) {
  if constexpr (sizeof(T) == 4)
    return MICROKERNELS32[(int)layout];
  else
    return MICROKERNELS64[(int)layout];
}

}  // namespace ROT180_ISA
}  // namespace rot180
