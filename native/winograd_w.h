// Winograd's F(2x2, 3x3) for w's gradient. With Z = A y A' for every tile of y and V = B' x B for every tile of x,
//
//     dw = G' [ sum over the tiles of Z * V ] G
//
// so that each cell is a product over the tiles: rows of Z, and V turned, as in outer.h. All threads transform a chunk of
// tiles, then all multiply it, cell by cell: every sum is taken chunk after chunk, whatever their number.
#pragma once
#include "outer.h"
#include "tiles.h"

namespace rot180 {
namespace ROT180_ISA {

// ---- the adjoints of A' and G, along one axis ----

template <class V>
ROT180_INLINE void tile_of_y(V a, V b, V* out, int step) {
  out[0] = a;
  out[step] = a + b;
  out[2 * step] = a - b;
  out[3 * step] = -b;
}

template <class V>
ROT180_INLINE void w_of_tile(const V* m, int step, V* out, int out_step) {
  const V sum = (m[step] + m[2 * step]) * 0.5f;
  out[0] = m[0] + sum;
  out[out_step] = (m[step] - m[2 * step]) * 0.5f;
  out[2 * out_step] = sum + m[3 * step];
}

// y and its tiles, 2x2 cells each, as over x.
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

struct WeightTiles {
  static constexpr int CELLS = F2::CELLS;
  static constexpr int L = Simd<float>::L;
  static constexpr int64_t CHUNK = DEPTH<float>, STRIPS = CHUNK / L;  // tiles

  int64_t channels, outputs, panels;
  float *v, *z, *sums;  // V in panels of 2 L channels, Z in rows PITCH apart, both cell after cell; sums (cell, O, C)

  int64_t v_cell() const { return panels * CHUNK * 2 * L; }
  int64_t z_cell() const { return outputs * PITCH<float>; }

  // V for the channels [c0, c0 + L), turned: tile after tile, its channels side by side.
  void transform_x(const Tiles& t, const TileStrips<CELLS>& strips, int64_t c0) const {
    using S = Simd<float>;
    const int used = (int)smaller<int64_t>(L, channels - c0);
    float* panel = v + c0 / (2 * L) * CHUNK * 2 * L + c0 % (2 * L);
    S::V tile[CELLS][L];
    for (int s = 0; s < strips.count; ++s) {
      for (int c = 0; c < L; ++c) {
        S::V d[CELLS] = {};
        if (c < used) {
          load_cells(t, strips, s, c0 + c, d);
          transform_tile<F2>(d);
        }
        ROT180_UNROLL
        for (int cell = 0; cell < CELLS; ++cell) tile[cell][c] = d[cell];
      }
      for (int cell = 0; cell < CELLS; ++cell) {
        transpose<float>(tile[cell]);
        float* to = panel + cell * v_cell() + (int64_t)s * L * 2 * L;
        ROT180_UNROLL
        for (int i = 0; i < L; ++i) S::store(to + i * 2 * L, tile[cell][i]);
      }
    }
  }

  // Z for one channel of y.
  void transform_y(const Tiles& t, const TileStrips<4>& strips, int64_t o) const {
    using S = Simd<float>;
    S::V d[4], half[8], tile[CELLS];
    for (int s = 0; s < strips.count; ++s) {
      load_cells(t, strips, s, o, d);
      tile_of_y(d[0], d[2], half, 2);
      tile_of_y(d[1], d[3], half + 1, 2);
      ROT180_UNROLL
      for (int i = 0; i < 4; ++i) tile_of_y(half[2 * i], half[2 * i + 1], tile + 4 * i, 1);
      ROT180_UNROLL
      for (int cell = 0; cell < CELLS; ++cell)
        S::store(z + cell * z_cell() + o * PITCH<float> + s * L, tile[cell]);
    }
  }

  // Adds the products of one cell, for the panels [first, last).
  void multiply(int cell, int64_t first, int64_t last, int64_t count, bool begin) const {
    float* out = sums + cell * outputs * channels;
    for (int64_t n = first; n < last; ++n) {
      const int64_t c0 = n * 2 * L;
      Strip<float> to[2];
      to[0].runs = to[1].runs = 0;
      for (int half = 0; half < 2; ++half)
        if (c0 + half * L < channels) to[half].add(c0 + half * L, 0, (int)smaller<int64_t>(L, channels - c0 - half * L));
      Tile<float> tile{nullptr, channels, to, to[0].runs && to[1].runs && to[0].whole() && to[1].whole(), nullptr, begin,
                       true, false};
      Ahead none{};
      for (int64_t b = 0; b < row_blocks(outputs); ++b) {
        const int64_t m0 = first_row(outputs, b);
        tile.out = out + m0 * channels;
        MULTIPLY<float, Layout::by_row>.packed[first_row(outputs, b + 1) - m0](
            count, z + cell * z_cell() + m0 * PITCH<float>, v + cell * v_cell() + n * CHUNK * 2 * L, tile, none);
      }
    }
  }

