// Max pooling in 1 to 3 dimensions: the maxima, the kernel cells ("taps") that held them, and the gradient of x.
//
// Padding is ignored, the first maximum in memory order wins a tie, and a NaN always wins. A window is computed in two
// steps: first the maximum of each column, for whole lines of x; then the maximum over the columns of each window. If
// windows do not overlap, the column maxima of adjacent lines of y are stored next to each other, so that the second
// step handles many short lines as one.
#pragma once
#include "layers/elementwise.h"
#include "layers/layers.h"
#include "memory/allocator.h"
#include "layers/max_pool_2x2.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int64_t COLUMNS = 2048;            // the largest number of column maxima between the steps
constexpr int64_t LINES_OF_CELLS = 1 << 14;  // the smallest number of cells of x per chunk

// The maxima of columns. With TAPS also, stored in the bits of a T, the number of the tap that held each maximum,
// counted as if the column were the first of its window.
template <class T, bool TAPS>
struct ColumnMaxima {
  static constexpr int64_t SIZE = COLUMNS + 2 * Simd<T>::L;
  T best[SIZE], tap[TAPS ? SIZE : 1];
};

// The kernel cells [first, last) of one axis that are inside x. The first one is x's cell `start`.
struct ValidTaps {
  int64_t first, last, start;

  ValidTaps(const Geometry& g, int axis, int64_t position) {
    const int64_t corner = position * g.stride[axis] - g.padding[axis], step = g.dilation[axis], size = g.x[axis];
    first = corner < 0 ? ceil_div(-corner, step) : 0;
    last = g.kernel[axis];
    if (corner + (last - 1) * step >= size) last = corner < size ? ceil_div(size - corner, step) : 0;
    start = corner + first * step;
  }
};

// Computes the maxima of `count` columns for the line of windows (e, p). The first column is x's column `from`.
template <class T, bool TAPS>
void column_maxima(const Geometry& g, const T* plane, int64_t e, int64_t p, int64_t from, int64_t count, T* to, T* to_tap) {
  using S = Simd<T>;
  using V = typename S::V;
  using W = Integers<T>;
  const ValidTaps i(g, 0, e), j(g, 1, p);
  const bool any = i.first < i.last && j.first < j.last;
  const int64_t low = any ? smaller(count, larger<int64_t>(0, -from)) : count;
  const int64_t high = any ? larger(low, smaller(count, g.x[2] - from)) : count;
  const W none = W{} + (decltype(W{}[0] + 0))g.taps();
  for (int64_t c = 0; c < low; ++c) to[c] = -(T)__builtin_inf();
  for (int64_t c = high; c < count; ++c) to[c] = -(T)__builtin_inf();
  if constexpr (TAPS) {
    const V fill = (V)none;
    for (int64_t c = 0; c < low; ++c) to_tap[c] = fill[0];
    for (int64_t c = high; c < count; ++c) to_tap[c] = fill[0];
  }
  if (low >= high) return;
  const T* corner = plane + (i.start * g.x[1] + j.start) * g.x[2] + from;
  const int64_t rows = (i.last - i.first) * (j.last - j.first);
  const int64_t di = g.dilation[0] * g.x[1] * g.x[2], dj = g.dilation[1] * g.x[2];
  for_each_vector<T>(low, high, [&](int64_t c, auto lanes) {
    V best = lanes.load(corner + c);
    W tap = W{} + (decltype(W{}[0] + 0))((i.first * g.kernel[1] + j.first) * g.kernel[2]);
    for (int64_t a = i.first, b = j.first, r = 1; r < rows; ++r) {
      if (++b == j.last) b = j.first, ++a;
      const V v = lanes.load(corner + c + (a - i.first) * di + (b - j.first) * dj);
      const W better = (v > best) | ((v != v) & (best == best));
      best = better ? v : best;
      if constexpr (TAPS) tap = better ? W{} + (decltype(W{}[0] + 0))((a * g.kernel[1] + b) * g.kernel[2]) : tap;
    }
    lanes.store(to + c, best);
    if constexpr (TAPS) lanes.store(to_tap + c, (V)tap);
  });
}

