// Convolutions with one channel of x per group. There is no sum over channels, so no matrix product is large enough to
// pay for packing. Each plane is processed separately while it is in the L1 cache (general_kernel.h, small_kernel.h),
// with several planes per chunk.
//
// A stride along the lines is removed by splitting into phases, plane by plane. The lines of x are split in registers
// for small kernels at stride 2, otherwise into a copy of one plane. The phases of a gradient of x are stored
// separately and then interleaved; stride2_conv_x.h writes them interleaved. A stride across the lines needs no copy,
// because each line is located separately.
#pragma once
#include "depthwise/depthwise.h"
#include "depthwise/small_kernel.h"
#include "depthwise/stride2_conv_x.h"
#include "gemm/direct.h"
#include "window/phase_merge.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int64_t CHUNK = 1 << 14;  // approximate number of cells per chunk: one plane of 7x7 is too little for a thread

// Calls run(first, end) for runs of at most `most` planes, each with `cells` cells.
template <class F>
void for_each_run(int64_t planes, int64_t cells, F&& run, int64_t most = CHUNK) {
  const int64_t step = larger<int64_t>(1, smaller(most, CHUNK / larger<int64_t>(1, cells)));
  auto chunk = [&](int64_t i) { run(i * step, smaller(planes, (i + 1) * step)); };
  parallel_for(ceil_div(planes, step), chunk);
}

// True for a two-dimensional kernel of side x side taps at stride 2.
ROT180_INLINE bool is_2d_stride2(const Geometry& g, int64_t side) {
  bool fits = g.x[0] == 1 && g.y[0] == 1 && g.kernel[0] == 1 && g.padding[0] == 0;
  for (int a = 1; a < 3; ++a) fits = fits && g.kernel[a] == side && g.stride[a] == 2 && g.dilation[a] == 1;
  return fits;
}

// ---- x as y sees it ----

// The lines of x. If there is a stride along them that is not handled in pairs: the lines of a copy of one plane, in
// which the cells of each phase of a line are adjacent.
template <class T>
class SplitLines {
 public:
  Lines lines;

  // `in_pairs`: small_kernel.h handles the stride.
  SplitLines(const Geometry& g, const TapTables& t, bool in_pairs) : g_(g) {
    const int64_t step = g.stride[2];
    split_ = step > 1 && !in_pairs;
    phase_ = ceil_div(g.x[2], step);
    if (step == 2) phase_ = ceil_div(phase_, Simd<T>::L) * Simd<T>::L;  // for full vectors
    lines = {{}, {g.stride[0], g.stride[1], in_pairs ? 2 : 1}};
    Gather& from = lines.from;
    from.line[2] = 1;
    from.line[1] = split_ ? step * phase_ : g.x[2];
    from.line[0] = g.x[1] * from.line[1];
    for (int a = 0; a < 3; ++a) {
      from.grid[a] = g.y[a];
      from.size[a] = a == 2 && split_ ? ceil_div(g.x[2], step) : g.x[a];
      int64_t* shifts = t.shifts + a * t.longest;
      ptrdiff_t* offsets = t.offsets + a * t.longest;
      from.taps[a] = {(int)g.kernel[a], shifts, offsets};
      for (int64_t k = 0; k < g.kernel[a]; ++k) {
        const int64_t cell = g.dilation[a] * k - g.padding[a];  // that position 0 reads
        shifts[k] = a == 2 && split_ ? floor_div(cell, step) : cell;
        offsets[k] = a == 2 && split_ ? shifts[k] + (cell - shifts[k] * step) * phase_ : cell * from.line[a];
      }
    }
  }

  // The number of cells of the copy.
  int64_t copied() const { return split_ ? g_.x[0] * lines.from.line[0] : 0; }

  // The plane that `lines` refers to: the plane itself or its copy.
  const T* split(const T* plane, T* copy) const {
    if (!split_) return plane;
    T* to = copy;
    for (int64_t i = 0; i < g_.x[0] * g_.x[1]; ++i, plane += g_.x[2], to += lines.from.line[1]) split_line(plane, to);
    return copy;
  }

 private:
  // Pads each phase with zeros.
  void split_line(const T* line, T* to) const {
    using S = Simd<T>;
    const int64_t cells = g_.x[2], step = g_.stride[2];
    if (step == 2) {
      int64_t k = 0;
      for (; 2 * (k + S::L) <= cells; k += S::L)
        deinterleave_to<T>(S::load(line + 2 * k), S::load(line + 2 * k + S::L), to + k, to + phase_ + k);
      if (const int rest = (int)(cells - 2 * k); rest > 0)
        deinterleave_to<T>(S::load(line + 2 * k, lanes(0, smaller(rest, S::L))),
                        S::load(line + 2 * k + S::L, lanes(0, rest - S::L)), to + k, to + phase_ + k);
      return;
    }
    for (int64_t k = 0; k < phase_; ++k)
      for (int64_t r = 0; r < step; ++r) to[r * phase_ + k] = step * k + r < cells ? line[step * k + r] : T{};
  }

