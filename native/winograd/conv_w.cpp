// Winograd for w's gradient. With Z = A y A' for every 2x2 tile of y and V = B' x B for every tile of x,
//
//     dw = G' [ sum over the tiles of Z * V ] G
//
// Each cell of the sum is a matrix product over the tiles, of the rows of Z with V transposed, as in
// gemm/outer_products.h. All threads transform a chunk of tiles, then all threads multiply it, cell by cell. Each sum
// goes through the chunks in order, whatever the number of threads.
#include "gemm/outer_products.h"
#include "winograd/tiles.h"
#include "winograd/winograd.h"

namespace rot180 {
namespace ROT180_ISA {
namespace {

// ---- the adjoints of A' and G: Z has CELLS cells; its cell left(i) is multiplied by input i of F ----

struct W2 {
  using F = F2;
  static constexpr int CELLS = 16;
  static constexpr int left(int input) { return input; }

  template <class V>
  static ROT180_INLINE void along(V a, V b, V* out, int step) {
    out[0] = a;
    out[step] = a + b;
    out[2 * step] = a - b;
    out[3 * step] = -b;
  }
  template <class V>
  static ROT180_INLINE void tile(const V (&d)[4], V (&z)[CELLS]) {
    V half[8];
    along(d[0], d[2], half, 2);
    along(d[1], d[3], half + 1, 2);
    ROT180_UNROLL
    for (int i = 0; i < 4; ++i) along(half[2 * i], half[2 * i + 1], z + 4 * i, 1);
  }

  template <class V>
  static ROT180_INLINE void cells_of(const V* m, int step, V* out, int out_step) {
    const V sum = (m[step] + m[2 * step]) * 0.5f;
    out[0] = m[0] + sum;
    out[out_step] = (m[step] - m[2 * step]) * 0.5f;
    out[2 * out_step] = sum + m[3 * step];
  }
  template <class V>
  static ROT180_INLINE void kernel(const V (&m)[F::INPUTS], V (&w)[9]) {
    V half[12];
    ROT180_UNROLL
    for (int j = 0; j < 4; ++j) cells_of(m + j, 4, half + j, 4);
    ROT180_UNROLL
    for (int i = 0; i < 3; ++i) cells_of(half + 4 * i, 1, w + 3 * i, 1);
  }
};

template <int K>
struct W2s2 {  // at stride 2
  using F = S2<K>;
  static constexpr int CELLS = 9;
  static constexpr int left(int input) {
    int cell = 0;
    while (cell < 8 && F::input(cell + 1) <= input) ++cell;
    return cell;
  }

  template <class V>
  static ROT180_INLINE void tile(const V (&d)[4], V (&z)[CELLS]) {
    V half[6];
    ROT180_UNROLL
    for (int j = 0; j < 2; ++j) pair_of_w(d[j], d[2 + j], half + j, 2);
    ROT180_UNROLL
    for (int i = 0; i < 3; ++i) pair_of_w(half[2 * i], half[2 * i + 1], z + 3 * i, 1);
  }

  template <class V>
  static ROT180_INLINE void kernel(const V (&m)[F::INPUTS], V (&w)[K * K]) {
    ROT180_UNROLL
    for (int f = 0; f < 2; ++f) {
      ROT180_UNROLL
      for (int e = 0; e < 2; ++e) {
        V four[2][2];
        F::results_of(f, e, m, four);
        ROT180_UNROLL
        for (int i = 0; i < 4; ++i) {
          const int row = f + i / 2 * 2, column = e + i % 2 * 2;
          if (row < K && column < K) w[(row < K ? row : 0) * K + (column < K ? column : 0)] = four[i / 2][i % 2];
        }
      }
    }
  }
};

// The geometry of the tiles over y, 2x2 cells each, like tiles_over_x.
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

template <class W>
struct WeightTiles {
  using F = typename W::F;
  static constexpr int L = Simd<float>::L;
  static constexpr int64_t CHUNK = DEPTH<float>, STRIPS = CHUNK / L;  // tiles

  int64_t channels, outputs, panels;
  float *v, *z, *sums;  // V in panels of 2 L channels and Z in rows PITCH apart, cell after cell; sums: (cell, O, C)

  int64_t v_cell() const { return panels * CHUNK * 2 * L; }
  int64_t z_cell() const { return outputs * PITCH<float>; }

