#include "gemm/outer_products.h"

namespace rot180 {
namespace ROT180_ISA {
namespace {

template <class T>
struct OuterPlan {
  const TransposedProduct<T>* product;
  const Row* rows;
  const Strips<T>* strips;
  int64_t panels, parts, column_groups, row_groups;
  T* partial;  // (parts, rows, columns) if there are several parts

  int64_t tasks() const { return parts * column_groups * row_groups; }
};

// Copies rows [m0, m1) of Y at positions [q0, q0 + count), PITCH apart.
template <class T>
void copy_rows_of_y(const TransposedProduct<T>& p, int64_t m0, int64_t m1, int64_t q0, int64_t count, T* to) {
  const int64_t cells = p.from.cells();
  for (int64_t done = 0; done < count;) {
    const int64_t n = (q0 + done) / cells, r = q0 + done - n * cells, piece = smaller(cells - r, count - done);
    const T* from = p.y + n * p.y_image + r;
    for (int64_t m = m0; m < m1; ++m) {
      T* row = to + (m - m0) * PITCH<T> + done;
      for (int64_t i = 0; i < piece; ++i) row[i] = from[m * p.y_row + i];
    }
    done += piece;
  }
}

// Packs the panel of the columns [k0, k0 + 2 L): a row of 2 L cells for each position of the strips.
template <class T>
void pack_transposed(const TransposedProduct<T>& p, const Row* rows, int64_t k0, const Strip<T>* strips,
                     int64_t strip_count, const Lanes* reach, T* panel) {
  using S = Simd<T>;
  constexpr int L = S::L;
  const int taps = p.from.tap_count();
  const int64_t columns = p.columns();
  for (int half = 0; half < 2; ++half, k0 += L, panel += L) {
    const int used = (int)smaller<int64_t>(L, columns - k0);
    for (int64_t s = 0; s < strip_count; ++s) {
      const Lanes* in = reach + s * taps;
      const Strip<T>& strip = strips[s];
      typename S::V v[L];
      if (used == L && strip.runs == 1) {
        const T* base = p.source + strip.run[0].offset;
        const Lanes there = strip.run[0].lanes;
        ROT180_UNROLL
        for (int i = 0; i < L; ++i) {
          const Row row = rows[k0 + i];
          v[i] = S::load(base + row.offset, p.from.inside ? there : in[row.tap]);
        }
      } else {
        for (int i = 0; i < L; ++i) {
          v[i] = typename S::V{};
          if (i >= used) continue;
          const Row row = rows[k0 + i];
          v[i] = strip.load(p.source + row.offset, p.from.inside ? S::ALL : in[row.tap]);
        }
      }
      transpose<T>(v);
      ROT180_UNROLL
      for (int i = 0; i < L; ++i) S::store(panel + (s * L + i) * 2 * L, v[i]);
    }
  }
}

// Prefetches of the cells of Y, and of S, that the chunk from position q on reads.
template <class T>
Prefetch prefetch_y(const TransposedProduct<T>& p, int64_t q, int64_t m0, int64_t m1, int64_t tiles) {
  const int64_t n = q / p.from.cells();
  if (q >= p.from.positions() || !exceeds_cache<T>(p.from.images * p.y_image)) return {};
  return make_prefetch(p.y, n * p.y_image + q % p.from.cells() + m0 * p.y_row, DEPTH<T>, m1 - m0, p.y_row, tiles);
}
template <class T>
Prefetch prefetch_s(const TransposedProduct<T>& p, int64_t q, int64_t k0, int64_t k1, int64_t tiles) {
  if (q >= p.from.positions() || !exceeds_cache<T>(p.from.images * p.from.image)) return {};
  const int64_t taps = p.from.tap_count(), c0 = k0 / taps, c1 = ceil_div(k1, taps);
  return make_prefetch(p.source, p.from.last_cell(q) + c0 * p.source_channel, DEPTH<T>, c1 - c0, p.source_channel, tiles);
}

template <class T>
void outer_task(const OuterPlan<T>& plan, int64_t task) {
  constexpr int L = Simd<T>::L;
  const TransposedProduct<T>& p = *plan.product;
  const int64_t groups = plan.column_groups * plan.row_groups, part = task / groups, in_part = task % groups;
  const int64_t columns_of = in_part / plan.row_groups, rows_of = in_part % plan.row_groups;
  const int64_t panel0 = plan.panels * columns_of / plan.column_groups;
  const int64_t panel1 = plan.panels * (columns_of + 1) / plan.column_groups;
  const int64_t all = row_blocks(p.rows);
  const int64_t b0 = all * rows_of / plan.row_groups, b1 = all * (rows_of + 1) / plan.row_groups;
  const int64_t m0 = first_row(p.rows, b0), m1 = first_row(p.rows, b1);
  const int64_t columns = p.columns(), positions = p.from.positions(), chunks = ceil_div(positions, DEPTH<T>);
  T* out = plan.parts > 1 ? plan.partial + part * p.rows * columns : p.out;
  const ptrdiff_t out_row = plan.parts > 1 ? columns : p.out_row;

  constexpr int64_t STRIPS = DEPTH<T> / L;
  const int taps = p.from.tap_count();
  Scratch memory(sizeof(T) * (size_t)((m1 - m0) * PITCH<T> + DEPTH<T> * 2 * L) + sizeof(Strip<T>) * STRIPS +
                 sizeof(Lanes) * (size_t)(STRIPS * taps) + 64);
  T* panel = memory.as<T>();
  T* left = panel + DEPTH<T> * 2 * L;
  Strip<T>* strips = reinterpret_cast<Strip<T>*>(left + (m1 - m0) * PITCH<T>);
  Lanes* reach = reinterpret_cast<Lanes*>(strips + STRIPS);

  const int64_t first = chunks * part / plan.parts, last = chunks * (part + 1) / plan.parts;
  for (int64_t chunk = first; chunk < last; ++chunk) {
    const int64_t q0 = chunk * DEPTH<T>, count = smaller(DEPTH<T>, positions - q0), used = ceil_div(count, L);
    for (int64_t s = 0; s < used; ++s)
      plan.strips->find(q0 + s * L, q0 + count, strips[s], reach + s * taps, nullptr);
    copy_rows_of_y(p, m0, m1, q0, count, left);
    const int64_t next = chunk + 1 < last ? q0 + DEPTH<T> : positions, tiles = (panel1 - panel0) * (b1 - b0);
    Prefetch prefetch[2] = {prefetch_y(p, next, m0, m1, ceil_div(tiles, 2)),
                      prefetch_s(p, next, panel0 * 2 * L, smaller(columns, panel1 * 2 * L), ceil_div(tiles, 2))};
    for (int64_t n = panel0; n < panel1; ++n) {
      const int64_t k0 = n * 2 * L;
      pack_transposed(p, plan.rows, k0, strips, used, reach, panel);
      Strip<T> to[2];
      to[0].runs = to[1].runs = 0;
      for (int half = 0; half < 2; ++half)
        if (k0 + half * L < columns) to[half].add(k0 + half * L, 0, (int)smaller<int64_t>(L, columns - k0 - half * L));
      Tile<T> tile{nullptr, out_row, to, to[0].runs && to[1].runs && to[0].full() && to[1].full(), nullptr,
                   chunk == first, chunk + 1 == last, false};
      for (int64_t b = b0; b < b1; ++b) {
        const int64_t m = first_row(p.rows, b), height = first_row(p.rows, b + 1) - m;
        tile.out = out + m * out_row;
        microkernels<T>(Layout::by_row).packed[height](count, left + (m - m0) * PITCH<T>, panel, tile, prefetch[!prefetch[0].left]);
      }
    }
  }
}

// Chooses the numbers of groups of rows and of columns by an estimate of the work per position and thread: a task
// copies its rows, transposes its columns and multiplies them. No sum depends on the choice.
template <class T>
void divide_work(OuterPlan<T>& plan) {
  constexpr double MULTIPLY = 0.25, TURN = 2;  // costs of a product and of a column, relative to copying a row
  const double rows = (double)plan.product->rows, columns = (double)plan.product->columns();
  const int64_t threads = num_threads(), blocks = row_blocks(plan.product->rows);
  const int64_t fewest = ceil_div(plan.product->rows, ROWS_AT_ONCE), most = threads > 1 ? 4 * threads : 1;
  double least = 0;
  for (int64_t r = fewest; r <= smaller(blocks, larger(fewest, most)); ++r)
    for (int64_t c = 1; c <= smaller(plan.panels, most); ++c) {
      const double task = rows * columns / (double)(r * c) * MULTIPLY + rows / (double)r + columns / (double)c * TURN;
      const double taken = task * (double)ceil_div(plan.parts * r * c, threads);
      if (least > 0 && taken >= least) continue;
      least = taken;
      plan.row_groups = r;
      plan.column_groups = c;
    }
}

}  // namespace

template <class T>
void run_outer_products(const TransposedProduct<T>& p) {
  OuterPlan<T> plan{};
  plan.product = &p;
  const int64_t columns = p.columns(), chunks = ceil_div(p.from.positions(), DEPTH<T>);
  plan.panels = ceil_div(columns, 2 * Simd<T>::L);
  plan.parts = p.rows * columns > FEW_SUMS ? 1 : larger<int64_t>(1, smaller(MOST_PARTS, chunks / 4));
  divide_work(plan);
  Scratch row_memory(sizeof(Row) * (size_t)columns);
  list_rows(p.from, p.channels, p.source_channel, row_memory.as<Row>());
  plan.rows = row_memory.as<Row>();
  const Strips<T> strips(p.from, nullptr);
  plan.strips = &strips;
  Scratch partial(plan.parts > 1 ? sizeof(T) * (size_t)(plan.parts * p.rows * columns) : 1);
  plan.partial = partial.as<T>();
  auto some = [&](int64_t task) { outer_task(plan, task); };
  parallel_for(plan.tasks(), some);
  if (plan.parts > 1) add_parts(p, plan.partial, plan.parts);
}

template void run_outer_products(const TransposedProduct<float>&);
template void run_outer_products(const TransposedProduct<double>&);

}  // namespace ROT180_ISA
}  // namespace rot180
