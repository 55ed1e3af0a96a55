// Normalisation, forward and backward: subtract a mean, divide by a standard deviation, then scale and shift.
//
// Sums are computed in float64, over x minus a pivot, the first cell of its group. So one pass computes mean and
// variance without losing float32 precision: among n cells none is farther from the mean than sqrt(n) standard
// deviations, which bounds the cancellation. For float64, a second pass uses the mean as its pivot.
//
// Adjacent groups with short rows are processed together, so that memory is read in long runs. The pass that writes
// goes backwards, over the cells that the first pass left in the cache. A chunk is one or more groups: the order of
// every sum depends only on the shape.
#pragma once
#include "layers/elementwise.h"
#include "layers/layers.h"
#include "memory/allocator.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int64_t SHORTEST_RUN = 1024;  // the smallest number of cells of an image that are read together
constexpr int MOST_ROWS = 64;            // the largest number of rows whose sums are computed together

using Double = Simd<double>;

// A vector of T widened to vectors of doubles.
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

// Lanes that are not in m get `fill`.
template <class T>
ROT180_INLINE Wide<T> widen(const T* p, Lanes m, T fill) {
  T cells[Simd<T>::L];
  Simd<T>::store(cells, Simd<T>::load_over(Simd<T>::splat(fill), p, m));
  return widen(cells);
}

// The sums of u and of u * v over a row.
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

// Prefetches the cell `ahead` cells after p. Rows of one group are an image apart, too far for a hardware prefetcher.
// The address may be out of bounds: a prefetch reads nothing.
template <class T>
ROT180_INLINE void prefetch_read(const T* p, ptrdiff_t ahead) {
  __builtin_prefetch(reinterpret_cast<const char*>(reinterpret_cast<uintptr_t>(p) + (uintptr_t)ahead * sizeof(T)), 0, 3);
}
template <class T>
ROT180_INLINE void prefetch_write(const T* p, ptrdiff_t ahead) {
  __builtin_prefetch(reinterpret_cast<const char*>(reinterpret_cast<uintptr_t>(p) + (uintptr_t)ahead * sizeof(T)), 1, 3);
}

// Adds a row with u = v = x - pivot.
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
    prefetch_read(x + c, ahead);
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
    prefetch_read(y + c, ahead);
    prefetch_read(y + c + L, ahead);
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

// Adds a row with u = gy and v = x - mean.
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
    prefetch_read(gy + c, ahead);
    prefetch_read(x + c, ahead);
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
  for_each_vector<T>(0, cells, [=](int64_t i, auto lanes) {
    prefetch_read(x + i, ahead);
    prefetch_write(y + i, ahead);
    lanes.store(y + i, (lanes.load(x + i) - m) * s + b);
  });
}

// gx = gy * scale + (x - mean) * slope + shift
template <class T>
void gradient_row(const T* gy, const T* x, int64_t cells, T mean, T scale, T slope, T shift, ptrdiff_t ahead,
                  T* gx) {
  using V = typename Simd<T>::V;
  const V m = Simd<T>::splat(mean), a = Simd<T>::splat(scale), b = Simd<T>::splat(slope), c = Simd<T>::splat(shift);
  for_each_vector<T>(0, cells, [=](int64_t i, auto lanes) {
    prefetch_read(gy + i, ahead);
    prefetch_read(x + i, ahead);
    prefetch_write(gx + i, ahead);
    lanes.store(gx + i, lanes.load(gy + i) * a + ((lanes.load(x + i) - m) * b + c));
  });
}

// gx = gy * scale
template <class T>
void multiply_row(const T* gy, int64_t cells, T scale, T* gx) {
  const typename Simd<T>::V s = Simd<T>::splat(scale);
  for_each_vector<T>(0, cells, [=](int64_t i, auto lanes) { lanes.store(gx + i, lanes.load(gy + i) * s); });
}

inline double inverse_std(double var, double eps) { return 1 / __builtin_sqrt(var + eps); }

// Calls f(first group, last group) for chunks of groups whose rows together have about SHORTEST_RUN cells.
template <class F>
void for_each_block(const Groups& g, const F& f) {
  const int64_t together = smaller<int64_t>(MOST_ROWS, ceil_div(SHORTEST_RUN, g.row()));
  auto chunk = [&](int64_t c) { f(c * together, smaller(g.groups, (c + 1) * together)); };
  parallel_for(ceil_div(g.groups, together), chunk);
}

// What a group moments.
struct Moments {
  double mean, var, r;  // r = 1 / sqrt(var + eps)
};

template <class T>
void compute_moments(const Groups& g, const T* x, double eps, int64_t first, int64_t last, Moments* moments) {
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
      const double count = (double)g.cells(), offset = RowSums<T>::total(sums[i].u) / count;
      const double var = RowSums<T>::total(sums[i].uv) / count - offset * offset;
      moments[i] = {pivot[i] + offset, var < 0 ? 0 : var, inverse_std(var < 0 ? 0 : var, eps)};
      pivot[i] = finite((T)moments[i].mean);
    }
  }
}

