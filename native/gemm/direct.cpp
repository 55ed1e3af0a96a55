#include "gemm/direct.h"

#include "gemm/matrix_product.h"
#include "gemm/outer_products.h"
#include "window/phase_merge.h"
#include "window/row_padding.h"

namespace rot180 {
namespace ROT180_ISA {

template <class T>
void conv_y(const Geometry& g, const T* x, const T* w, const T* bias, bool relu, T* y) {
  const int64_t taps = g.taps();
  const PhaseSplit<T> split(g, x);
  TapTables tables(g);
  for (int64_t t = 0; t < taps; ++t) tables.cells[t] = (int32_t)t;
  Product<T> p{};
  p.rows = g.group_outputs();
  p.channels = g.group_channels();
  p.weights = {w, p.channels * taps, taps, tables.cells};
  p.from = split.gather(g, tables);
  p.source_channel = split.channel();
  p.to = {g.outputs * g.y_cells(), {g.y[1] * g.y[2], g.y[2], 1}};
  p.out_row = g.y_cells();
  p.relu = relu;
  Scratch many(sizeof(Product<T>) * (size_t)g.groups);
  Product<T>* products = many.as<Product<T>>();
  for (int64_t i = 0; i < g.groups; ++i) {
    products[i] = p;
    products[i].weights.a = w + i * p.rows * p.channels * taps;
    products[i].source = split.source + i * p.channels * split.channel();
    products[i].out = y + i * p.rows * p.out_row;
    products[i].bias = bias ? bias + i * p.rows : nullptr;
  }
  run(products, (int)g.groups);
}

template <class T>
void conv_x(const Geometry& g, const T* y, const T* w, T* x) {
  const int64_t taps = g.taps(), C = g.group_channels(), O = g.group_outputs();
  Scratch many(sizeof(Product<T>) * (size_t)g.groups);
  Product<T>* products = many.as<Product<T>>();
  each_phase(g, x, [&](const Phase& phase, T* out) {
    const int64_t cells = phase.cells();
    TapTables tables(g);
    Product<T> p{};
    p.rows = C;
    p.channels = O;
    p.from = phase_gather(g, phase, tables);
    p.weights = {w, taps, C * taps, tables.cells};
    p.to = {g.channels * cells, {phase.size[1] * phase.size[2], phase.size[2], 1}};
    p.out_row = cells;
    if (!p.from.tap_count()) {
      for (int64_t i = 0; i < g.images * g.channels * cells; ++i) out[i] = T{};
      return;
    }
    const RowPadded<T> wide(p.from, g.outputs, y);
    const T* source = wide.used ? wide.source(p.from) : y;
    p.source_channel = wide.used ? wide.channel : g.y_cells();
    if (wide.used) p.from = wide.gather(p.from, tables.offsets + tables.longest, g.outputs);
    for (int64_t i = 0; i < g.groups; ++i) {
      products[i] = p;
      products[i].weights.a = w + i * O * C * taps;
      products[i].source = source + i * O * p.source_channel;
      products[i].out = out + i * C * cells;
    }
    run(products, (int)g.groups);
  });
}

template <class T>
void conv_w(const Geometry& g, const T* x, const T* y, T* w) {
  const int64_t taps = g.taps();
  const PhaseSplit<T> split(g, x);
  TapTables tables(g);
  TransposedProduct<T> p{};
  p.rows = g.group_outputs();
  p.channels = g.group_channels();
  p.y_image = g.outputs * g.y_cells();
  p.y_row = g.y_cells();
  p.from = split.gather(g, tables);
  p.source_channel = split.channel();
  p.out_row = p.channels * taps;
  for (int64_t i = 0; i < g.groups; ++i) {
    p.y = y + i * p.rows * p.y_row;
    p.source = split.source + i * p.channels * split.channel();
    p.out = w + i * p.rows * p.out_row;
    if (outer_products_pay(p)) run_outer_products(p);
    else run(p);
  }
}

template void conv_y(const Geometry&, const float*, const float*, const float*, bool, float*);
template void conv_y(const Geometry&, const double*, const double*, const double*, bool, double*);
template void conv_x(const Geometry&, const float*, const float*, float*);
template void conv_x(const Geometry&, const double*, const double*, double*);
template void conv_w(const Geometry&, const float*, const float*, float*);
template void conv_w(const Geometry&, const double*, const double*, double*);

}  // namespace ROT180_ISA
}  // namespace rot180