  const Geometry& g_;
  bool split_;
  int64_t phase_;  // cells of one phase of a line
};

// ---- y ----

template <class T>
void depthwise_y(const Geometry& g, const T* x, const T* w, const T* bias, bool relu, T* y) {
  TapTables tables(g);
  const SplitLines<T> split(g, tables, is_2d_stride2(g, 3) || is_2d_stride2(g, 5));
  const Columns<T> columns(split.lines);
  const PlaneOfResults<T> results = results_for<T>(split.lines);
  const int64_t taps = g.taps(), per_group = g.group_outputs();
  for_each_run(g.images * g.channels, g.x_cells() + g.y_cells() * per_group, [&](int64_t first, int64_t end) {
    Scratch copy(sizeof(T) * (size_t)split.copied() + 1);
    for (int64_t nc = first; nc < end; ++nc) {
      const T* plane = split.split(x + nc * g.x_cells(), copy.as<T>());
      for (int64_t no = nc * per_group; no < (nc + 1) * per_group; ++no) {
        const int64_t o = no % g.outputs;
        results(split.lines, columns, plane, w + o * taps, {bias ? bias[o] : T{}, false, relu}, y + no * g.y_cells());
      }
    }
  });
}

// ---- x ----

// One phase of x and how it is computed from a plane of y: an element of a linked list on the stack.
template <class T>
struct PhasePass {
  const PhasePass* next;
  Phase phase;
  ptrdiff_t place;  // offset of its plane among the planes of all phases
  TapTables tables;
  Lines lines;
  Columns<T> columns;
  PlaneOfResults<T> results;

  PhasePass(const Geometry& g, const Phase& p, const PhasePass* n)
      : next(n),
        phase(p),
        place(n ? n->place + n->phase.cells() : 0),
        tables(g),
        lines{phase_gather(g, p, tables), {1, 1, 1}},
        columns(lines),
        results(results_for<T>(lines)) {}
};

// Calls run(passes) with the passes of the phases f, f + 1, ... that have cells, followed by `rest`.
template <class T, class Run>
void with_phases(const Geometry& g, int64_t f, const PhasePass<T>* rest, Run& run) {
  Phase phase;
  for (; f < g.stride[0] * g.stride[1] * g.stride[2]; ++f) {
    int64_t part = f;
    for (int a = 2; a >= 0; --a) {
      phase.r[a] = part % g.stride[a];
      part /= g.stride[a];
      phase.size[a] = phase.r[a] < g.x[a] ? ceil_div(g.x[a] - phase.r[a], g.stride[a]) : 0;
    }
    if (!phase.cells()) continue;
    const PhasePass<T> pass(g, phase, rest);
    return with_phases<T>(g, f + 1, &pass, run);
  }
  run(rest);
}

// The largest number of phases on the stack. With more phases, each has few taps, and conv_x is as fast.
constexpr int64_t MOST_PHASES = 64;

ROT180_INLINE bool few_phases(const Geometry& g) {
  int64_t count = 1;
  for (int a = 0; a < 3; ++a) count *= smaller(g.stride[a], MOST_PHASES + 1);
  return count <= MOST_PHASES;
}

// Writes even[0], odd[0], even[1], ... to a line of `cells` cells. Reads beyond the ends of even and odd.
template <class T>
void interleave_line(const T* even, const T* odd, int64_t cells, T* to) {
  using S = Simd<T>;
  int64_t k = 0;
  for (; 2 * (k + S::L) <= cells; k += S::L) interleave_to<T>(S::load(even + k), S::load(odd + k), to + 2 * k);
  const int rest = (int)(cells - 2 * k);
  if (!rest) return;
  T tail[2 * S::L];
  interleave_to<T>(S::load(even + k), S::load(odd + k), tail);
  S::store(to + 2 * k, S::load(tail), lanes(0, smaller(rest, S::L)));
  S::store(to + 2 * k + S::L, S::load(tail + S::L), lanes(0, rest - S::L));
}