template <class T>
void norm_y(const Groups& g, const T* x, const T* weight, const T* bias, double eps, T* y, T* mean, T* var) {
  for_each_block(g, [&](int64_t first, int64_t last) {
    Moments moments[MOST_ROWS];
    compute_moments(g, x, eps, first, last, moments);
    for (int64_t h = first; h < last; ++h) {
      mean[h] = (T)moments[h - first].mean;
      var[h] = (T)moments[h - first].var;
    }
    for (int64_t n = g.images; n-- > 0;)
      for (int64_t h = first; h < last; ++h) {
        const Moments& f = moments[h - first];
        const double left = f.mean - (double)mean[h];  // the rounding error of the mean
        for (int64_t k = 0; k < g.channels; ++k) {
          const int64_t which = h % g.kinds * g.channels + k, at = ((n * g.groups + h) * g.channels + k) * g.positions;
          const double scale = weight ? f.r * weight[which] : f.r;
          const double shift = (bias ? bias[which] : 0) - left * scale;
          scale_row(x + at, g.positions, mean[h], (T)scale, (T)shift, -g.image(), y + at);
        }
      }
  });
}

// Computes for every channel of every group the sums of gy and of gy * (x - mean), in that order.
template <class T>
void compute_products(const Groups& g, const T* gy, const T* x, const T* mean, int64_t first, int64_t last, double* sums) {
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

// gx of the groups [first, last), from the sums of their rows (unused if the statistics are constant).
template <class T>
void compute_gradient(const Groups& g, bool constant, const T* gy, const T* x, const T* weight, const T* mean, const T* var,
                   double eps, const double* sums, int64_t first, int64_t last, T* gx) {
  double scale[MOST_ROWS];
  T slope[MOST_ROWS] = {}, shift[MOST_ROWS] = {};
  auto factor = [&](int64_t h, int64_t k) { return weight ? (double)weight[h % g.kinds * g.channels + k] : 1; };
  for (int64_t h = first; h < last; ++h) {
    const double r = scale[h - first] = inverse_std(var[h], eps), count = (double)g.cells();
    if (constant) continue;
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
        if (constant) multiply_row(gy + at, g.positions, a, gx + at);
        else gradient_row(gy + at, x + at, g.positions, mean[h], a, slope[i], shift[i], -g.image(), gx + at);
      }
}

template <class T>
void norm_x(const Groups& g, bool constant, const T* gy, const T* x, const T* weight, const T* mean, const T* var,
            double eps, T* gx, T* gweight, T* gbias) {
  const bool summed = !constant || gweight || gbias;
  Scratch memory(sizeof(double) * (size_t)(2 * g.groups * g.channels));
  double* sums = memory.as<double>();
  for_each_block(g, [&](int64_t first, int64_t last) {
    if (summed) compute_products(g, gy, x, mean, first, last, sums);
    if (gx) compute_gradient(g, constant, gy, x, weight, mean, var, eps, sums, first, last, gx);
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
  for_each_block(g, [&](int64_t first, int64_t last) {
    for (int64_t n = 0; n < g.images; ++n)
      for (int64_t r = first * g.channels; r < last * g.channels; ++r) {
        const int64_t at = (n * g.groups * g.channels + r) * g.positions;
        scale_row(x + at, g.positions, T{}, scale[r], shift[r], g.image(), y + at);
      }
  });
}

// Adds to y the bias of its group, in place. With `relu`, negative results become 0.
template <class T>
void add_bias(const Groups& g, const T* bias, bool relu, T* y) {
  using V = typename Simd<T>::V;
  for_each_block(g, [&](int64_t first, int64_t last) {
    for (int64_t n = 0; n < g.images; ++n)
      for (int64_t h = first; h < last; ++h) {
        const V b = Simd<T>::splat(bias[h]);
        T* row = y + (n * g.groups + h) * g.positions;
        for_each_vector<T>(0, g.positions, [=](int64_t i, auto lanes) {
          const V v = lanes.load(row + i) + b;
          lanes.store(row + i, relu ? (v < V{} ? V{} : v) : v);
        });
      }
  });
}

// The sum of each group: the gradient of a bias.
template <class T>
void bias_sums(const Groups& g, const T* y, T* sums) {
  for_each_block(g, [&](int64_t first, int64_t last) {
    RowSums<T> rows[MOST_ROWS];
    for (int64_t n = 0; n < g.images; ++n)
      for (int64_t h = first; h < last; ++h)
        add_cells(y + (n * g.groups + h) * g.row(), g.row(), g.image(), rows[h - first].u);
    for (int64_t h = first; h < last; ++h) sums[h] = (T)RowSums<T>::total(rows[h - first].u);
  });
}

}  // namespace ROT180_ISA
}  // namespace rot180
