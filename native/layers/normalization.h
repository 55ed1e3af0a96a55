// Normalisation: subtract a mean, divide by a standard deviation, then scale and shift; forward and backward.
//
// Sums run over doubles, and over x less a pivot, the first cell of its group. So one pass finds mean and variance, and no
// digit of a float is lost: of n cells none is farther from their mean than sqrt(n) standard deviations, which bounds
// what cancels. Of doubles a second pass takes that mean as its pivot. Neighbouring groups are worked through together where a row of theirs is short, so that memory is read in long runs;
// the second pass walks back over what the first has left in the cache. A chunk is some whole groups: the order of every
// sum is fixed by the shape.
#pragma once
#include "layers/elementwise.h"
#include "layers/layers.h"
#include "memory/allocator.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int64_t RUN = 1024;  // cells of an image that are at least read in one go
constexpr int MOST_ROWS = 64;  // whose sums are kept at once

using Double = Simd<double>;

// A vector of T as vectors of doubles.
template <class T>
struct Wide {
  static constexpr int PARTS = Simd<T>::L / Double::L;
  Double::V part[PARTS];
};

ROT180_INLINE Wide<double> widen(const double* p) { return {{Double::load(p)}}; }
ROT180_INLINE Wide<float> widen(const float* p) {
  typedef float Half __attribute__((vector_size(ROT180_VECTOR / 2), aligned(4), may_alias));
  return {{__builtin_convertvector(*reinterpret_cast<const Half*>(p), Double::V),
           __builtin_convertvector(*reinterpret_cast<const Half*>(p + Double::L), Double::V)}};
}

// `fill` where m is not set.
template <class T>
ROT180_INLINE Wide<T> widen(const T* p, Lanes m, T fill) {
  T cells[Simd<T>::L];
  Simd<T>::store(cells, Simd<T>::load_over(Simd<T>::splat(fill), p, m));
  return widen(cells);
}

// The sums of a row: of u and of u * v.
template <class T>
struct RowSums {
  Double::V u[Wide<T>::PARTS] = {}, uv[Wide<T>::PARTS] = {};

  ROT180_INLINE void add(int part, Double::V a, Double::V b) {
    u[part] += a;
    uv[part] += a * b;
  }
  static double total(const Double::V* v) {
    Double::V all = v[0];
    for (int i = 1; i < Wide<T>::PARTS; ++i) all += v[i];
    return Double::sum(all);
  }
};

// Rows of one group lie an image apart, and no processor looks that far ahead: what is read, or written, `ahead` cells
// from here is asked for now. Nothing is read there, so it may lie outside of the array.
template <class T>
ROT180_INLINE void will_read(const T* p, ptrdiff_t ahead) {
  __builtin_prefetch(reinterpret_cast<const char*>(reinterpret_cast<uintptr_t>(p) + (uintptr_t)ahead * sizeof(T)), 0, 3);
}
template <class T>
ROT180_INLINE void will_write(const T* p, ptrdiff_t ahead) {
  __builtin_prefetch(reinterpret_cast<const char*>(reinterpret_cast<uintptr_t>(p) + (uintptr_t)ahead * sizeof(T)), 1, 3);
}

// u = v = x - pivot
template <class T>
void add_deviations(const T* x, int64_t cells, T pivot, ptrdiff_t ahead, RowSums<T>& sums) {
  constexpr int L = Simd<T>::L;
  RowSums<T> s = sums;
  const Double::V p = Double::splat(pivot);
  auto add = [&](const Wide<T>& wide) {
    ROT180_UNROLL
    for (int i = 0; i < Wide<T>::PARTS; ++i) s.add(i, wide.part[i] - p, wide.part[i] - p);
  };
  int64_t c = 0;
  for (; c + L <= cells; c += L) {
    will_read(x + c, ahead);
    add(widen(x + c));
  }
  if (c < cells) add(widen(x + c, lanes(0, (int)(cells - c)), pivot));
  sums = s;
}

