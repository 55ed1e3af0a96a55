// Windows of 2x2 cells at stride 2 without padding, which most networks pool with: a vector of windows at a time, their
// four cells in registers. Same rules as pool.h: the first maximum wins a tie, a NaN over everything.
#pragma once
#include "layers/elementwise.h"
#include "layers/layers.h"

namespace rot180 {
namespace ROT180_ISA {

// Signed integers as wide as T, in vectors.
template <class T>
using Wholes = decltype(typename Simd<T>::V{} == typename Simd<T>::V{});

inline bool in_squares(const Geometry& g) {
  if (g.kernel[0] != 1 || g.stride[0] != 1 || g.x[0] != g.y[0] || g.padded()) return false;
  for (int a = 1; a < 3; ++a)
    if (g.kernel[a] != 2 || g.dilation[a] != 1 || (g.stride[a] != 2 && g.y[a] > 1) || 2 * g.y[a] > g.x[a]) return false;
  return true;
}

// 2 * count cells from p on, the left ones of `count` windows and the right ones.
template <class T>
struct Pairs {
  typename Simd<T>::V left, right;

  ROT180_INLINE Pairs(const T* p, int count) {
    using S = Simd<T>;
    T cells[2][S::L];
    if (count == S::L) deinterleave<T>(S::load(p), S::load(p + S::L), cells[0], cells[1]);
    else if (2 * count <= S::L) deinterleave<T>(S::load(p, lanes(0, 2 * count)), typename S::V{}, cells[0], cells[1]);
    else deinterleave<T>(S::load(p), S::load(p + S::L, lanes(0, 2 * count - S::L)), cells[0], cells[1]);
    left = S::load(cells[0]);
    right = S::load(cells[1]);
  }
};

// Writes them back: 2 * count cells from p on.
template <class T>
ROT180_INLINE void store_pairs(typename Simd<T>::V left, typename Simd<T>::V right, T* p, int count) {
  using S = Simd<T>;
  if (count == S::L) return interleave<T>(left, right, p);
  T cells[2 * S::L];
  interleave<T>(left, right, cells);
  S::store(p, S::load(cells), lanes(0, smaller(2 * count, S::L)));
  if (2 * count > S::L) S::store(p + S::L, S::load(cells + S::L), lanes(0, 2 * count - S::L));
}

// f(number of the first window, its corner in x, how many windows) for vectors of windows, in chunks of whole planes.
template <class T, class F>
void each_squares(const Geometry& g, const F& f) {
  const int64_t planes = g.images * g.channels * g.x[0], plane = g.x[1] * g.x[2];
  const int64_t together = ceil_div(CELLS_PER_CHUNK, plane);
  auto chunk = [&](int64_t c) {
    for (int64_t i = c * together; i < smaller(planes, (c + 1) * together); ++i)
      for (int64_t p = 0; p < g.y[1]; ++p)
        for (int64_t q = 0; q < g.y[2]; q += Simd<T>::L)
          f((i * g.y[1] + p) * g.y[2] + q, i * plane + 2 * (p * g.x[2] + q),
            (int)smaller<int64_t>(Simd<T>::L, g.y[2] - q));
  };
  in_chunks(ceil_div(planes, together), chunk);
}

// Takes the cell v with number `tap` if it is larger than the best so far.
template <class T>
ROT180_INLINE void take_larger(typename Simd<T>::V v, int tap, typename Simd<T>::V& best, Wholes<T>& best_tap) {
  const Wholes<T> better = (v > best) | ((v != v) & (best == best));
  best = better ? v : best;
  best_tap = better ? Wholes<T>{} + (decltype(Wholes<T>{}[0] + 0))tap : best_tap;
}

// f(number of the first window, maxima, taps, how many windows)
template <class T, class F>
void each_maximum(const Geometry& g, const T* x, const F& f) {
  each_squares<T>(g, [=, &g](int64_t window, int64_t corner, int count) {
    const Pairs<T> upper(x + corner, count), lower(x + corner + g.x[2], count);
    typename Simd<T>::V best = upper.left;
    Wholes<T> tap{};
    take_larger<T>(upper.right, 1, best, tap);
    take_larger<T>(lower.left, 2, best, tap);
    take_larger<T>(lower.right, 3, best, tap);
    f(window, best, tap, count);
  });
}

template <class T>
void square_maxima(const Geometry& g, const T* x, T* y) {
  each_maximum(g, x, [=](int64_t window, auto best, auto, int count) {
    if (count == Simd<T>::L) Simd<T>::store(y + window, best);
    else Simd<T>::store(y + window, best, lanes(0, count));
  });
}

template <class T>
void square_taps(const Geometry& g, const T* x, uint8_t* taps) {
  each_maximum(g, x, [=](int64_t window, auto, auto tap, int count) {
    decltype(Wholes<T>{}[0] + 0) wide[Simd<T>::L];
    uint8_t lane[Simd<T>::L];
    __builtin_memcpy(wide, &tap, sizeof wide);
    for (int l = 0; l < Simd<T>::L; ++l) lane[l] = (uint8_t)wide[l];
    if (count == Simd<T>::L) __builtin_memcpy(taps + window, lane, sizeof lane);
    else __builtin_memcpy(taps + window, lane, (size_t)count);
  });
}

// Zero in the last row and column of each plane, where no window reaches them.
template <class T>
void clear_rest(const Geometry& g, T* x) {
  const int64_t rows = 2 * g.y[1], columns = 2 * g.y[2];
  if (rows == g.x[1] && columns == g.x[2]) return;
  for (int64_t i = 0; i < g.images * g.channels * g.x[0]; ++i, x += g.x[1] * g.x[2]) {
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = columns; c < g.x[2]; ++c) x[r * g.x[2] + c] = T{};
    for (int64_t c = rows * g.x[2]; c < g.x[1] * g.x[2]; ++c) x[c] = T{};
  }
}

// Each y to the cell that its window took, 0 to the others.
template <class T>
void spread_squares(const Geometry& g, const T* y, const uint8_t* taps, T* x) {
  using S = Simd<T>;
  using V = typename S::V;
  clear_rest(g, x);
  each_squares<T>(g, [=, &g](int64_t window, int64_t corner, int count) {
    uint8_t few[S::L] = {};
    if (count == S::L) __builtin_memcpy(few, taps + window, sizeof few);
    else __builtin_memcpy(few, taps + window, (size_t)count);
    decltype(Wholes<T>{}[0] + 0) wide[S::L];
    for (int l = 0; l < S::L; ++l) wide[l] = few[l];
    Wholes<T> tap;
    __builtin_memcpy(&tap, wide, sizeof tap);
    const V cells = count == S::L ? S::load(y + window) : S::load(y + window, lanes(0, count));
    auto at = [&](int number) { return tap == (decltype(wide[0] + 0))number ? cells : V{}; };
    store_pairs<T>(at(0), at(1), x + corner, count);
    store_pairs<T>(at(2), at(3), x + corner + g.x[2], count);
  });
}

}  // namespace ROT180_ISA
}  // namespace rot180
