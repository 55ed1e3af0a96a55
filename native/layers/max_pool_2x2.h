// Max pooling with 2x2 windows at stride 2 without padding, the most common case: a vector of windows at a time, with
// their four cells in registers. The rules are those of max_pool.h: the first maximum wins a tie, and a NaN always
// wins.
#pragma once
#include "layers/elementwise.h"
#include "layers/layers.h"

namespace rot180 {
namespace ROT180_ISA {

// A vector of signed integers of the same size as T.
template <class T>
using Integers = decltype(typename Simd<T>::V{} == typename Simd<T>::V{});

inline bool is_2x2(const Geometry& g) {
  if (g.kernel[0] != 1 || g.stride[0] != 1 || g.x[0] != g.y[0] || g.padded()) return false;
  for (int a = 1; a < 3; ++a)
    if (g.kernel[a] != 2 || g.dilation[a] != 1 || (g.stride[a] != 2 && g.y[a] > 1) || 2 * g.y[a] > g.x[a]) return false;
  return true;
}

// Loads 2 * count cells from p on: the left and the right cells of `count` windows.
template <class T>
struct Pairs {
  typename Simd<T>::V left, right;

  ROT180_INLINE Pairs(const T* p, int count) {
    using S = Simd<T>;
    T cells[2][S::L];
    if (count == S::L) deinterleave_to<T>(S::load(p), S::load(p + S::L), cells[0], cells[1]);
    else if (2 * count <= S::L) deinterleave_to<T>(S::load(p, lanes(0, 2 * count)), typename S::V{}, cells[0], cells[1]);
    else deinterleave_to<T>(S::load(p), S::load(p + S::L, lanes(0, 2 * count - S::L)), cells[0], cells[1]);
    left = S::load(cells[0]);
    right = S::load(cells[1]);
  }
};

// Stores 2 * count cells from p on.
template <class T>
ROT180_INLINE void store_pairs(typename Simd<T>::V left, typename Simd<T>::V right, T* p, int count) {
  using S = Simd<T>;
  if (count == S::L) return interleave_to<T>(left, right, p);
  T cells[2 * S::L];
  interleave_to<T>(left, right, cells);
  S::store(p, S::load(cells), lanes(0, smaller(2 * count, S::L)));
  if (2 * count > S::L) S::store(p + S::L, S::load(cells + S::L), lanes(0, 2 * count - S::L));
}

// Calls f(index of the first window, its corner in x, number of windows) for each vector of windows. A chunk is one or
// more planes.
template <class T, class F>
void for_each_window_vector(const Geometry& g, const F& f) {
  const int64_t planes = g.images * g.channels * g.x[0], plane = g.x[1] * g.x[2];
  const int64_t together = ceil_div(CELLS_PER_CHUNK, plane);
  auto chunk = [&](int64_t c) {
    for (int64_t i = c * together; i < smaller(planes, (c + 1) * together); ++i)
      for (int64_t p = 0; p < g.y[1]; ++p)
        for (int64_t q = 0; q < g.y[2]; q += Simd<T>::L)
          f((i * g.y[1] + p) * g.y[2] + q, i * plane + 2 * (p * g.x[2] + q),
            (int)smaller<int64_t>(Simd<T>::L, g.y[2] - q));
  };
  parallel_for(ceil_div(planes, together), chunk);
}

// Replaces the best cell so far by v, with number `tap`, if v is larger.
template <class T>
ROT180_INLINE void take_larger(typename Simd<T>::V v, int tap, typename Simd<T>::V& best, Integers<T>& best_tap) {
  const Integers<T> better = (v > best) | ((v != v) & (best == best));
  best = better ? v : best;
  best_tap = better ? Integers<T>{} + (decltype(Integers<T>{}[0] + 0))tap : best_tap;
}

// Calls f(index of the first window, maxima, taps, number of windows) for each vector of windows.
template <class T, class F>
void for_each_maximum(const Geometry& g, const T* x, const F& f) {
  for_each_window_vector<T>(g, [=, &g](int64_t window, int64_t corner, int count) {
    const Pairs<T> upper(x + corner, count), lower(x + corner + g.x[2], count);
    typename Simd<T>::V best = upper.left;
    Integers<T> tap{};
    take_larger<T>(upper.right, 1, best, tap);
    take_larger<T>(lower.left, 2, best, tap);
    take_larger<T>(lower.right, 3, best, tap);
    f(window, best, tap, count);
  });
}

template <class T>
void maxima_2x2(const Geometry& g, const T* x, T* y) {
  for_each_maximum(g, x, [=](int64_t window, auto best, auto, int count) {
    if (count == Simd<T>::L) Simd<T>::store(y + window, best);
    else Simd<T>::store(y + window, best, lanes(0, count));
  });
}

template <class T>
void taps_2x2(const Geometry& g, const T* x, uint8_t* taps) {
  for_each_maximum(g, x, [=](int64_t window, auto, auto tap, int count) {
    decltype(Integers<T>{}[0] + 0) wide[Simd<T>::L];
    uint8_t lane[Simd<T>::L];
    __builtin_memcpy(wide, &tap, sizeof wide);
    for (int l = 0; l < Simd<T>::L; ++l) lane[l] = (uint8_t)wide[l];
    if (count == Simd<T>::L) __builtin_memcpy(taps + window, lane, sizeof lane);
    else __builtin_memcpy(taps + window, lane, (size_t)count);
  });
}

// Clears the last row and column of each plane if no window covers them.
template <class T>
void clear_uncovered(const Geometry& g, T* x) {
  const int64_t rows = 2 * g.y[1], columns = 2 * g.y[2];
  if (rows == g.x[1] && columns == g.x[2]) return;
  for (int64_t i = 0; i < g.images * g.channels * g.x[0]; ++i, x += g.x[1] * g.x[2]) {
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = columns; c < g.x[2]; ++c) x[r * g.x[2] + c] = T{};
    for (int64_t c = rows * g.x[2]; c < g.x[1] * g.x[2]; ++c) x[c] = T{};
  }
}

// Writes each y to the cell that was its window's maximum, and 0 to the other cells.
template <class T>
void scatter_2x2(const Geometry& g, const T* y, const uint8_t* taps, T* x) {
  using S = Simd<T>;
  using V = typename S::V;
  clear_uncovered(g, x);
  for_each_window_vector<T>(g, [=, &g](int64_t window, int64_t corner, int count) {
    uint8_t few[S::L] = {};
    if (count == S::L) __builtin_memcpy(few, taps + window, sizeof few);
    else __builtin_memcpy(few, taps + window, (size_t)count);
    decltype(Integers<T>{}[0] + 0) wide[S::L];
    for (int l = 0; l < S::L; ++l) wide[l] = few[l];
    Integers<T> tap;
    __builtin_memcpy(&tap, wide, sizeof tap);
    const V cells = count == S::L ? S::load(y + window) : S::load(y + window, lanes(0, count));
    auto at = [&](int number) { return tap == (decltype(wide[0] + 0))number ? cells : V{}; };
    store_pairs<T>(at(0), at(1), x + corner, count);
    store_pairs<T>(at(2), at(3), x + corner + g.x[2], count);
  });
}

}  // namespace ROT180_ISA
}  // namespace rot180