template <class T>
void add_cells(const T* y, int64_t cells, ptrdiff_t ahead, Double::V (&sums)[Wide<T>::PARTS]) {
  constexpr int L = Simd<T>::L;
  RowSums<T> s;
  int64_t c = 0;
  for (; c + 2 * L <= cells; c += 2 * L) {
    will_read(y + c, ahead);
    will_read(y + c + L, ahead);
    const Wide<T> a = widen(y + c), b = widen(y + c + L);
    ROT180_UNROLL
    for (int i = 0; i < Wide<T>::PARTS; ++i) s.u[i] += a.part[i], s.uv[i] += b.part[i];
  }
  for (; c + L <= cells; c += L) {
    const Wide<T> a = widen(y + c);
    for (int i = 0; i < Wide<T>::PARTS; ++i) s.u[i] += a.part[i];
  }
  const Wide<T> rest = widen(y + c, lanes(0, (int)(cells - c)), T{});
  for (int i = 0; i < Wide<T>::PARTS; ++i) sums[i] += s.u[i] + s.uv[i] + rest.part[i];
}

// u = gy, v = x - mean
template <class T>
void add_products(const T* gy, const T* x, int64_t cells, T mean, ptrdiff_t ahead, RowSums<T>& sums) {
  constexpr int L = Simd<T>::L;
  RowSums<T> s = sums;
  const Double::V m = Double::splat(mean);
  auto add = [&](const Wide<T>& g, const Wide<T>& wide) {
    ROT180_UNROLL
    for (int i = 0; i < Wide<T>::PARTS; ++i) s.add(i, g.part[i], wide.part[i] - m);
  };
  int64_t c = 0;
  for (; c + L <= cells; c += L) {
    will_read(gy + c, ahead);
    will_read(x + c, ahead);
    add(widen(gy + c), widen(x + c));
  }
  const Lanes rest = lanes(0, (int)(cells - c));
  if (c < cells) add(widen(gy + c, rest, T{}), widen(x + c, rest, mean));
  sums = s;
}

// y = (x - mean) * scale + shift
template <class T>
void scale_row(const T* x, int64_t cells, T mean, T scale, T shift, ptrdiff_t ahead, T* y) {
  using V = typename Simd<T>::V;
  const V m = Simd<T>::splat(mean), s = Simd<T>::splat(scale), b = Simd<T>::splat(shift);
  each_vector<T>(0, cells, [=](int64_t i, auto part) {
    will_read(x + i, ahead);
    will_write(y + i, ahead);
    part.store(y + i, (part.load(x + i) - m) * s + b);
  });
}

// gx = gy * scale + (x - mean) * slope + shift
template <class T>
void gradient_row(const T* gy, const T* x, int64_t cells, T mean, T scale, T slope, T shift, ptrdiff_t ahead,
                  T* gx) {
  using V = typename Simd<T>::V;
  const V m = Simd<T>::splat(mean), a = Simd<T>::splat(scale), b = Simd<T>::splat(slope), c = Simd<T>::splat(shift);
  each_vector<T>(0, cells, [=](int64_t i, auto part) {
    will_read(gy + i, ahead);
    will_read(x + i, ahead);
    will_write(gx + i, ahead);
    part.store(gx + i, part.load(gy + i) * a + ((part.load(x + i) - m) * b + c));
  });
}

// gx = gy * scale
template <class T>
void multiply_row(const T* gy, int64_t cells, T scale, T* gx) {
  const typename Simd<T>::V s = Simd<T>::splat(scale);
  each_vector<T>(0, cells, [=](int64_t i, auto part) { part.store(gx + i, part.load(gy + i) * s); });
}

inline double inverse_std(double var, double eps) { return 1 / __builtin_sqrt(var + eps); }

// f(first group, last group) for chunks of groups that are a run long together.
template <class F>
void each_block(const Groups& g, const F& f) {
  const int64_t together = smaller<int64_t>(MOST_ROWS, ceil_div(RUN, g.row()));
  auto chunk = [&](int64_t c) { f(c * together, smaller(g.groups, (c + 1) * together)); };
  in_chunks(ceil_div(g.groups, together), chunk);
}

