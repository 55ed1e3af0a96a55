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
constexpr int64_t TILE_BYTES = 1 << 19;  // of transformed tiles that are worked on at once: they stay in the second cache

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
        place<float>(t.from, q, end, from[s], reach + s * CELLS, nullptr, nullptr);
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

ROT180_INLINE Tiles gather_tiles(const Split<float>& split, const Geometry& over, const TapTables& tables, Row* rows) {
  Tiles tiles{};
  tiles.from = split.gather(over, tables);
  tiles.source = split.source;
  tiles.channel = split.channel();
  list_rows(tiles.from, 1, 0, rows);
  tiles.rows = rows;
  return tiles;
}

// ---- forwards, and x's gradient ----

// The 3x3 kernel from channel c to row m: w + m * row + c * channel, its cells forwards or (turned) backwards.
struct Kernels3x3 {
  const float* w;
  ptrdiff_t row, channel;
  bool turned;
};

// U[cell] as `multiply` wants A: block after block, c after c, the block's rows side by side.
inline void transform_w(const Kernels3x3& k, int64_t rows, int64_t channels, float* packed) {
  const int64_t blocks = row_blocks(rows), cell_step = rows * channels;
  auto some = [&](int64_t b) {
    const int64_t m0 = first_row(rows, b), count = first_row(rows, b + 1) - m0;
    float* to = packed + m0 * channels;
    for (int64_t c = 0; c < channels; ++c, to += count)
      for (int64_t m = 0; m < count; ++m) {
        const float* w = k.w + (m0 + m) * k.row + c * k.channel;
        float half[4 * 3], u[CELLS];
        for (int j = 0; j < 3; ++j) {
          if (k.turned)
            tile_of_w(w[8 - j], w[5 - j], w[2 - j], half + j, 3);
          else
            tile_of_w(w[j], w[3 + j], w[6 + j], half + j, 3);
        }
        for (int i = 0; i < 4; ++i) tile_of_w(half[3 * i], half[3 * i + 1], half[3 * i + 2], u + 4 * i, 1);
        for (int cell = 0; cell < CELLS; ++cell) to[cell * cell_step + m] = u[cell];
      }
  };
  in_chunks(blocks, some);
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

inline void winograd_product(const Geometry& g, const float* x, const Kernels3x3& w, const WinogradOut& out) {
  using S = Simd<float>;
  constexpr int L = S::L;
  const Geometry over = tiles_over_x(g);
  const Split<float> split(over, x);
  TapTables tables(over);
  Row rows[CELLS];
  const Tiles tiles = gather_tiles(split, over, tables, rows);

  const int64_t C = g.channels, O = out.rows, total = tiles.from.positions();
  Scratch weights(sizeof(float) * (size_t)(CELLS * O * C));
  float* u = weights.as<float>();
  transform_w(w, O, C, u);

  const int64_t per_pair = CELLS * (C + O) * 2 * L * (int64_t)sizeof(float);
  const int64_t pairs = larger<int64_t>(1, smaller<int64_t>(PAIRS, TILE_BYTES / per_pair));
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
          MULTIPLY<float, Layout::by_k>.packed[m](C, u + cell * O * C + m0 * C, v + (cell * used + pair) * C * 2 * L, tile, none);
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

// ---- w's gradient ----

// Z = A y A' for every tile of y: the inner product over tiles of Z and the tiles of x is the gradient, transformed.
ROT180_INLINE void transform_y(const Tiles& t, const TileStrips& strips, int64_t channels, float* to, ptrdiff_t row,
                               ptrdiff_t cell_step) {
  using S = Simd<float>;
  S::V d[4], half[8], z[CELLS];
  for (int64_t c = 0; c < channels; ++c)
    for (int s = 0; s < strips.count; ++s) {
      load_cells(t, strips, s, c, d);
      tile_of_y(d[0], d[2], half, 2);
      tile_of_y(d[1], d[3], half + 1, 2);
      ROT180_UNROLL
      for (int i = 0; i < 4; ++i) tile_of_y(half[2 * i], half[2 * i + 1], z + 4 * i, 1);
      ROT180_UNROLL
      for (int cell = 0; cell < CELLS; ++cell)
        *reinterpret_cast<S::V*>(to + cell * cell_step + c * row + s * S::L) = z[cell];
    }
}

inline void winograd_w(const Geometry& g, const float* x, const float* y, float* w) {
  using S = Simd<float>;
  constexpr int L = S::L;
  const Geometry over_x = tiles_over_x(g), over_y = tiles_over_y(g);
  const Split<float> split_x(over_x, x), split_y(over_y, y);
  TapTables tables_x(over_x), tables_y(over_y);
  Row rows_x[CELLS], rows_y[4];
  const Tiles tx = gather_tiles(split_x, over_x, tables_x, rows_x);
  const Tiles ty = gather_tiles(split_y, over_y, tables_y, rows_y);

  // The tiles in parts, each with sums of its own, added up in their order: the same bits for any number of threads.
  const int64_t C = g.channels, O = g.outputs, total = tx.from.positions();
  const int64_t strips_all = ceil_div(total, L);
  const int64_t per_strip = (C + O) * L * (int64_t)sizeof(float);  // one cell of the tiles stays in the cache
  const int64_t block = larger<int64_t>(8, smaller<int64_t>(32, TILE_BYTES / per_strip));
  const int64_t blocks = ceil_div(strips_all, block), parts = smaller<int64_t>(8, blocks);
  const int64_t sums = CELLS * O * C;
  Scratch partial(sizeof(float) * (size_t)(parts * sums));
  auto part = [&](int64_t number) {
    float* m = partial.as<float>() + number * sums;
    for (int64_t i = 0; i < sums; ++i) m[i] = 0;
    const ptrdiff_t row = block * L + L;  // rows a power of two apart would share a set of the cache
    Scratch memory(sizeof(float) * (size_t)(CELLS * (C + O) * row) +
                   (sizeof(Strip<float>) + sizeof(Lanes) * CELLS) * (size_t)block);
    float* v = memory.as<float>();
    float* z = v + CELLS * C * row;
    Strip<float>* found = reinterpret_cast<Strip<float>*>(z + CELLS * O * row);
    Lanes* reach = reinterpret_cast<Lanes*>(found + block);
    for (int64_t b = blocks * number / parts; b < blocks * (number + 1) / parts; ++b) {
      const int64_t first = b * block;
      TileStrips strips{(int)smaller(block, strips_all - first), found, reach};
      strips.find(tx, first * L, total);
      transform_x(tx, strips, C, [&](int cell, int s, int64_t c) { return v + (cell * C + c) * row + s * L; });
      strips.find(ty, first * L, total);
      transform_y(ty, strips, O, z, row, O * row);
      for (int cell = 0; cell < CELLS; ++cell)
        for (int64_t c = 0; c < C; c += DOT_COLUMNS)
          for (int64_t o = 0; o < O; o += DOT_ROWS)
            DOTS<float>.of[smaller<int64_t>(DOT_ROWS, O - o)][smaller<int64_t>(DOT_COLUMNS, C - c)](
                strips.count, z + (cell * O + o) * row, row, v + (cell * C + c) * row, row, m + (cell * O + o) * C + c,
                C);
    }
  };
  in_chunks(parts, part);
  auto output = [&](int64_t o) {
    for (int64_t c = 0; c < C; ++c) {
      float t[CELLS], half[12];
      for (int cell = 0; cell < CELLS; ++cell) {
        const float* from = partial.as<float>() + (cell * O + o) * C + c;
        t[cell] = from[0];
        for (int64_t i = 1; i < parts; ++i) t[cell] += from[i * sums];
      }
      for (int j = 0; j < 4; ++j) w_of_tile(t + j, 4, half + j, 4);
      for (int i = 0; i < 3; ++i) w_of_tile(half + 4 * i, 1, w + (o * C + c) * 9 + 3 * i, 1);
    }
  };
  in_chunks(O, output);
}

}  // namespace ROT180_ISA
}  // namespace rot180
