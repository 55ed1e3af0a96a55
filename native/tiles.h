// Winograd's F(2x2, 3x3): four results of a 3x3 kernel from a 4x4 tile with 16 multiplications instead of 36.
//
//     y = A' [ (G w G') * (B' x B) ] A          A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", 2016
//
// summed over the channels, so that each of the 16 cells of a tile is a matrix product of its own. A tile is gathered as
// if it were the kernel: 4x4 taps at stride 2. Lanes are tiles; products and inner products are those of the direct
// kernels. float32 only: the error is like the direct one's, but an infinity in a tile becomes NaN in all its results.
#pragma once
#include "contract.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int CELLS = 16;  // of a tile

// ---- the transforms, along one axis ----

template <class V>
ROT180_INLINE void tile_of_x(V* d, int step) {  // B'
  const V a = d[0], b = d[step], c = d[2 * step], e = d[3 * step];
  d[0] = a - c;
  d[step] = b + c;
  d[2 * step] = c - b;
  d[3 * step] = b - e;
}

template <class V>
ROT180_INLINE void tile_of_w(V a, V b, V c, V* out, int step) {  // G
  const V half = (a + c) * 0.5f, middle = b * 0.5f;
  out[0] = a;
  out[step] = half + middle;
  out[2 * step] = half - middle;
  out[3 * step] = c;
}

template <class V>
ROT180_INLINE void y_of_tile(const V* m, int step, V* out, int out_step) {  // A'
  out[0] = m[0] + m[step] + m[2 * step];
  out[out_step] = m[step] - m[2 * step] - m[3 * step];
}

template <class V>
ROT180_INLINE void tile_of_y(V a, V b, V* out, int step) {  // A, the adjoint of A'
  out[0] = a;
  out[step] = a + b;
  out[2 * step] = a - b;
  out[3 * step] = -b;
}

template <class V>
ROT180_INLINE void w_of_tile(const V* m, int step, V* out, int out_step) {  // G', the adjoint of G
  const V sum = (m[step] + m[2 * step]) * 0.5f;
  out[0] = m[0] + sum;
  out[out_step] = (m[step] - m[2 * step]) * 0.5f;
  out[2 * out_step] = sum + m[3 * step];
}

// ---- tiles of x and of y ----

// x and the tiles over it, as a convolution with a 4x4 kernel at stride 2 whose "results" are the tiles.
ROT180_INLINE Geometry tiles_over_x(const Geometry& g) {
  Geometry t = g;
  for (int a = 1; a < 3; ++a) {
    t.kernel[a] = 4;
    t.stride[a] = 2;
    t.y[a] = ceil_div(g.y[a], 2);
  }
  return t;
}

// y and its tiles, 2x2 cells each.
ROT180_INLINE Geometry tiles_over_y(const Geometry& g) {
  Geometry t = g;
  t.channels = g.outputs;
  for (int a = 1; a < 3; ++a) {
    t.x[a] = g.y[a];
    t.kernel[a] = t.stride[a] = 2;
    t.padding[a] = 0;
    t.y[a] = ceil_div(g.y[a], 2);
  }
  return t;
}

struct Tiles {
  Gather from;
  const float* source;
  ptrdiff_t channel;
  const Row* rows;  // of one channel
  const Strips<float>* strips;
};

// The strips of tiles q0, q0 + L, ...: where they lie, and which of their cells lie inside.
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

// The N cells of every tile of a strip, on channel c: a vector each.
template <int N>
ROT180_INLINE void load_cells(const Tiles& t, const TileStrips& strips, int s, int64_t c, Simd<float>::V (&d)[N]) {
  const Strip<float>& strip = strips.from[s];
  const Lanes* reach = strips.reach + s * CELLS;
  const float* source = t.source + c * t.channel;
  if (strip.runs == 1) {
    const Run run = strip.run[0];
    ROT180_UNROLL
    for (int i = 0; i < N; ++i) d[i] = Simd<float>::load(source + run.offset + t.rows[i].offset, run.lanes & reach[i]);
  } else {
    for (int i = 0; i < N; ++i) d[i] = strip.load(source + t.rows[i].offset, reach[i]);
  }
}

ROT180_INLINE Tiles gather_tiles(const Split<float>& split, const Geometry& over, const TapTables& tables, Row* rows) {
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