// What a group found.
struct Found {
  double mean, var, r;  // r = 1 / sqrt(var + eps)
};

template <class T>
void find_moments(const Groups& g, const T* x, double eps, int64_t first, int64_t last, Found* found) {
  T pivot[MOST_ROWS];
  const int64_t row = g.row();
  auto finite = [](T value) { return value - value == 0 ? value : T{}; };
  for (int64_t h = first; h < last; ++h) pivot[h - first] = finite(x[h * row]);
  for (int pass = 0; pass < (sizeof(T) == 8 ? 2 : 1); ++pass) {
    RowSums<T> sums[MOST_ROWS];
    for (int64_t n = 0; n < g.images; ++n)
      for (int64_t h = first; h < last; ++h)
        add_deviations(x + (n * g.groups + h) * row, row, pivot[h - first], g.image(), sums[h - first]);
    for (int64_t i = 0; i < last - first; ++i) {
      const double count = (double)g.cells(), off = RowSums<T>::total(sums[i].u) / count;
      const double var = RowSums<T>::total(sums[i].uv) / count - off * off;
      found[i] = {pivot[i] + off, var < 0 ? 0 : var, inverse_std(var < 0 ? 0 : var, eps)};
      pivot[i] = finite((T)found[i].mean);
    }
  }
}

template <class T>
void norm_y(const Groups& g, const T* x, const T* weight, const T* bias, double eps, T* y, T* mean, T* var) {
  each_block(g, [&](int64_t first, int64_t last) {
    Found found[MOST_ROWS];
    find_moments(g, x, eps, first, last, found);
    for (int64_t h = first; h < last; ++h) {
      mean[h] = (T)found[h - first].mean;
      var[h] = (T)found[h - first].var;
    }
    for (int64_t n = g.images; n-- > 0;)
      for (int64_t h = first; h < last; ++h) {
        const Found& f = found[h - first];
        const double left = f.mean - (double)mean[h];  // what rounding the mean has left over
        for (int64_t k = 0; k < g.channels; ++k) {
          const int64_t which = h % g.kinds * g.channels + k, at = ((n * g.groups + h) * g.channels + k) * g.positions;
          const double scale = weight ? f.r * weight[which] : f.r;
          const double shift = (bias ? bias[which] : 0) - left * scale;
          scale_row(x + at, g.positions, mean[h], (T)scale, (T)shift, -g.image(), y + at);
        }
      }
  });
}

// For every channel of every group its sums of gy and of gy * (x - mean), in that order, to `sums`.
template <class T>
void find_products(const Groups& g, const T* gy, const T* x, const T* mean, int64_t first, int64_t last, double* sums) {
  const int64_t end = last * g.channels;
  for (int64_t from = first * g.channels; from < end; from += MOST_ROWS) {
    const int64_t to = smaller(end, from + MOST_ROWS);
    RowSums<T> rows[MOST_ROWS];
    for (int64_t n = 0; n < g.images; ++n)
      for (int64_t r = from; r < to; ++r) {
        const int64_t at = (n * g.groups * g.channels + r) * g.positions;
        add_products(gy + at, x + at, g.positions, mean[r / g.channels], g.image(), rows[r - from]);
      }
    for (int64_t r = from; r < to; ++r) {
      sums[2 * r] = RowSums<T>::total(rows[r - from].u);
      sums[2 * r + 1] = RowSums<T>::total(rows[r - from].uv);
    }
  }
}

