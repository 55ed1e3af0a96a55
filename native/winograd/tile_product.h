// Winograd for y and for x's gradient: transforms kernels and tiles, multiplies them as matrices, and transforms the
// products into results.
#pragma once
#include "gemm/microkernel.h"
#include "gemm/matrix_product.h"
#include "winograd/tiles.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int64_t TILE_BYTES = 1 << 18;  // transformed tiles per block, at least two pairs of strips

// The kernel from channel c to row m is at w + m * row + c * channel. If `rotated`, it is rotated by 180 degrees.
struct KernelView {
  const float* w;
  ptrdiff_t row, channel;
  bool rotated;
};

// The transformed kernels in the layout of A for the microkernel: blocks of rows, and in each block the slots. Slots
// are a little more than a whole number of pages apart, so that they are in different sets of the cache.
template <class F>
struct TransformedKernels {
  const float* u;
  int64_t step;  // from one slot to the next

  const float* block(int64_t b, int s) const { return u + (b * F::SLOTS + F::slot(s)) * step; }
};
constexpr int64_t slot_step(int64_t channels) { return channels * MR + 16; }

// Transforms the kernels of one block of rows; lanes are rows.
template <class F>
ROT180_INLINE void transform_block(const KernelView& k, int64_t m0, int count, int64_t channels, float* to) {
  using S = Simd<float>;
  constexpr int VECTORS = (MR + S::L - 1) / S::L, TAPS = F::TAPS * F::TAPS;
  // Slot i of product s continues the depth of slot i - 1.
  int64_t start[F::SLOTS];
  for (int s = 0; s < F::PRODUCTS; ++s)
    for (int i = 0; i < F::depth(s); ++i)
      start[F::slot(s) + i] = F::slot(s) * slot_step(channels) + i * channels * count;
  for (int v = 0; v < VECTORS; ++v) {
    const int lanes_here = smaller(S::L, count - v * S::L);
    if (lanes_here <= 0) break;
    const Lanes there = lanes(0, lanes_here);
    for (int64_t c = 0; c < channels; ++c) {
      const float* w = k.w + (m0 + v * S::L) * k.row + c * k.channel;
      S::V cell[TAPS], u[F::SLOTS] = {};
      ROT180_UNROLL
      for (int t = 0; t < TAPS; ++t) cell[t] = load_strided<float>(w + (k.rotated ? TAPS - 1 - t : t), k.row, lanes_here);
      F::kernels(cell, u);
      ROT180_UNROLL
      for (int i = 0; i < F::SLOTS; ++i) S::store(to + start[i] + c * count + v * S::L, u[i], there);
    }
  }
}

template <class F>
TransformedKernels<F> transform_kernels(const KernelView& k, int64_t rows, int64_t channels, float* u) {
  const int64_t step = slot_step(channels);
  auto some = [&](int64_t b) {
    const int64_t m0 = first_row(rows, b);
    transform_block<F>(k, m0, (int)(first_row(rows, b + 1) - m0), channels, u + b * F::SLOTS * step);
  };
  parallel_for(row_blocks(rows), some);
  return {u, step};
}

struct WinogradOut {
  float* y;
  int64_t size[3];  // size of y
  int64_t rows;
  const float* bias;
  bool relu;
};

// Turns the columns of results of a strip of tiles into a line, in place: the columns of the first tile, of the
// second...
ROT180_INLINE void interleave_columns(Simd<float>::V (&y)[2]) { interleave<float>(y[0], y[1]); }
ROT180_INLINE void interleave_columns(Simd<float>::V (&y)[4]) {
  interleave<float>(y[0], y[2]);
  interleave<float>(y[1], y[3]);
  interleave<float>(y[0], y[1]);
  interleave<float>(y[2], y[3]);
}