  // G' of the sums: the kernels from all channels to one of y, several at a time.
  void finish(int64_t o, float* w) const {
    using S = Simd<float>;
    for (int64_t c = 0; c < channels; c += L) {
      const int used = (int)smaller<int64_t>(L, channels - c);
      S::V t[CELLS], half[12], out[9];
      for (int cell = 0; cell < CELLS; ++cell)
        t[cell] = S::load(sums + (cell * outputs + o) * channels + c, lanes(0, used));
      for (int j = 0; j < 4; ++j) w_of_tile(t + j, 4, half + j, 4);
      for (int i = 0; i < 3; ++i) w_of_tile(half + 4 * i, 1, out + 3 * i, 1);
      float* to = w + (o * channels + c) * 9;
      for (int l = 0; l < used; ++l)
        for (int i = 0; i < 9; ++i) to[l * 9 + i] = out[i][l];
    }
  }
};

inline void winograd_w(const Geometry& g, const float* x, const float* y, float* w) {
  constexpr int L = Simd<float>::L;
  constexpr int CELLS = WeightTiles::CELLS;
  constexpr int64_t CHUNK = WeightTiles::CHUNK, STRIPS = WeightTiles::STRIPS;
  const Geometry over_x = tiles_over_x<F2>(g), over_y = tiles_over_y(g);
  const Split<float> split_x(over_x, x), split_y(over_y, y);
  TapTables tables_x(over_x), tables_y(over_y);
  Row rows_x[CELLS], rows_y[4];
  Tiles tx = gather_tiles(split_x, over_x, tables_x, rows_x), ty = gather_tiles(split_y, over_y, tables_y, rows_y);
  const Strips<float> strips_x(tx.from, nullptr), strips_y(ty.from, nullptr);
  tx.strips = &strips_x;
  ty.strips = &strips_y;

  WeightTiles all{g.channels, g.outputs, ceil_div(g.channels, 2 * L), nullptr, nullptr, nullptr};
  Scratch v(sizeof(float) * (size_t)(CELLS * all.v_cell())), z(sizeof(float) * (size_t)(CELLS * all.z_cell()));
  Scratch sums(sizeof(float) * (size_t)(CELLS * g.outputs * g.channels));
  all.v = v.as<float>();
  all.z = z.as<float>();
  all.sums = sums.as<float>();

  const int64_t total = tx.from.positions(), groups = ceil_div(g.channels, L);
  const int64_t wanted = 2 * num_threads(), pieces = smaller(all.panels, ceil_div(wanted, CELLS));
  Scratch strip_memory(2 * STRIPS * (sizeof(Strip<float>) + sizeof(Lanes) * CELLS));
  Strip<float>* found = strip_memory.as<Strip<float>>();
  Lanes* reach = reinterpret_cast<Lanes*>(found + 2 * STRIPS);
  for (int64_t q = 0; q < total; q += CHUNK) {
    const int64_t count = smaller(CHUNK, total - q);
    const int used = (int)ceil_div(count, L);
    TileStrips<CELLS> of_x{used, found, reach};
    TileStrips<4> of_y{used, found + STRIPS, reach + STRIPS * CELLS};
    of_x.find(tx, q, total);
    of_y.find(ty, q, total);
    auto transform = [&](int64_t i) {
      if (i < groups) return all.transform_x(tx, of_x, i * L);
      for (int64_t o = (i - groups) * L; o < smaller(g.outputs, (i - groups + 1) * L); ++o)
        all.transform_y(ty, of_y, o);
    };
    in_chunks(groups + ceil_div(g.outputs, L), transform);
    auto multiply = [&](int64_t i) {
      const int64_t piece = i / CELLS;
      all.multiply((int)(i % CELLS), all.panels * piece / pieces, all.panels * (piece + 1) / pieces, count, q == 0);
    };
    in_chunks(pieces * CELLS, multiply);
  }
  auto finish = [&](int64_t o) { all.finish(o, w); };
  in_chunks(g.outputs, finish);
}

}  // namespace ROT180_ISA
}  // namespace rot180