// Loads the cells 0, step, 2 step, ... from p on, at least `count` of them. STEP is the step if that is 1 or 2, else 0.
template <class T, int STEP>
ROT180_INLINE typename Simd<T>::V load_step(const T* p, int64_t step, int count) {
  using S = Simd<T>;
  if constexpr (STEP == 1) return S::load(p);
  T cell[2][S::L] = {};
  if constexpr (STEP == 2) deinterleave_to<T>(S::load(p), S::load(p + S::L), cell[0], cell[1]);
  if constexpr (STEP == 0)
    for (int l = 0; l < count; ++l) cell[0][l] = p[l * step];
  return S::load(cell[0]);
}

// Computes the maxima of `count` windows, or with TAPS their taps, from the maxima of the columns.
template <class T, int STEP, bool TAPS, class Tap>
void window_maxima(const Geometry& g, const ColumnMaxima<T, TAPS>& columns, int64_t count, T* y, Tap* taps) {
  using S = Simd<T>;
  using V = typename S::V;
  using W = Integers<T>;
  const int64_t step = g.stride[2];
  for (int64_t f = 0; f < count; f += S::L) {
    const int lanes_here = (int)smaller<int64_t>(S::L, count - f);
    V best = load_step<T, STEP>(columns.best + f * step, step, lanes_here);
    W tap{};
    if constexpr (TAPS) tap = (W)load_step<T, STEP>(columns.tap + f * step, step, lanes_here);
    for (int64_t k = 1; k < g.kernel[2]; ++k) {
      const int64_t at = f * step + k * g.dilation[2];
      const V v = load_step<T, STEP>(columns.best + at, step, lanes_here);
      W better = (v > best) | ((v != v) & (best == best));
      if constexpr (TAPS) {
        W number = (W)load_step<T, STEP>(columns.tap + at, step, lanes_here);
        number += (decltype(W{}[0] + 0))k;
        better |= ((v == best) | ((v != v) & (best != best))) & (number < tap);
        tap = better ? number : tap;
      }
      best = better ? v : best;
    }
    if constexpr (TAPS) {
      const auto most = (decltype(W{}[0] + 0))g.taps();  // the tap of a window that contains only padding
      tap = tap < most ? tap : W{} + most;
      decltype(W{}[0] + 0) wide[S::L];
      __builtin_memcpy(wide, &tap, sizeof wide);
      Tap lane[S::L];
      for (int l = 0; l < S::L; ++l) lane[l] = (Tap)wide[l];
      if (lanes_here == S::L) __builtin_memcpy(taps + f, lane, sizeof lane);
      else for (int l = 0; l < lanes_here; ++l) taps[f + l] = lane[l];
    } else {
      if (lanes_here == S::L) S::store(y + f, best);
      else S::store(y + f, best, lanes(0, lanes_here));
    }
  }
}

// A line of windows; advance() goes to the next line.
template <class T>
struct Line {
  const Geometry& g;
  const T* plane;
  int64_t e, p;

  Line(const Geometry& geometry, const T* x, int64_t number) : g(geometry) {
    plane = x + number / (g.y[0] * g.y[1]) * g.x_cells();
    e = number / g.y[1] % g.y[0];
    p = number % g.y[1];
  }
  void advance() {
    if (++p < g.y[1]) return;
    p = 0;
    if (++e < g.y[0]) return;
    e = 0;
    plane += g.x_cells();
  }
};