  // Computes V for the channels [c0, c0 + L), transposed: tile after tile, with adjacent channels.
  void transform_x(const Tiles& t, const TileStrips<F::CELLS>& strips, int64_t c0) const {
    using S = Simd<float>;
    const int used = (int)smaller<int64_t>(L, channels - c0);
    float* panel = v + c0 / (2 * L) * CHUNK * 2 * L + c0 % (2 * L);
    S::V tile[F::INPUTS][L];
    for (int s = 0; s < strips.count; ++s) {
      for (int c = 0; c < L; ++c) {
        S::V d[F::CELLS], v[F::INPUTS] = {};
        if (c < used) {
          load_cells(t, strips, s, c0 + c, d);
          F::tile(d, v);
        }
        ROT180_UNROLL
        for (int i = 0; i < F::INPUTS; ++i) tile[i][c] = v[i];
      }
      for (int cell = 0; cell < F::INPUTS; ++cell) {
        transpose<float>(tile[cell]);
        float* to = panel + cell * v_cell() + (int64_t)s * L * 2 * L;
        ROT180_UNROLL
        for (int i = 0; i < L; ++i) S::store(to + i * 2 * L, tile[cell][i]);
      }
    }
  }

  // Computes Z for one channel of y.
  void transform_y(const Tiles& t, const TileStrips<4>& strips, int64_t o) const {
    using S = Simd<float>;
    S::V d[4], tile[W::CELLS];
    for (int s = 0; s < strips.count; ++s) {
      load_cells(t, strips, s, o, d);
      W::tile(d, tile);
      ROT180_UNROLL
      for (int cell = 0; cell < W::CELLS; ++cell)
        S::store(z + cell * z_cell() + o * PITCH<float> + s * L, tile[cell]);
    }
  }

  // Adds the products of one cell to the sums, for the panels [first, last).
  void multiply(int cell, int64_t first, int64_t last, int64_t count, bool begin) const {
    float* out = sums + cell * outputs * channels;
    for (int64_t n = first; n < last; ++n) {
      const int64_t c0 = n * 2 * L;
      Strip<float> to[2];
      to[0].runs = to[1].runs = 0;
      for (int half = 0; half < 2; ++half)
        if (const int64_t c = c0 + half * L; c < channels) to[half].add(c, 0, (int)smaller<int64_t>(L, channels - c));
      const bool whole = to[1].runs && to[0].full() && to[1].full();
      Tile<float> tile{nullptr, channels, to, whole, nullptr, begin, true, false};
      Prefetch none{};
      for (int64_t b = 0; b < row_blocks(outputs); ++b) {
        const int64_t m0 = first_row(outputs, b);
        tile.out = out + m0 * channels;
        microkernels<float>(Layout::by_row).packed[first_row(outputs, b + 1) - m0](
            count, z + W::left(cell) * z_cell() + m0 * PITCH<float>, v + cell * v_cell() + n * CHUNK * 2 * L, tile,
            none);
      }
    }
  }

  // Transforms the sums by G' into the kernels from all channels to channel o of y.
  void finish(int64_t o, float* w) const {
    using S = Simd<float>;
    for (int64_t c = 0; c < channels; c += L) {
      const int used = (int)smaller<int64_t>(L, channels - c);
      constexpr int TAPS = F::TAPS * F::TAPS;
      S::V t[F::INPUTS], out[TAPS];
      for (int cell = 0; cell < F::INPUTS; ++cell)
        t[cell] = S::load(sums + (cell * outputs + o) * channels + c, lanes(0, used));
      W::kernel(t, out);
      float* to = w + (o * channels + c) * TAPS;
      for (int l = 0; l < used; ++l)
        for (int i = 0; i < TAPS; ++i) to[l * TAPS + i] = out[i][l];
    }
  }
};

// The tiles of x and of y.
template <class W>
struct WeightSource {
  using F = typename W::F;
  static constexpr int64_t CHUNK = WeightTiles<W>::CHUNK, STRIPS = WeightTiles<W>::STRIPS;

  Geometry over_x, over_y;
  PhaseSplit<float> split_x, split_y;
  TapTables tables_x, tables_y;
  Row rows_x[F::CELLS], rows_y[4];
  Tiles x, y;
  Strips<float> strips_x, strips_y;

  WeightSource(const Geometry& g, const float* of_x, const float* of_y)
      : over_x(tiles_over_x<F>(g)),
        over_y(tiles_over_y(g)),
        split_x(over_x, of_x),
        split_y(over_y, of_y),
        tables_x(over_x),
        tables_y(over_y),
        x(gather_tiles(split_x, over_x, tables_x, rows_x)),
        y(gather_tiles(split_y, over_y, tables_y, rows_y)),
        strips_x(x.from, nullptr),
        strips_y(y.from, nullptr) {
    x.strips = &strips_x;
    y.strips = &strips_y;
  }

