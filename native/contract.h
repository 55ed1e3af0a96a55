// The three contractions of the trilinear form (docs/decisions/0001), as products and inner products.
//
//     conv_y   A = w, S = x                                positions: cells of y
//     conv_x   A = w with its first two axes swapped, S = y   positions: cells of x, one phase of the stride at a time
//     conv_w   Y = y, S = x                                positions: cells of y, summed away
//
// A stride is taken apart into phases, so that cells that meet neighbours lie side by side: x is split before it is
// gathered, and conv_x's result is put together from its phases.
#pragma once
#include "outer.h"
#include "product.h"
#include "split.h"
#include "widened.h"

namespace rot180 {
namespace ROT180_ISA {

// ---- y ----

template <class T>
void conv_y(const Geometry& g, const T* x, const T* w, const T* bias, bool relu, T* y) {
  const int64_t taps = g.taps();
  const Split<T> split(g, x);
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

// ---- x ----

// One phase of x: the cells stride * i + r along every axis, and the taps that reach them.
struct Phase {
  int64_t r[3], size[3];
  int64_t cells() const { return size[0] * size[1] * size[2]; }
};

template <class T>
void put_together(const Geometry& g, const Phase* phases, int64_t count, const T* parts, T* x) {
  const int64_t planes = g.images * g.channels;
  auto plane = [&](int64_t nc) {
    const T* part = parts;
    for (int64_t f = 0; f < count; ++f) {
      const Phase& phase = phases[f];
      const T* from = part + nc * phase.cells();
      for (int64_t i = 0; i < phase.size[0]; ++i)
        for (int64_t j = 0; j < phase.size[1]; ++j, from += phase.size[2]) {
          T* to = x + ((nc * g.x[0] + i * g.stride[0] + phase.r[0]) * g.x[1] + j * g.stride[1] + phase.r[1]) * g.x[2] +
                  phase.r[2];
          const int64_t step = g.stride[2];
          for (int64_t k = 0; k < phase.size[2]; ++k) to[step * k] = from[k];
        }
      part += planes * phase.cells();
    }
  };
  in_chunks(planes, plane);
}

// The gather of one phase: x's cell stride * i + r meets y's cell (stride * i + r + padding - dilation * k) / stride for
// the k that divide. `cells` gets the place in w of each tap.
ROT180_INLINE Gather phase_gather(const Geometry& g, const Phase& phase, const TapTables& t) {
  Gather from{};
  from.images = g.images;
  from.image = g.outputs * g.y_cells();
  from.inside = true;
  int64_t* kept[3] = {t.shifts, t.shifts + t.longest, t.shifts + 2 * t.longest};
  ptrdiff_t line = 1;
  Scratch chosen(3 * (size_t)t.longest * sizeof(int32_t));
  int32_t* taken = chosen.as<int32_t>();
  for (int a = 2; a >= 0; --a) {
    from.grid[a] = phase.size[a];
    from.size[a] = g.y[a];
    from.line[a] = line;
    int n = 0;
    for (int64_t k = 0; k < g.kernel[a]; ++k) {
      const int64_t away = phase.r[a] + g.padding[a] - g.dilation[a] * k;
      const int64_t shift = floor_div(away, g.stride[a]);
      if (shift * g.stride[a] != away || shift <= -phase.size[a] || shift >= g.y[a]) continue;
      kept[a][n] = shift;
      t.offsets[a * t.longest + n] = shift * line;
      taken[a * t.longest + n++] = (int32_t)k;
      if (shift < 0 || shift + phase.size[a] > g.y[a]) from.inside = false;
    }
    from.taps[a] = {n, kept[a], t.offsets + a * t.longest};
    line *= g.y[a];
  }
  int32_t* cell = t.cells;
  for (int i = 0; i < from.taps[0].count; ++i)
    for (int j = 0; j < from.taps[1].count; ++j)
      for (int k = 0; k < from.taps[2].count; ++k)
        *cell++ = (int32_t)((taken[i] * g.kernel[1] + taken[t.longest + j]) * g.kernel[2] + taken[2 * t.longest + k]);
  return from;
}

// Calls each(phase, out) for every phase of x that has cells, and puts x together from what they wrote:
// (images, channels, *phase.size) at out.
template <class T, class Each>
void each_phase(const Geometry& g, T* x, Each&& each) {
  const int64_t count = g.stride[0] * g.stride[1] * g.stride[2];
  Scratch phase_memory(sizeof(Phase) * (size_t)count);
  Phase* phases = phase_memory.as<Phase>();
  int64_t used = 0;
  for (int64_t f = 0; f < count; ++f) {
    Phase phase;
    int64_t rest = f;
    for (int a = 2; a >= 0; --a) {
      phase.r[a] = rest % g.stride[a];
      rest /= g.stride[a];
      phase.size[a] = phase.r[a] < g.x[a] ? ceil_div(g.x[a] - phase.r[a], g.stride[a]) : 0;
    }
    if (phase.cells()) phases[used++] = phase;
  }
  // A single phase is x itself: the stride is 1, or so large that the others are empty.
  const bool apart = used > 1;
  Scratch parts(apart ? sizeof(T) * (size_t)(g.images * g.channels * g.x_cells()) : 1);
  T* out = apart ? parts.as<T>() : x;
  for (int64_t f = 0; f < used; ++f) {
    each(phases[f], out);
    if (apart) out += g.images * g.channels * phases[f].cells();
  }
  if (apart) put_together(g, phases, used, parts.as<T>(), x);
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
    const Widened<T> wide(p.from, g.outputs, y);
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

// ---- w ----

template <class T>
void conv_w(const Geometry& g, const T* x, const T* y, T* w) {
  const int64_t taps = g.taps();
  const Split<T> split(g, x);
  TapTables tables(g);
  Inner<T> p{};
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
    if (outer_pays(p)) run_outer(p);
    else run(p);
  }
}

}  // namespace ROT180_ISA
}  // namespace rot180