// Merges the phases of one plane, each at its place in `parts`, into x.
template <class T>
void merge(const Geometry& g, const PhasePass<T>* passes, const T* parts, T* x) {
  for (const PhasePass<T>* pass = passes; pass; pass = pass->next) {
    const Phase& phase = pass->phase;
    // At stride 2 the previous phase has the even cells of the same lines.
    const bool pair = g.stride[2] == 2 && phase.r[2] == 1;
    const T* from = parts + pass->place;
    const T* before = pair ? parts + pass->next->place : nullptr;
    for (int64_t i = 0; i < phase.size[0]; ++i)
      for (int64_t j = 0; j < phase.size[1]; ++j, from += phase.size[2]) {
        T* line = x + ((i * g.stride[0] + phase.r[0]) * g.x[1] + j * g.stride[1] + phase.r[1]) * g.x[2];
        if (pair) {
          interleave_line(before, from, g.x[2], line);
          before += pass->next->phase.size[2];
        } else {
          for (int64_t k = 0; k < phase.size[2]; ++k) line[phase.r[2] + k * g.stride[2]] = from[k];
        }
      }
    if (pair) pass = pass->next;
  }
}

template <class T>
void stride2_conv_x(const Geometry& g, const T* y, const T* w, T* x) {
  const Stride2ConvX<T> conv(g);
  for_each_run(g.images * g.channels, g.x_cells() + g.y_cells(), [&](int64_t first, int64_t end) {
    for (int64_t nc = first; nc < end; ++nc)
      conv.plane(y + nc * g.y_cells(), w + nc % g.channels * 9, x + nc * g.x_cells());
  });
}

template <class T>
void depthwise_x(const Geometry& g, const T* y, const T* w, T* x) {
  if (g.group_outputs() == 1 && is_2d_stride2(g, 3)) return stride2_conv_x(g, y, w, x);
  if (!few_phases(g)) return conv_x(g, y, w, x);
  const int64_t taps = g.taps(), per_group = g.group_outputs(), planes = g.images * g.channels;
  auto run = [&](const PhasePass<T>* passes) {
    const bool apart = passes->next;
    for_each_run(planes, g.x_cells() + g.y_cells() * per_group, [&](int64_t first, int64_t end) {
      Scratch parts(sizeof(T) * (size_t)(apart ? g.x_cells() + 2 * Simd<T>::L : 1));
      Scratch chosen(sizeof(T) * (size_t)(taps + 1));
      for (int64_t nc = first; nc < end; ++nc) {
        T* plane = x + nc * g.x_cells();
        for (const PhasePass<T>* pass = passes; pass; pass = pass->next)
          for (int64_t i = 0; i < per_group; ++i) {
            const int64_t no = nc * per_group + i;
            const T* weights = w + no % g.outputs * taps;
            for (int t = 0; t < pass->lines.from.tap_count(); ++t) chosen.as<T>()[t] = weights[pass->tables.cells[t]];
            pass->results(pass->lines, pass->columns, y + no * g.y_cells(), chosen.as<T>(), {T{}, i > 0, false},
                          apart ? parts.as<T>() + pass->place : plane);
          }
        if (apart) merge(g, passes, parts.as<T>(), plane);
      }
    });
  };
  with_phases<T>(g, 0, nullptr, run);
}

// ---- w's gradient ----

// The sums of the lanes of each of `count` vectors.
template <class T>
void sum_lanes(const typename Simd<T>::V* vectors, int64_t count, T* to) {
  using S = Simd<T>;
  for (int64_t i = 0; i < count; i += S::L) {
    typename S::V group[S::L];
    for (int l = 0; l < S::L; ++l) group[l] = i + l < count ? vectors[i + l] : typename S::V{};
    T found[S::L];
    lane_sums<T, S::L>(group, found);
    S::store(to + i, S::load(found), lanes(0, (int)smaller<int64_t>(S::L, count - i)));
  }
}

template <class T>
void depthwise_w(const Geometry& g, const T* x, const T* y, T* w) {
  using V = typename Simd<T>::V;
  TapTables tables(g);
  const SplitLines<T> split(g, tables, is_2d_stride2(g, 3));
  const Columns<T> columns(split.lines);
  const PlaneOfWeights<T> add = weights_for<T>(split.lines);
  const int64_t taps = g.taps(), per_group = g.group_outputs(), gradients = per_group * taps;
  for_each_run(g.channels, g.x_cells() + g.y_cells() * per_group, [&](int64_t first, int64_t end) {
    Scratch copy(sizeof(T) * (size_t)split.copied() + 1), memory(sizeof(V) * (size_t)((end - first) * gradients));
    V* const all = memory.as<V>();
    for (int64_t i = 0; i < (end - first) * gradients; ++i) all[i] = V{};
    for (int64_t n = 0; n < g.images; ++n) {
      V* sums = all;
      for (int64_t c = first; c < end; ++c) {
        const T* plane = split.split(x + (n * g.channels + c) * g.x_cells(), copy.as<T>());
        for (int64_t o = c * per_group; o < (c + 1) * per_group; ++o, sums += taps)
          add(split.lines, columns, plane, y + (n * g.outputs + o) * g.y_cells(), sums);
      }
    }
    sum_lanes(all, (end - first) * gradients, w + first * gradients);
  }, 32);
}

}  // namespace ROT180_ISA
}  // namespace rot180
