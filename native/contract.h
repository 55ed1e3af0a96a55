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

namespace rot180 {
namespace ROT180_ISA {

ROT180_INLINE int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

// Shifts and offsets of the taps along three axes, each axis with room for the longest, and the place of each tap in w.
struct TapTables {
  int64_t longest;
  Scratch memory;
  int64_t* shifts;
  ptrdiff_t* offsets;
  int32_t* cells;

  explicit TapTables(const Geometry& g)
      : longest(larger(g.kernel[0], larger(g.kernel[1], g.kernel[2]))),
        memory(3 * (size_t)longest * (sizeof(int64_t) + sizeof(ptrdiff_t)) + sizeof(int32_t) * (size_t)g.taps()),
        shifts(memory.as<int64_t>()),
        offsets(shifts + 3 * longest),
        cells(reinterpret_cast<int32_t*>(offsets + 3 * longest)) {}
};

// ---- x as a source, split by the phases of the stride ----

// x, or a copy of it in which the cells of one phase lie side by side: (images, channels, phases, ceil(size / stride)).
template <class T>
class Split {
 public:
  Split(const Geometry& g, const T* x) : memory_(g.strided() ? sizeof(T) * (size_t)cells(g) : 1) {
    phases_ = 1;
    for (int a = 0; a < 3; ++a) {
      size_[a] = ceil_div(g.x[a], g.stride[a]);
      phases_ *= g.stride[a];
    }
    plane_ = size_[0] * size_[1] * size_[2];
    source = x;
    if (!g.strided()) return;
    T* to = memory_.template as<T>();
    source = to;
    auto split_plane = [&](int64_t nc) { split(g, x + nc * g.x_cells(), to + nc * channel()); };
    in_chunks(g.images * g.channels, split_plane);
  }

  const T* source;
  ptrdiff_t channel() const { return phases_ * plane_; }

  // The taps of y's positions on x: along each axis the kernel's cell k meets stride * p + dilation * k - padding.
  Gather gather(const Geometry& g, const TapTables& t) const {
    Gather from{};
    from.images = g.images;
    from.image = g.channels * channel();
    from.inside = true;
    ptrdiff_t line = 1, phase_step = plane_;
    for (int a = 2; a >= 0; --a) {
      from.grid[a] = g.y[a];
      from.size[a] = size_[a];
      from.line[a] = line;
      int64_t* shifts = t.shifts + a * t.longest;
      ptrdiff_t* offsets = t.offsets + a * t.longest;
      from.taps[a] = {(int)g.kernel[a], shifts, offsets};
      for (int64_t k = 0; k < g.kernel[a]; ++k) {
        const int64_t from_p = g.dilation[a] * k - g.padding[a];
        const int64_t shift = floor_div(from_p, g.stride[a]), phase = from_p - shift * g.stride[a];
        shifts[k] = shift;
        offsets[k] = shift * line + phase * phase_step;
        if (shift < 0 || shift + g.y[a] > size_[a]) from.inside = false;
      }
      line *= size_[a];
      phase_step *= g.stride[a];
    }
    return from;
  }

 private:
  static int64_t cells(const Geometry& g) {
    int64_t n = g.images * g.channels;
    for (int a = 0; a < 3; ++a) n *= ceil_div(g.x[a], g.stride[a]) * g.stride[a];
    return n;
  }

  void split(const Geometry& g, const T* x, T* to) const {
    const int64_t step = g.stride[2];
    for (int64_t r0 = 0; r0 < g.stride[0]; ++r0)
      for (int64_t r1 = 0; r1 < g.stride[1]; ++r1, to += step * plane_)
        for (int64_t i = 0; i < size_[0]; ++i)
          for (int64_t j = 0; j < size_[1]; ++j) {
            const int64_t from_i = i * g.stride[0] + r0, from_j = j * g.stride[1] + r1;
            const int64_t cells = from_i < g.x[0] && from_j < g.x[1] ? g.x[2] : 0;
            split_line(x + (from_i * g.x[1] + from_j) * g.x[2], cells, step, to + (i * size_[1] + j) * size_[2]);
          }
  }

  // One line of `cells` cells into its phases, a plane apart, each filled up with zeros.
  void split_line(const T* line, int64_t cells, int64_t step, T* to) const {
    using S = Simd<T>;
    int64_t k = 0;
    if (step == 2)
      for (; k < size_[2]; k += S::L) {
        const int left = (int)smaller<int64_t>(2 * S::L, cells - 2 * k);  // may be negative
        auto even = S::load(line + 2 * k, lanes(0, smaller(S::L, left)));
        auto odd = S::load(line + 2 * k + S::L, lanes(0, left - S::L));
        part<T>(even, odd);
        const Lanes there = lanes(0, (int)smaller<int64_t>(S::L, size_[2] - k));
        S::store(to + k, even, there);
        S::store(to + plane_ + k, odd, there);
      }
    for (; k < size_[2]; ++k)
      for (int64_t r = 0; r < step; ++r) to[r * plane_ + k] = step * k + r < cells ? line[step * k + r] : T{};
  }

  Scratch memory_;
  int64_t size_[3], phases_;
  ptrdiff_t plane_;
};

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
    p.source_channel = g.y_cells();
    p.to = {g.channels * cells, {phase.size[1] * phase.size[2], phase.size[2], 1}};
    p.out_row = cells;
    if (!p.from.tap_count()) {
      for (int64_t i = 0; i < g.images * g.channels * cells; ++i) out[i] = T{};
      return;
    }
    for (int64_t i = 0; i < g.groups; ++i) {
      products[i] = p;
      products[i].weights.a = w + i * O * C * taps;
      products[i].source = y + i * O * g.y_cells();
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