// Computes all windows: several lines of y at a time if windows do not overlap, otherwise a piece of one line.
template <class T, int STEP, bool TAPS, class Tap>
void max_windows(const Geometry& g, const T* x, T* y, Tap* taps) {
  const int64_t step = g.stride[2], width = g.y[2], extent = (g.kernel[2] - 1) * g.dilation[2] + 1;
  const int64_t per_plane = g.y[0] * g.y[1], lines = g.images * g.channels * per_plane;
  const bool flat = extent <= step && step * width <= COLUMNS;
  const int64_t together = flat ? COLUMNS / (step * width) : 1;
  const int64_t piece = flat ? width : smaller(width, (COLUMNS - extent) / step + 1);
  const int64_t per_chunk = together * ceil_div(LINES_OF_CELLS, together * step * width * g.kernel[0] * g.kernel[1]);
  auto chunk = [&](int64_t c) {
    ColumnMaxima<T, TAPS> columns{};  // initialised, because full vectors are read beyond the last column
    const int64_t end = smaller(lines, (c + 1) * per_chunk);
    Line<T> at(g, x, c * per_chunk);
    for (int64_t line = c * per_chunk; line < end; line += together)
      for (int64_t q = 0; q < width; q += piece) {
        const int64_t many = smaller(together, end - line), windows = smaller(piece, width - q);
        const int64_t length = flat ? step * width : step * (windows - 1) + extent;
        for (int64_t i = 0; i < many; ++i) {
          column_maxima<T, TAPS>(g, at.plane, at.e, at.p, q * step - g.padding[2], length, columns.best + i * length,
                        columns.tap + (TAPS ? i * length : 0));
          if (q + piece >= width) at.advance();
        }
        const int64_t to = line * width + q;
        window_maxima<T, STEP, TAPS>(g, columns, many * windows, y + (TAPS ? 0 : to), taps + (TAPS ? to : 0));
      }
  };
  parallel_for(ceil_div(lines, per_chunk), chunk);
}

template <class T, bool TAPS, class Tap>
void max_by_step(const Geometry& g, const T* x, T* y, Tap* taps) {
  if (g.stride[2] == 1) return max_windows<T, 1, TAPS>(g, x, y, taps);
  if (g.stride[2] == 2) return max_windows<T, 2, TAPS>(g, x, y, taps);
  max_windows<T, 0, TAPS>(g, x, y, taps);
}

template <class T>
void max_y(const Geometry& g, const T* x, T* y) {
  if (is_2x2(g)) return maxima_2x2(g, x, y);
  uint8_t* no_taps = nullptr;
  max_by_step<T, false>(g, x, y, no_taps);
}

template <class T>
void max_taps(const Geometry& g, const T* x, void* taps) {
  if (is_2x2(g)) return taps_2x2(g, x, static_cast<uint8_t*>(taps));
  T* no_y = nullptr;
  if (g.taps() < FEW_TAPS) max_by_step<T, true>(g, x, no_y, static_cast<uint8_t*>(taps));
  else max_by_step<T, true>(g, x, no_y, static_cast<int32_t*>(taps));
}

// True if windows do not overlap, have two adjacent columns, and a line of them fills a vector.
template <class T>
bool in_pairs(const Geometry& g) {
  for (int a = 0; a < 2; ++a)
    if ((g.kernel[a] - 1) * g.dilation[a] >= g.stride[a]) return false;
  return g.kernel[2] == 2 && g.stride[2] == 2 && g.dilation[2] == 1 && g.y[2] >= Simd<T>::L;
}

