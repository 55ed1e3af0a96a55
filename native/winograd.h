// Winograd's F(2x2, 3x3), forwards and for x's gradient: each cell of the transformed tiles is a matrix product.
#pragma once
#include "tiles.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int64_t TILE_BYTES = 1 << 18;  // of transformed tiles worked on at once, but for two pairs of strips at least

// The 3x3 kernel from channel c to row m: w + m * row + c * channel, its cells forwards or (turned) backwards.
struct Kernels3x3 {
  const float* w;
  ptrdiff_t row, channel;
  bool turned;
};

// The kernels, transformed, as `multiply` wants A: block of rows after block of rows, and in each cell after cell of a
// tile. A little more than a whole number of pages apart, the cells do not share a set of the cache.
struct TransformedKernels {
  const float* u;
  int64_t rows, cell_step;

  const float* block(int64_t b, int cell) const { return u + (b * CELLS + cell) * cell_step; }
};
constexpr int64_t cell_step_of(int64_t channels) { return channels * MR + 16; }

// One block of rows, its rows as lanes.
ROT180_INLINE void transform_block(const Kernels3x3& k, int64_t m0, int count, int64_t channels, float* to,
                                   int64_t cell_step) {
  using S = Simd<float>;
  constexpr int VECTORS = (MR + S::L - 1) / S::L;
  for (int v = 0; v < VECTORS; ++v) {
    const int lanes_here = smaller(S::L, count - v * S::L);
    if (lanes_here <= 0) break;
    const Lanes there = lanes(0, lanes_here);
    for (int64_t c = 0; c < channels; ++c) {
      const float* w = k.w + (m0 + v * S::L) * k.row + c * k.channel;
      S::V cell[9], half[4 * 3], u[CELLS];
      ROT180_UNROLL
      for (int t = 0; t < 9; ++t) cell[t] = gathered<float>(w + (k.turned ? 8 - t : t), k.row, lanes_here);
      ROT180_UNROLL
      for (int j = 0; j < 3; ++j) tile_of_w(cell[j], cell[3 + j], cell[6 + j], half + j, 3);
      ROT180_UNROLL
      for (int i = 0; i < 4; ++i) tile_of_w(half[3 * i], half[3 * i + 1], half[3 * i + 2], u + 4 * i, 1);
      ROT180_UNROLL
      for (int i = 0; i < CELLS; ++i) S::store(to + i * cell_step + c * count + v * S::L, u[i], there);
    }
  }
}

inline TransformedKernels transform_w(const Kernels3x3& k, int64_t rows, int64_t channels, float* u) {
  const int64_t cell_step = cell_step_of(channels);
  auto some = [&](int64_t b) {
    const int64_t m0 = first_row(rows, b);
    transform_block(k, m0, (int)(first_row(rows, b + 1) - m0), channels, u + b * CELLS * cell_step, cell_step);
  };
  in_chunks(row_blocks(rows), some);
  return {u, rows, cell_step};
}

struct WinogradOut {
  float* y;
  int64_t size[3];  // of y
  int64_t rows;
  const float* bias;
  bool relu;
};

// Two rows of results of a strip of tiles: even and odd columns, interleaved.
ROT180_INLINE void write_tiles(const WinogradOut& out, int64_t m, int64_t q, int64_t end, const Gather& from,
                               const Simd<float>::V (&y)[4]) {
  using S = Simd<float>;
  constexpr int L = S::L;
  float line[2][3 * L];  // the last vector is read beyond the results, and masked away
  for (int i = 0; i < 2; ++i) interleave<float>(y[2 * i], y[2 * i + 1], line[i]);
  const int64_t wide = from.grid[2], cells = from.cells();
  const int64_t H = out.size[1], W = out.size[2];
  const int count = (int)smaller<int64_t>(L, end - q);
  int64_t n = q / cells, rest = q - n * cells;
  int64_t e = rest / (from.grid[1] * wide);
  rest -= e * from.grid[1] * wide;
  int64_t p = rest / wide, c = rest - p * wide;
  for (int lane = 0; lane < count;) {
    const int run = (int)smaller<int64_t>(wide - c, count - lane);
    const int64_t columns = smaller<int64_t>(2 * run, W - 2 * c);
    float* to = out.y + (((n * out.rows + m) * out.size[0] + e) * H + 2 * p) * W + 2 * c;
    for (int i = 0; i < 2 && 2 * p + i < H; ++i) {
      S::store(to + i * W, S::load(line[i] + 2 * lane), lanes(0, (int)smaller<int64_t>(L, columns)));
      if (columns > L) S::store(to + i * W + L, S::load(line[i] + 2 * lane + L), lanes(0, (int)columns - L));
    }
    lane += run;
    c = 0;
    if (++p == from.grid[1]) {
      p = 0;
      if (++e == from.grid[0]) e = 0, ++n;
    }
  }
}

