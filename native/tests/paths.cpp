// The code paths that a geometry takes, by the conditions of the kernels. Compiled once per instruction set.
#include "paths.h"

#include "dispatch/algorithms.h"
#include "gemm/matrix_product.h"
#include "gemm/outer_products.h"
#include "window/phase_merge.h"
#include "window/row_padding.h"

namespace rot180 {
namespace ROT180_ISA {
namespace {

class PathSet {
 public:
  void add(Path path, bool taken) { paths_ |= (Paths)taken << path; }
  Paths paths() const { return paths_; }

 private:
  Paths paths_ = 0;
};

template <class T>
void of_product(const Geometry& g, const Gather& from, PathSet& found) {
  Product<T> p{};
  p.rows = g.group_outputs();
  p.channels = g.group_channels();
  p.from = from;
  Plan<T> plan{p, PackedA<T>(p.weights, p.rows, p.channels, from.tap_count()), nullptr, 0, 0, 0};
  cut(plan, g.groups);
  found.add(many_blocks_of_rows, row_blocks(p.rows) / plan.row_parts > FEW_BLOCKS);
  found.add(many_weights, ceil_div(ceil_div(from.positions(), 2 * Simd<T>::L), plan.blocks) > PAIRS);
  found.add(fetched_ahead, plan.blocks > plan.spans && exceeds_cache<T>(from.images * from.image));
}

template <class T>
void of_weights(const Geometry& g, const Gather& from, PathSet& found) {
  TransposedProduct<T> p{};
  p.rows = g.group_outputs();
  p.channels = g.group_channels();
  p.from = from;
  if (!outer_products_pay(p)) return;
  found.add(outer_products, true);
  found.add(outer_products_in_parts, p.rows * p.columns() <= FEW_SUMS && ceil_div(from.positions(), DEPTH<T>) >= 8);
  found.add(outer_products_of_many_rows, p.rows > ROWS_AT_ONCE);
}

template <class T>
Paths paths(const Geometry& g, const T* x, const T* y) {
  constexpr bool SINGLE = sizeof(T) == 4;
  PathSet found;
  const PhaseSplit<T> split(g, x);
  TapTables tables(g), back(g);
  const Gather from = split.gather(g, tables);
  const Scatter to = {g.outputs * g.y_cells(), {g.y[1] * g.y[2], g.y[2], 1}};
  found.add(repeated_strips, Strips<T>(from, &to).kept());
  const bool strided_by_tiles = fits(Algorithm::winograd4, Kernel::y, g, SINGLE);
  found.add(four_phases, g.stride[2] == 4 || strided_by_tiles);
  if (!g.strided()) {
    const Gather of_y = phase_gather(g, {{0, 0, 0}, {g.x[0], g.x[1], g.x[2]}, false}, back);
    found.add(widened_lines, of_y.tap_count() && RowPadded<T>(of_y, g.outputs, y).used);
  }
  if (choose(Kernel::w, g, SINGLE, false) == Algorithm::winograd) {
    found.add(winograd_of_w, true);
    found.add(winograd_of_w_in_panels, g.channels > 2 * Simd<T>::L);
  }
  if (fits(Algorithm::winograd, Kernel::y, g, SINGLE))
    found.add(winograd_fetched_ahead, row_blocks(g.outputs) > 1 && exceeds_cache<T>(16 * g.outputs * g.channels));
  if (choose(Kernel::y, g, SINGLE, false) == Algorithm::direct) of_product<T>(g, from, found);
  if (choose(Kernel::w, g, SINGLE, false) == Algorithm::direct) of_weights<T>(g, from, found);
  return found.paths();
}

constexpr Paths OF_WINOGRAD = 1u << winograd_of_w | 1u << winograd_of_w_in_panels | 1u << winograd_fetched_ahead;

constexpr Paths there(bool single) { return ((1u << PATHS) - 1) & ~(single ? 0 : OF_WINOGRAD); }

}  // namespace

constexpr IsaPaths ISA_PATHS{paths<float>, paths<double>, there(true), there(false)};

}  // namespace ROT180_ISA
}  // namespace rot180