// Writes the gradient for one line of such windows: every covered cell of x gets its y, or 0. `readable` is the number
// of cells of taps up to the end of the array.
template <class T, class Tap>
void scatter_pairs(const Geometry& g, const T* y, const Tap* taps, int64_t readable, int64_t e, int64_t p, T* plane) {
  using S = Simd<T>;
  using V = typename S::V;
  using W = Integers<T>;
  const ValidTaps i(g, 0, e), j(g, 1, p);
  for (int64_t q = 0; q < g.y[2]; q += S::L) {
    const Lanes there = lanes(0, (int)smaller<int64_t>(S::L, g.y[2] - q));
    Tap few[S::L] = {};
    const Tap* from = taps + q;
    if (readable - q < S::L) from = few;
    for (int64_t l = 0; from == few && l < readable - q; ++l) few[l] = taps[q + l];
    decltype(W{}[0] + 0) wide[S::L];
    for (int l = 0; l < S::L; ++l) wide[l] = from[l];
    W tap;
    __builtin_memcpy(&tap, wide, sizeof tap);
    const V cells = S::load(y + q, there);
    const int64_t c = 2 * q - g.padding[2];
    for (int64_t a = i.first; a < i.last; ++a)
      for (int64_t b = j.first; b < j.last; ++b) {
        const auto number = (decltype(W{}[0] + 0))((a * g.kernel[1] + b) * 2);
        const V left = tap == W{} + number ? cells : V{}, right = tap == W{} + (number + 1) ? cells : V{};
        T* line = plane + ((i.start + (a - i.first) * g.dilation[0]) * g.x[1] + j.start +
                           (b - j.first) * g.dilation[1]) * g.x[2];
        if (c >= 0 && c + 2 * S::L <= g.x[2] && q + S::L <= g.y[2]) {
          interleave_to<T>(left, right, line + c);
          continue;
        }
        T pair[2 * S::L];
        interleave_to<T>(left, right, pair);
        const int64_t low = larger<int64_t>(0, -c), high = smaller(smaller<int64_t>(2 * S::L, 2 * (g.y[2] - q)), g.x[2] - c);
        for (int64_t h = 0; h < 2; ++h) {
          const int64_t first = larger(low - h * S::L, (int64_t)0), last = smaller<int64_t>(high - h * S::L, S::L);
          if (first < last) S::store(line + c + h * S::L, S::load(pair + h * S::L), lanes((int)first, (int)(last - first)));
        }
      }
  }
}

// Adds each y to the cell that was its window's maximum.
template <class T, class Tap>
void scatter_by_taps(const Geometry& g, const T* y, const Tap* taps, T* x) {
  const int64_t count = g.taps(), planes = g.images * g.channels;
  Scratch memory(sizeof(int64_t) * (size_t)count);
  int64_t* offset = memory.as<int64_t>();
  for (int64_t t = 0; t < count; ++t) {
    const int64_t k = t % g.kernel[2], j = t / g.kernel[2] % g.kernel[1], i = t / g.kernel[2] / g.kernel[1];
    offset[t] = (i * g.dilation[0] * g.x[1] + j * g.dilation[1]) * g.x[2] + k * g.dilation[2];
  }
  const bool pairs = in_pairs<T>(g);
  const int64_t together = ceil_div(LINES_OF_CELLS, g.x_cells());
  auto chunk = [&](int64_t c) {
    const int64_t first = c * together, last = smaller(planes, first + together);
    __builtin_memset(x + first * g.x_cells(), 0, sizeof(T) * (size_t)((last - first) * g.x_cells()));
    for (int64_t plane = first; plane < last; ++plane)
      for (int64_t e = 0; e < g.y[0]; ++e)
        for (int64_t p = 0; p < g.y[1]; ++p) {
          const int64_t at = plane * g.y_cells() + (e * g.y[1] + p) * g.y[2];
          const int64_t corner = plane * g.x_cells() - g.padding[2] +
              ((e * g.stride[0] - g.padding[0]) * g.x[1] + p * g.stride[1] - g.padding[1]) * g.x[2];
          if (pairs) {
            scatter_pairs(g, y + at, taps + at, planes * g.y_cells() - at, e, p, x + plane * g.x_cells());
            continue;
          }
          for (int64_t q = 0; q < g.y[2]; ++q)
            if (taps[at + q] < count) x[corner + q * g.stride[2] + offset[taps[at + q]]] += y[at + q];
        }
  };
  parallel_for(ceil_div(planes, together), chunk);
}

template <class T>
void max_x(const Geometry& g, const T* y, const void* taps, T* x) {
  if (is_2x2(g)) return scatter_2x2(g, y, static_cast<const uint8_t*>(taps), x);
  if (g.taps() < FEW_TAPS) scatter_by_taps(g, y, static_cast<const uint8_t*>(taps), x);
  else scatter_by_taps(g, y, static_cast<const int32_t*>(taps), x);
}

}  // namespace ROT180_ISA
}  // namespace rot180
