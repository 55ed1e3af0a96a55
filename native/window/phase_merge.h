// The phases of x and how to merge them into x. A phase is all cells whose index has the same remainder by the stride.
#pragma once
#include "window/phase_split.h"

namespace rot180 {
namespace ROT180_ISA {

// One phase of x: the cells stride * i + r along every axis.
struct Phase {
  int64_t r[3], size[3];
  bool zero;  // true if no tap of the kernel reaches the phase: its cells are zero
  int64_t cells() const { return size[0] * size[1] * size[2]; }
};

// Writes lines of x of at most two vectors, `apart` cells from one another. Cells 0, 2, 4, ... come from `even`, cells
// 1, 3, 5, ... from `odd`; null stands for zeros.
template <class T>
ROT180_INLINE void merge_short_lines(const T* even, const T* odd, int64_t lines, int64_t cells, ptrdiff_t apart, T* to) {
  using S = Simd<T>;
  const int64_t evens = (cells + 1) / 2, odds = cells / 2;
  const Lanes of_even = lanes(0, (int)evens), of_odd = lanes(0, (int)odds);
  const Lanes first = lanes(0, (int)smaller<int64_t>(S::L, cells)), second = lanes(0, (int)(cells - S::L));
  for (int64_t j = 0; j < lines; ++j, to += apart) {
    auto a = even ? S::load(even + j * evens, of_even) : typename S::V{};
    auto b = odd ? S::load(odd + j * odds, of_odd) : typename S::V{};
    interleave<T>(a, b);
    S::store(to, a, first);
    S::store(to + S::L, b, second);
  }
}

// Writes one line of any length.
template <class T>
ROT180_INLINE void merge_line(const T* even, const T* odd, int64_t cells, T* to) {
  using S = Simd<T>;
  constexpr int L = S::L;
  for (int64_t k = 0; 2 * k < cells; k += L) {
    const int left = (int)smaller<int64_t>(2 * L, cells - 2 * k);
    auto a = even ? S::load(even + k, lanes(0, (left + 1) / 2)) : typename S::V{};
    auto b = odd ? S::load(odd + k, lanes(0, left / 2)) : typename S::V{};
    interleave<T>(a, b);
    S::store(to + 2 * k, a, lanes(0, smaller(L, left)));
    S::store(to + 2 * k + L, b, lanes(0, left - L));
  }
}

// A phase and the array of its results, (images, channels, *phase.size).
template <class T>
struct PhaseResults {
  Phase phase;
  const T* results;  // null for zeros
};

template <class T>
void merge_phases(const Geometry& g, const PhaseResults<T>* parts, int64_t count, T* x) {
  auto plane = [&](int64_t nc) {
    for (int64_t f = 0; f < count; ++f) {
      const Phase& phase = parts[f].phase;
      const T* from = parts[f].results ? parts[f].results + nc * phase.cells() : nullptr;
      const bool pair = g.stride[2] == 2 && phase.r[2] == 0 && g.x[2] > 1;  // the next part has the odd cells
      const T* odd = pair && parts[f + 1].results ? parts[f + 1].results + nc * parts[f + 1].phase.cells() : nullptr;
      const int64_t lines = phase.size[1], odd_cells = pair ? parts[f + 1].phase.size[2] : 0;
      for (int64_t i = 0; i < phase.size[0]; ++i) {
        T* first = x + ((nc * g.x[0] + i * g.stride[0] + phase.r[0]) * g.x[1] + phase.r[1]) * g.x[2] + phase.r[2];
        if (pair && g.x[2] <= 2 * Simd<T>::L) {
          merge_short_lines(from, odd, lines, g.x[2], g.stride[1] * g.x[2], first);
          if (from) from += lines * phase.size[2];
          if (odd) odd += lines * odd_cells;
          continue;
        }
        for (int64_t j = 0; j < lines; ++j) {
          T* to = first + j * g.stride[1] * g.x[2];
          if (pair) merge_line(from, odd, g.x[2], to);
          else
            for (int64_t k = 0; k < phase.size[2]; ++k) to[g.stride[2] * k] = from ? from[k] : T{};
          if (from) from += phase.size[2];
          if (odd) odd += odd_cells;
        }
      }
      f += pair;
    }
  };
  parallel_for(g.images * g.channels, plane);
}

// The gather of one phase from y: x's cell stride * i + r reads y's cell (stride * i + r + padding - dilation * k) /
// stride, for every k where the division is exact. `t.cells` gets the index in w of each such tap.
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

// True if a tap of the kernel reaches phase r of one axis.
ROT180_INLINE bool has_taps(const Geometry& g, int axis, int64_t r) {
  for (int64_t k = 0; k < g.kernel[axis]; ++k)
    if ((r + g.padding[axis] - g.dilation[axis] * k) % g.stride[axis] == 0) return true;
  return false;
}

// Calls each(phase, out) for every phase of x that a tap reaches; `each` writes the results, an array of shape (images,
// channels, *phase.size), to out. Then merges the results into x.
template <class T, class Each>
void each_phase(const Geometry& g, T* x, Each&& each) {
  int64_t steps[3];  // numbers of phases, without the empty ones of a stride that exceeds x
  for (int a = 0; a < 3; ++a) steps[a] = smaller(g.stride[a], g.x[a]);
  const int64_t count = steps[0] * steps[1] * steps[2], planes = g.images * g.channels;
  Scratch part_memory(sizeof(PhaseResults<T>) * (size_t)count);
  PhaseResults<T>* parts = part_memory.as<PhaseResults<T>>();
  int64_t cells = 0;
  for (int64_t f = 0; f < count; ++f) {
    Phase phase;
    phase.zero = false;
    int64_t rest = f;
    for (int a = 2; a >= 0; --a) {
      phase.r[a] = rest % steps[a];
      rest /= steps[a];
      phase.size[a] = ceil_div(g.x[a] - phase.r[a], g.stride[a]);
      phase.zero = phase.zero || !has_taps(g, a, phase.r[a]);
    }
    parts[f] = {phase, nullptr};
    if (!phase.zero) cells += phase.cells();
  }
  // If there is only one phase, it is x itself: the stride is 1, or so large that all other phases are empty.
  const bool apart = count > 1 || parts[0].phase.zero;
  Scratch memory(apart ? sizeof(T) * (size_t)(planes * cells) + 1 : 1);
  T* out = apart ? memory.as<T>() : x;
  for (int64_t f = 0; f < count; ++f) {
    if (parts[f].phase.zero) continue;
    each(parts[f].phase, out);
    parts[f].results = out;
    out += planes * parts[f].phase.cells();
  }
  if (apart) merge_phases(g, parts, count, x);
}

}  // namespace ROT180_ISA
}  // namespace rot180