// The transformed tiles of x for channels [0, channels): to[cell * cell_step + strip / pair ... ] as `multiply` wants S.
template <class Place>
ROT180_INLINE void transform_x(const Tiles& t, const TileStrips& strips, int64_t channels, Place place_of) {
  using S = Simd<float>;
  S::V d[CELLS];
  for (int s = 0; s < strips.count; ++s)
    for (int64_t c = 0; c < channels; ++c) {
      load_cells(t, strips, s, c, d);
      ROT180_UNROLL
      for (int i = 0; i < 4; ++i) tile_of_x(d + 4 * i, 1);
      ROT180_UNROLL
      for (int j = 0; j < 4; ++j) tile_of_x(d + j, 4);
      ROT180_UNROLL
      for (int cell = 0; cell < CELLS; ++cell) *reinterpret_cast<S::V*>(place_of(cell, s, c)) = d[cell];
    }
}

inline void winograd_product(const Geometry& g, const float* x, const Kernels3x3& w, const WinogradOut& out) {
  using S = Simd<float>;
  constexpr int L = S::L;
  const Geometry over = tiles_over_x(g);
  const Split<float> split(over, x);
  TapTables tables(over);
  Row rows[CELLS];
  Tiles tiles = gather_tiles(split, over, tables, rows);
  const Strips<float> found(tiles.from, nullptr);
  tiles.strips = &found;

  const int64_t C = g.channels, O = out.rows, total = tiles.from.positions();
  Scratch weights(sizeof(float) * (size_t)(row_blocks(O) * CELLS * cell_step_of(C)));
  const TransformedKernels u = transform_w(w, O, C, weights.as<float>());

  const int64_t per_pair = CELLS * (C + O) * 2 * L * (int64_t)sizeof(float);
  const int64_t pairs = larger<int64_t>(2, smaller<int64_t>(PAIRS, TILE_BYTES / per_pair));
  const int64_t blocks = ceil_div(total, pairs * 2 * L), row_count = row_blocks(O);
  auto block = [&](int64_t b) {
    const int64_t q0 = b * pairs * 2 * L;
    const int64_t used = smaller(pairs, ceil_div(total - q0, 2 * L));
    Strip<float> strip_memory[2 * PAIRS];
    Lanes reach[2 * PAIRS * CELLS];
    TileStrips strips{(int)(2 * used), strip_memory, reach};
    strips.find(tiles, q0, total);
    Scratch memory(sizeof(float) * (size_t)(CELLS * used * 2 * L * (C + O)));
    float* v = memory.as<float>();
    float* products = v + CELLS * used * 2 * L * C;
    transform_x(tiles, strips, C, [&](int cell, int s, int64_t c) {
      return v + ((cell * used + s / 2) * C + c) * 2 * L + s % 2 * L;
    });
    const Strip<float> whole[2] = {{1, {{0, S::ALL}}}, {1, {{L, S::ALL}}}};
    Ahead none{};
    Tile<float> tile{nullptr, 2 * L, whole, true, nullptr, true, true, false};
    for (int cell = 0; cell < CELLS; ++cell)
      for (int64_t r = 0; r < row_count; ++r) {
        const int64_t m0 = first_row(O, r);
        const int m = (int)(first_row(O, r + 1) - m0);
        for (int64_t pair = 0; pair < used; ++pair) {
          tile.out = products + ((cell * used + pair) * O + m0) * 2 * L;
          MULTIPLY<float, Layout::by_k>.packed[m](C, u.block(r, cell), v + (cell * used + pair) * C * 2 * L, tile, none);
        }
      }
    for (int64_t m = 0; m < O; ++m) {
      const S::V bias = S::splat(out.bias ? out.bias[m] : 0.0f);
      for (int s = 0; s < 2 * used && q0 + s * L < total; ++s) {
        const float* from = products + (s / 2 * O + m) * 2 * L + s % 2 * L;
        S::V t[CELLS], half[8], y[4];
        ROT180_UNROLL
        for (int cell = 0; cell < CELLS; ++cell) t[cell] = *reinterpret_cast<const S::V*>(from + cell * used * O * 2 * L);
        ROT180_UNROLL
        for (int j = 0; j < 4; ++j) y_of_tile(t + j, 4, half + j, 4);
        ROT180_UNROLL
        for (int i = 0; i < 2; ++i) y_of_tile(half + 4 * i, 1, y + 2 * i, 1);
        ROT180_UNROLL
        for (int i = 0; i < 4; ++i) {
          y[i] += bias;
          if (out.relu) y[i] = y[i] < S::V{} ? S::V{} : y[i];
        }
        write_tiles(out, m, q0 + s * L, total, tiles.from, y);
      }
    }
  };
  in_chunks(blocks, block);
}

inline void winograd_y(const Geometry& g, const float* x, const float* w, const float* bias, bool relu, float* y) {
  winograd_product(g, x, {w, g.channels * 9, 9, false}, {y, {g.y[0], g.y[1], g.y[2]}, g.outputs, bias, relu});
}

// x's gradient is a convolution of y with the kernels turned by 180 degrees, and padding 2 - padding.
inline void winograd_x(const Geometry& g, const float* y, const float* w, float* x) {
  Geometry back = g;
  back.channels = g.outputs;
  back.outputs = g.channels;
  for (int a = 0; a < 3; ++a) {
    back.x[a] = g.y[a];
    back.y[a] = g.x[a];
    back.padding[a] = g.kernel[a] - 1 - g.padding[a];
  }
  winograd_product(back, y, {w, 9, g.channels * 9, true}, {x, {g.x[0], g.x[1], g.x[2]}, g.channels, nullptr, false});
}

}  // namespace ROT180_ISA
}  // namespace rot180
