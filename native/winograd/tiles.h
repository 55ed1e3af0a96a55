// Tiles of a source as the kernel's cells: a tile is load_strided as if it were the kernel, IN taps at stride STEP.
// Lanes are tiles. float32 only: an infinity in a tile becomes NaN in all its results.
#pragma once
#include "window/phase_split.h"
#include "window/strips.h"
#include "winograd/transforms.h"

namespace rot180 {
namespace ROT180_ISA {

// The geometry of a convolution whose kernel is a tile and whose positions are the tiles over x.
template <class F>
ROT180_INLINE Geometry tiles_over_x(const Geometry& g) {
  Geometry t = g;
  for (int a = 1; a < 3; ++a) {
    t.kernel[a] = F::IN;
    t.stride[a] = F::STEP;
    t.y[a] = ceil_div(g.y[a], F::OUT);
  }
  return t;
}

struct Tiles {
  Gather from;
  const float* source;
  ptrdiff_t channel;
  const Row* rows;  // one row per cell of a tile, for one channel
  const Strips<float>* strips;
};

// The strips of tiles q0, q0 + L, ..., with a mask for every cell of a tile.
template <int CELLS>
struct TileStrips {
  static constexpr int L = Simd<float>::L;
  int count;
  Strip<float>* from;
  Lanes* reach;

  ROT180_INLINE void find(const Tiles& t, int64_t q0, int64_t end) {
    const int taps = t.from.tap_count();
    for (int s = 0; s < count; ++s) {
      const int64_t q = q0 + s * L;
      if (q < end) {
        t.strips->find(q, end, from[s], reach + s * CELLS, nullptr);
      } else {
        from[s].runs = 1;
        from[s].run[0] = {from[0].run[0].offset, 0};
      }
      if (t.from.inside)
        for (int i = 0; i < taps; ++i) reach[s * CELLS + i] = Simd<float>::ALL;
    }
  }
};

// Loads the N cells of every tile of a strip from channel c, a vector per cell.
template <int N>
ROT180_INLINE void load_cells(const Tiles& t, const TileStrips<N>& strips, int s, int64_t c, Simd<float>::V (&d)[N]) {
  const Strip<float>& strip = strips.from[s];
  const Lanes* reach = strips.reach + s * N;
  const float* source = t.source + c * t.channel;
  if (strip.runs == 1) {
    const Run run = strip.run[0];
    ROT180_UNROLL
    for (int i = 0; i < N; ++i) d[i] = Simd<float>::load(source + run.offset + t.rows[i].offset, run.lanes & reach[i]);
  } else {
    for (int i = 0; i < N; ++i) d[i] = strip.load(source + t.rows[i].offset, reach[i]);
  }
}

ROT180_INLINE Tiles gather_tiles(const PhaseSplit<float>& split, const Geometry& over, const TapTables& tables, Row* rows) {
  Tiles tiles{};
  tiles.from = split.gather(over, tables);
  tiles.source = split.source;
  tiles.channel = split.channel();
  list_rows(tiles.from, 1, 0, rows);
  tiles.rows = rows;
  return tiles;
}

}  // namespace ROT180_ISA
}  // namespace rot180