// Writes the OUT lines of results of a strip of tiles.
template <class F>
ROT180_INLINE void write_tiles(const WinogradOut& out, int64_t m, int64_t q, int64_t end, const Gather& from,
                               Simd<float>::V (&y)[F::OUT][F::OUT]) {
  using S = Simd<float>;
  constexpr int L = S::L, OUT = F::OUT;
  float line[OUT][(OUT + 1) * L];  // the last vector is read beyond the results; a mask drops the rest
  ROT180_UNROLL
  for (int i = 0; i < OUT; ++i) {
    interleave_columns(y[i]);
    ROT180_UNROLL
    for (int j = 0; j < OUT; ++j) S::store(line[i] + j * L, y[i][j]);
  }
  const int64_t wide = from.grid[2], cells = from.cells();
  const int64_t H = out.size[1], W = out.size[2];
  const int count = (int)smaller<int64_t>(L, end - q);
  int64_t n = q / cells, rest = q - n * cells;
  int64_t e = rest / (from.grid[1] * wide);
  rest -= e * from.grid[1] * wide;
  int64_t p = rest / wide, c = rest - p * wide;
  for (int lane = 0; lane < count;) {
    const int run = (int)smaller<int64_t>(wide - c, count - lane);
    const int64_t columns = smaller<int64_t>(OUT * run, W - OUT * c);
    float* to = out.y + (((n * out.rows + m) * out.size[0] + e) * H + OUT * p) * W + OUT * c;
    for (int i = 0; i < OUT && OUT * p + i < H; ++i, to += W)
      for (int64_t k = 0; k < columns; k += L)
        S::store(to + k, S::load(line[i] + OUT * lane + k), lanes(0, (int)smaller<int64_t>(L, columns - k)));
    lane += run;
    c = 0;
    if (++p == from.grid[1]) {
      p = 0;
      if (++e == from.grid[0]) e = 0, ++n;
    }
  }
}

// Some pairs of strips of tiles: transformed, multiplied, and rotated into results.
template <class F>
class TileBlock {
  using S = Simd<float>;
  static constexpr int L = S::L;

 public:
  TileBlock(const Tiles& tiles, int64_t channels, const WinogradOut& out, int64_t q0, int64_t end, int64_t pairs)
      : tiles_(tiles),
        C_(channels),
        O_(out.rows),
        q0_(q0),
        end_(end),
        pairs_(pairs),
        out_(out),
        memory_(sizeof(float) * (size_t)(pairs * 2 * L * (F::INPUTS * channels + F::PRODUCTS * out.rows))) {}

  void run(const TransformedKernels<F>& u) {
    transform();
    multiply(u);
    finish();
  }

 private:
  // The inputs of product s: pair after pair, input after input, channel after channel.
  float* inputs(int s) const { return memory_.as<float>() + F::input(s) * pairs_ * C_ * 2 * L; }
  float* product(int s) const {
    return memory_.as<float>() + pairs_ * 2 * L * (F::INPUTS * C_ + s * O_);
  }

  void transform() const {
    Strip<float> strip_memory[2 * PAIRS];
    Lanes reach[2 * PAIRS * F::CELLS];
    TileStrips<F::CELLS> strips{(int)(2 * pairs_), strip_memory, reach};
    strips.find(tiles_, q0_, end_);
    for (int s = 0; s < strips.count; ++s) {
      float* to[F::INPUTS];
      for (int p = 0; p < F::PRODUCTS; ++p)
        for (int i = 0; i < F::depth(p); ++i)
          to[F::input(p) + i] = inputs(p) + (s / 2 * F::depth(p) + i) * C_ * 2 * L + s % 2 * L;
      for (int64_t c = 0; c < C_; ++c) {
        S::V d[F::CELLS], v[F::INPUTS] = {};
        load_cells(tiles_, strips, s, c, d);
        F::tile(d, v);
        ROT180_UNROLL
        for (int i = 0; i < F::INPUTS; ++i) *reinterpret_cast<S::V*>(to[i] + c * 2 * L) = v[i];
      }
    }
  }