  // Adds the chunks [first, last) of tiles to all.sums: with all threads, or (`alone`) on the calling thread.
  void add(const WeightTiles<W>& all, int64_t first, int64_t last, bool alone) const {
    constexpr int L = Simd<float>::L;
    const int64_t total = x.from.positions(), groups = ceil_div(all.channels, L);
    const int64_t wanted = alone ? 1 : 2 * num_threads(), pieces = smaller(all.panels, ceil_div(wanted, F::INPUTS));
    Scratch strip_memory(2 * STRIPS * (sizeof(Strip<float>) + sizeof(Lanes) * F::CELLS));
    Strip<float>* found = strip_memory.as<Strip<float>>();
    Lanes* reach = reinterpret_cast<Lanes*>(found + 2 * STRIPS);
    for (int64_t chunk = first; chunk < last; ++chunk) {
      const int64_t q = chunk * CHUNK, end = smaller(total, q + CHUNK);
      const int used = (int)ceil_div(end - q, L);
      TileStrips<F::CELLS> of_x{used, found, reach};
      TileStrips<4> of_y{used, found + STRIPS, reach + STRIPS * F::CELLS};
      of_x.find(x, q, total);
      of_y.find(y, q, total);
      auto transform = [&](int64_t i) {
        if (i < groups) return all.transform_x(x, of_x, i * L);
        for (int64_t o = (i - groups) * L; o < smaller(all.outputs, (i - groups + 1) * L); ++o)
          all.transform_y(y, of_y, o);
      };
      parallel_for(groups + ceil_div(all.outputs, L), transform);
      auto multiply = [&](int64_t i) {
        const int64_t piece = i / F::INPUTS;
        all.multiply((int)(i % F::INPUTS), all.panels * piece / pieces, all.panels * (piece + 1) / pieces, end - q,
                     chunk == first);
      };
      parallel_for(pieces * F::INPUTS, multiply);
    }
  }
};

// The number of parts of the tiles, each with separate sums. One thread goes through a part alone, because data that
// another core has transformed are slow to read. If there are many sums, there are two parts, or one.
template <class W>
int64_t parts_of(int64_t chunks, int64_t sums) {
  constexpr int64_t MOST_PARTS = 16, FEW_SUMS = 1 << 18, MANY_SUMS = 1 << 21;
  const int64_t most = sums <= FEW_SUMS ? MOST_PARTS : sums <= MANY_SUMS ? 2 : 1;
  return larger<int64_t>(1, smaller(most, chunks / 4 * 2));
}

template <class W>
void tile_product_w(const Geometry& g, const float* x, const float* y, float* w) {
  using F = typename W::F;
  constexpr int L = Simd<float>::L;
  const WeightSource<W> source(g, x, y);
  const int64_t chunks = ceil_div(source.x.from.positions(), WeightTiles<W>::CHUNK);
  const int64_t sums = F::INPUTS * g.outputs * g.channels;
  const int64_t parts = parts_of<W>(chunks, sums);
  const bool alone = parts > 1 && num_threads() <= parts;
  Scratch memory(sizeof(float) * (size_t)(parts * sums));
  const WeightTiles<W> all{g.channels, g.outputs, ceil_div(g.channels, 2 * L), nullptr, nullptr, memory.as<float>()};
  auto part = [&](int64_t i) {
    WeightTiles<W> mine = all;
    Scratch v(sizeof(float) * (size_t)(F::INPUTS * all.v_cell())), z(sizeof(float) * (size_t)(W::CELLS * all.z_cell()));
    mine.v = v.template as<float>();
    mine.z = z.template as<float>();
    mine.sums += i * sums;
    source.add(mine, chunks * i / parts, chunks * (i + 1) / parts, alone);
  };
  if (alone) parallel_for(parts, part);
  else for (int64_t i = 0; i < parts; ++i) part(i);
  auto finish = [&](int64_t o) {
    for (int64_t cell = 0; cell < F::INPUTS; ++cell)
      for (int64_t c = 0; c < g.channels; ++c) {
        float* sum = all.sums + (cell * g.outputs + o) * g.channels + c;
        for (int64_t i = 1; i < parts; ++i) *sum += sum[i * sums];
      }
    all.finish(o, w);
  };
  parallel_for(g.outputs, finish);
}

}  // namespace

void winograd_w_undilated(const Geometry& g, const float* x, const float* y, float* w) {
  if (!g.strided()) return tile_product_w<W2>(g, x, y, w);
  g.kernel[1] == 3 ? tile_product_w<W2s2<3>>(g, x, y, w) : tile_product_w<W2s2<4>>(g, x, y, w);
}

}  // namespace ROT180_ISA
}  // namespace rot180
