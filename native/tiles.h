// Winograd's F(m x m, 3x3): m x m results of a 3x3 kernel from a tile of (m + 2) x (m + 2) cells, with as many
// multiplications as the tile has cells: 16 instead of 36 for m = 2, 36 instead of 144 for m = 4.
//
//     y = A' [ (G w G') * (B' x B) ] A          A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", 2016
//
// summed over the channels, so that each cell of a tile is a matrix product of its own. A tile is gathered as if it were
// the kernel: m + 2 taps at stride m. Lanes are tiles; products are those of the direct kernels. float32 only, and an
// infinity in a tile becomes NaN in all its results. The error of m = 2 is like the direct kernel's; that of m = 4 is ten
// times as large, so it is used only where it was asked for.
#pragma once
#include "contract.h"

namespace rot180 {
namespace ROT180_ISA {

// ---- the transforms, along one axis ----

struct F2 {
  static constexpr int OUT = 2, IN = 4, CELLS = IN * IN;

  template <class V>
  static ROT180_INLINE void tile_of_x(V* d, int step) {  // B'
    const V a = d[0], b = d[step], c = d[2 * step], e = d[3 * step];
    d[0] = a - c;
    d[step] = b + c;
    d[2 * step] = c - b;
    d[3 * step] = b - e;
  }

  template <class V>
  static ROT180_INLINE void tile_of_w(V a, V b, V c, V* out, int step) {  // G
    const V half = (a + c) * 0.5f, middle = b * 0.5f;
    out[0] = a;
    out[step] = half + middle;
    out[2 * step] = half - middle;
    out[3 * step] = c;
  }

  template <class V>
  static ROT180_INLINE void y_of_tile(const V* m, int step, V* out, int out_step) {  // A'
    out[0] = m[0] + m[step] + m[2 * step];
    out[out_step] = m[step] - m[2 * step] - m[3 * step];
  }
};

struct F4 {
  static constexpr int OUT = 4, IN = 6, CELLS = IN * IN;

  template <class V>
  static ROT180_INLINE void tile_of_x(V* d, int step) {
    const V a = d[0], b = d[step], c = d[2 * step], e = d[3 * step], f = d[4 * step], h = d[5 * step];
    const V outer = f - 4.0f * c, inner = e - 4.0f * b, far = f - c, near = 2.0f * (e - b);
    d[0] = 4.0f * a - 5.0f * c + f;
    d[step] = outer + inner;
    d[2 * step] = outer - inner;
    d[3 * step] = far + near;
    d[4 * step] = far - near;
    d[5 * step] = 4.0f * b - 5.0f * e + h;
  }

  template <class V>
  static ROT180_INLINE void tile_of_w(V a, V b, V c, V* out, int step) {
    const V near = (a + c) * (-1.0f / 6), middle = b * (-1.0f / 6);
    const V far = a * (1.0f / 24) + c * (1.0f / 6), between = b * (1.0f / 12);
    out[0] = a * 0.25f;
    out[step] = near + middle;
    out[2 * step] = near - middle;
    out[3 * step] = far + between;
    out[4 * step] = far - between;
    out[5 * step] = c;
  }

  template <class V>
  static ROT180_INLINE void y_of_tile(const V* m, int step, V* out, int out_step) {
    const V sum = m[step] + m[2 * step], difference = m[step] - m[2 * step];
    const V far_sum = m[3 * step] + m[4 * step], far_difference = m[3 * step] - m[4 * step];
    out[0] = m[0] + sum + far_sum;
    out[out_step] = difference + 2.0f * far_difference;
    out[2 * out_step] = sum + 4.0f * far_sum;
    out[3 * out_step] = difference + 8.0f * far_difference + m[5 * step];
  }
};

// ---- tiles of x and of y ----

// x and the tiles over it, as a convolution with the tile for a kernel, whose "results" are the tiles.
template <class F>
ROT180_INLINE Geometry tiles_over_x(const Geometry& g) {
  Geometry t = g;
  for (int a = 1; a < 3; ++a) {
    t.kernel[a] = F::IN;
    t.stride[a] = F::OUT;
    t.y[a] = ceil_div(g.y[a], F::OUT);
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

// The N cells of every tile of a strip, on channel c: a vector each.
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

// d becomes the tile that the products take.
template <class F>
ROT180_INLINE void transform_tile(Simd<float>::V (&d)[F::CELLS]) {
  ROT180_UNROLL
  for (int i = 0; i < F::IN; ++i) F::tile_of_x(d + F::IN * i, 1);
  ROT180_UNROLL
  for (int j = 0; j < F::IN; ++j) F::tile_of_x(d + j, F::IN);
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
