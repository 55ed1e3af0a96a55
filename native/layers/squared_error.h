// The sum of squared differences, summed in float64, and its gradient.
#pragma once
#include "memory/allocator.h"
#include "layers/normalization.h"

namespace rot180 {
namespace ROT180_ISA {

// The sum over cells [first, last) of (x - t)**2.
template <class T>
double squares(const T* x, const T* t, int64_t first, int64_t last) {
  constexpr int L = Simd<T>::L;
  RowSums<T> sums;
  auto add = [&](const Wide<T>& a, const Wide<T>& b) {
    ROT180_UNROLL
    for (int i = 0; i < Wide<T>::PARTS; ++i) sums.uv[i] += (a.part[i] - b.part[i]) * (a.part[i] - b.part[i]);
  };
  int64_t c = first;
  for (; c + L <= last; c += L) add(widen(x + c), widen(t + c));
  const Lanes rest = lanes(0, (int)(last - c));
  if (c < last) add(widen(x + c, rest, T{}), widen(t + c, rest, T{}));
  return RowSums<T>::total(sums.uv);
}

template <class T>
double squared_error_y(int64_t cells, const T* x, const T* t) {
  const int64_t chunks = ceil_div(cells, CELLS_PER_CHUNK);
  if (chunks <= 1) return squares(x, t, 0, cells);
  Scratch memory(sizeof(double) * (size_t)chunks);
  double *parts = memory.as<double>(), sum = 0;
  auto chunk = [&](int64_t c) {
    parts[c] = squares(x, t, c * CELLS_PER_CHUNK, smaller(cells, (c + 1) * CELLS_PER_CHUNK));
  };
  parallel_for(chunks, chunk);
  for (int64_t c = 0; c < chunks; ++c) sum += parts[c];
  return sum;
}

// gx = (x - t) * scale
template <class T>
void squared_error_x(int64_t cells, const T* x, const T* t, T scale, T* gx) {
  for_each_cell<T>(cells, [=](int64_t i, auto lanes) {
    lanes.store(gx + i, (lanes.load(x + i) - lanes.load(t + i)) * Simd<T>::splat(scale));
  });
}

}  // namespace ROT180_ISA
}  // namespace rot180