  void multiply(const TransformedKernels<F>& u) const {
    const Strip<float> whole[2] = {{1, {{0, S::ALL}}}, {1, {{L, S::ALL}}}};
    const int64_t blocks = row_blocks(O_);
    for (int s = 0; s < F::PRODUCTS; ++s)
      for (int64_t b = 0; b < blocks; ++b) {
        const int64_t m0 = first_row(O_, b), m = first_row(O_, b + 1) - m0, depth = F::depth(s) * C_;
        const float* next = b + 1 < blocks ? u.block(b + 1, s) : u.block(0, smaller(s + 1, F::PRODUCTS - 1));
        Prefetch prefetch{};
        if (exceeds_cache<float>(F::SLOTS * O_ * C_)) prefetch = make_prefetch(next, 0, depth * MR, 1, 0, pairs_, depth);
        Tile<float> tile{nullptr, 2 * L, whole, true, nullptr, true, true, false};
        for (int64_t pair = 0; pair < pairs_; ++pair) {
          tile.out = product(s) + (pair * O_ + m0) * 2 * L;
          microkernels<float>(Layout::by_k).packed[m](depth, u.block(b, s), inputs(s) + pair * depth * 2 * L, tile, prefetch);
        }
      }
  }

  void finish() const {
    constexpr int OUT = F::OUT;
    for (int64_t m = 0; m < O_; ++m) {
      const S::V bias = S::splat(out_.bias ? out_.bias[m] : 0.0f);
      for (int s = 0; s < 2 * pairs_ && q0_ + s * L < end_; ++s) {
        const float* from = product(0) + (s / 2 * O_ + m) * 2 * L + s % 2 * L;
        S::V t[F::PRODUCTS], y[OUT][OUT];
        ROT180_UNROLL
        for (int p = 0; p < F::PRODUCTS; ++p) t[p] = *reinterpret_cast<const S::V*>(from + p * pairs_ * O_ * 2 * L);
        F::results(t, y);
        ROT180_UNROLL
        for (int i = 0; i < OUT * OUT; ++i) {
          S::V& result = y[i / OUT][i % OUT];
          result += bias;
          if (out_.relu) result = result < S::V{} ? S::V{} : result;
        }
        write_tiles<F>(out_, m, q0_ + s * L, end_, tiles_.from, y);
      }
    }
  }

  const Tiles& tiles_;
  const int64_t C_, O_, q0_, end_, pairs_;
  const WinogradOut& out_;
  Scratch memory_;
};

// Computes `out` from the tiles of `source`. `over` is the geometry of the tiles (tiles_over_x).
template <class F>
void winograd_product(const Geometry& over, const float* source, const KernelView& w, const WinogradOut& out) {
  constexpr int L = Simd<float>::L;
  const PhaseSplit<float> split(over, source);
  TapTables tables(over);
  Row rows[F::CELLS];
  Tiles tiles = gather_tiles(split, over, tables, rows);
  const Strips<float> found(tiles.from, nullptr);
  tiles.strips = &found;

  const int64_t C = over.channels, O = out.rows, total = tiles.from.positions();
  Scratch weights(sizeof(float) * (size_t)(row_blocks(O) * F::SLOTS * slot_step(C)));
  const TransformedKernels<F> u = transform_kernels<F>(w, O, C, weights.as<float>());

  const int64_t per_pair = (F::INPUTS * C + F::PRODUCTS * O) * 2 * L * (int64_t)sizeof(float);
  const int64_t pairs = larger<int64_t>(2, smaller<int64_t>(PAIRS, TILE_BYTES / per_pair));
  const int64_t all = ceil_div(total, 2 * L), blocks = round_to_threads(ceil_div(all, pairs), all);
  auto block = [&](int64_t b) {
    const int64_t first = all * b / blocks, last = all * (b + 1) / blocks;
    TileBlock<F>(tiles, C, out, first * 2 * L, total, last - first).run(u);
  };
  parallel_for(blocks, block);
}

// y through the transforms of F.
template <class F>
void tile_product_y(const Geometry& g, const float* x, const float* w, const float* bias, bool relu, float* y) {
  const int64_t taps = g.taps();
  winograd_product<F>(tiles_over_x<F>(g), x, {w, g.channels * taps, taps, false},
                      {y, {g.y[0], g.y[1], g.y[2]}, g.outputs, bias, relu});
}

}  // namespace ROT180_ISA
}  // namespace rot180
