// Softmax cross entropy of the rows of x, of shape (rows, classes), and its gradient. Each computes one exponential per
// cell.
#pragma once
#include "layers/elementwise.h"
#include "layers/exponential.h"

namespace rot180 {
namespace ROT180_ISA {

inline float logarithm(float x) { return __builtin_logf(x); }
inline double logarithm(double x) { return __builtin_log(x); }

template <class T>
T row_maximum(const T* x, int64_t classes) {
  T most = x[0];
  for (int64_t c = 1; c < classes; ++c) most = x[c] > most ? x[c] : most;
  return most;
}

// Returns the sum of exp(x - most) over a row. Stores the exponentials in `to` unless it is null.
template <class T>
T row_exponentials(const T* x, int64_t classes, T most, T* to) {
  using S = Simd<T>;
  using V = typename S::V;
  const V m = S::splat(most);
  V sum{};
  for (int64_t c = 0; c < classes; c += S::L) {
    const Lanes there = lanes(0, (int)smaller<int64_t>(S::L, classes - c));
    const V e = exponential<T>(S::load_over(S::splat(-(T)__builtin_inf()), x + c, there) - m);
    // Lanes beyond the row are exp(-inf) = 0, unless the maximum is not finite.
    if (there == S::ALL) sum += e;
    else {
      T lane[S::L] = {};
      S::store(lane, e, there);
      sum += S::load(lane);
    }
    if (to) S::store(to + c, e, there);
  }
  return S::sum(sum);
}

template <class T, class F>
void each_row(int64_t rows, int64_t classes, const F& f) {
  const int64_t together = ceil_div(CELLS_PER_CHUNK, classes);
  auto chunk = [&](int64_t c) {
    for (int64_t r = c * together; r < smaller(rows, (c + 1) * together); ++r) f(r);
  };
  parallel_for(ceil_div(rows, together), chunk);
}

// losses[r] = (log(sum(exp(x[r]))) - x[r, t[r]]) * factors[r], and 0 where the factor is 0. Null factors are ones.
template <class T>
void cross_entropy_y(int64_t rows, int64_t classes, const T* x, const int64_t* t, const T* factors, T* losses) {
  each_row<T>(rows, classes, [=](int64_t r) {
    const T* row = x + r * classes;
    const T factor = factors ? factors[r] : 1;
    if (factor == 0) return (void)(losses[r] = 0);
    const T most = row_maximum(row, classes), total = row_exponentials<T>(row, classes, most, nullptr);
    losses[r] = (logarithm(total) - (row[t[r]] - most)) * factor;
  });
}

// gx[r] = (softmax(x[r]) - onehot(t[r])) * scale[r], and 0 where the scale is 0.
template <class T>
void cross_entropy_x(int64_t rows, int64_t classes, const T* scale, const T* x, const int64_t* t, T* gx) {
  each_row<T>(rows, classes, [=](int64_t r) {
    const T *row = x + r * classes, factor = scale[r];
    T* to = gx + r * classes;
    if (factor == 0) return (void)__builtin_memset(to, 0, sizeof(T) * (size_t)classes);
    const T total = row_exponentials<T>(row, classes, row_maximum(row, classes), to);
    for (int64_t c = 0; c < classes; ++c) to[c] = (to[c] / total - (T)(c == t[r])) * factor;
  });
}

}  // namespace ROT180_ISA
}  // namespace rot180