// gx of the groups [first, last), from the sums of their rows (not needed where the statistics were given).
template <class T>
void find_gradient(const Groups& g, bool given, const T* gy, const T* x, const T* weight, const T* mean, const T* var,
                   double eps, const double* sums, int64_t first, int64_t last, T* gx) {
  double scale[MOST_ROWS];
  T slope[MOST_ROWS] = {}, shift[MOST_ROWS] = {};
  auto factor = [&](int64_t h, int64_t k) { return weight ? (double)weight[h % g.kinds * g.channels + k] : 1; };
  for (int64_t h = first; h < last; ++h) {
    const double r = scale[h - first] = inverse_std(var[h], eps), count = (double)g.cells();
    if (given) continue;
    double sum = 0, product = 0;
    for (int64_t k = 0; k < g.channels; ++k) {
      sum += factor(h, k) * sums[2 * (h * g.channels + k)];
      product += factor(h, k) * sums[2 * (h * g.channels + k) + 1];
    }
    slope[h - first] = (T)(-r * r * r * product / count);
    shift[h - first] = (T)(-r * sum / count);
  }
  for (int64_t n = g.images; n-- > 0;)
    for (int64_t h = first; h < last; ++h)
      for (int64_t k = 0; k < g.channels; ++k) {
        const int64_t i = h - first, at = ((n * g.groups + h) * g.channels + k) * g.positions;
        const T a = (T)(scale[i] * factor(h, k));
        if (given) multiply_row(gy + at, g.positions, a, gx + at);
        else gradient_row(gy + at, x + at, g.positions, mean[h], a, slope[i], shift[i], -g.image(), gx + at);
      }
}

template <class T>
void norm_x(const Groups& g, bool given, const T* gy, const T* x, const T* weight, const T* mean, const T* var, double eps,
            T* gx, T* gweight, T* gbias) {
  const bool summed = !given || gweight || gbias;
  Scratch memory(sizeof(double) * (size_t)(2 * g.groups * g.channels));
  double* sums = memory.as<double>();
  each_block(g, [&](int64_t first, int64_t last) {
    if (summed) find_products(g, gy, x, mean, first, last, sums);
    if (gx) find_gradient(g, given, gy, x, weight, mean, var, eps, sums, first, last, gx);
  });
  for (int64_t which = 0; which < g.kinds * g.channels; ++which) {
    double to_weight = 0, to_bias = 0;
    for (int64_t h = which / g.channels; h < g.groups && summed; h += g.kinds) {
      const int64_t row = h * g.channels + which % g.channels;
      to_bias += sums[2 * row];
      to_weight += sums[2 * row + 1] * inverse_std(var[h], eps);
    }
    if (gweight) gweight[which] = (T)to_weight;
    if (gbias) gbias[which] = (T)to_bias;
  }
}

template <class T>
void affine_y(const Groups& g, const T* x, const T* scale, const T* shift, T* y) {
  each_block(g, [&](int64_t first, int64_t last) {
    for (int64_t n = 0; n < g.images; ++n)
      for (int64_t r = first * g.channels; r < last * g.channels; ++r) {
        const int64_t at = (n * g.groups * g.channels + r) * g.positions;
        scale_row(x + at, g.positions, T{}, scale[r], shift[r], g.image(), y + at);
      }
  });
}

// y + bias of its group, in place, and with `relu` 0 where that is negative.
template <class T>
void add_bias(const Groups& g, const T* bias, bool relu, T* y) {
  using V = typename Simd<T>::V;
  each_block(g, [&](int64_t first, int64_t last) {
    for (int64_t n = 0; n < g.images; ++n)
      for (int64_t h = first; h < last; ++h) {
        const V b = Simd<T>::splat(bias[h]);
        T* row = y + (n * g.groups + h) * g.positions;
        each_vector<T>(0, g.positions, [=](int64_t i, auto part) {
          const V v = part.load(row + i) + b;
          part.store(row + i, relu ? (v < V{} ? V{} : v) : v);
        });
      }
  });
}

// The sums of the groups: the gradient of a bias.
template <class T>
void bias_sums(const Groups& g, const T* y, T* sums) {
  each_block(g, [&](int64_t first, int64_t last) {
    RowSums<T> rows[MOST_ROWS];
    for (int64_t n = 0; n < g.images; ++n)
      for (int64_t h = first; h < last; ++h) add_cells(y + (n * g.groups + h) * g.row(), g.row(), g.image(), rows[h - first].u);
    for (int64_t h = first; h < last; ++h) sums[h] = (T)RowSums<T>::total(rows[h - first].u);
  });
}

}  // namespace ROT180_ISA
}  // namespace rot180
