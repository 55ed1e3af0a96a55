// Windows of maxima, 1-d to 3-d: the maximum, the kernel cell that held it, and the way back to that cell.
//
// Padding counts as absent, the first maximum in memory order wins a tie, a NaN wins over everything. Each line of y is
// worked through a vector at a time, with one load of a line of x per kernel cell.
#pragma once
#include "chunks.h"
#include "layers.h"
#include "memory.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int64_t CELLS_OF_PLANES = 1 << 14;  // of x, that a chunk works on
constexpr int FEW_TAPS = 256;                 // fewer than these are numbered by bytes

// Lanes c, c + step, c + 2 step, ... of a line of `size` cells, and `fill` where that lies outside. STEP is the step if
// it is 1 or 2, and 0 for others.
template <class T, int STEP>
ROT180_INLINE typename Simd<T>::V stepped(const T* line, int64_t c, int64_t step, int64_t size, T fill) {
  using S = Simd<T>;
  auto part = [&](int64_t at) {
    if (at >= 0 && at + S::L <= size) return S::load(line + at);
    const int64_t low = smaller<int64_t>(S::L, larger<int64_t>(0, -at));
    const int64_t high = smaller<int64_t>(S::L, size - at);
    return S::load_over(S::splat(fill), line + at, lanes((int)low, (int)(high - low)));
  };
  if constexpr (STEP == 1) return part(c);
  T cell[2][S::L];
  if constexpr (STEP == 2) deinterleave<T>(part(c), part(c + S::L), cell[0], cell[1]);
  if constexpr (STEP == 0)
    for (int l = 0; l < S::L; ++l) {
      const int64_t at = c + l * step;
      cell[0][l] = at >= 0 && at < size ? line[at] : fill;
    }
  return S::load(cell[0]);
}

// f(tap, line of x, first cell in it) for the kernel cells that the position (e, p, q) meets, as far as the outer two
// axes go.
template <class T, class F>
ROT180_INLINE void each_tap(const Geometry& g, const T* plane, int64_t e, int64_t p, int64_t q, const F& f) {
  for (int64_t i = 0; i < g.kernel[0]; ++i) {
    const int64_t a = e * g.stride[0] + i * g.dilation[0] - g.padding[0];
    if (a < 0 || a >= g.x[0]) continue;
    for (int64_t j = 0; j < g.kernel[1]; ++j) {
      const int64_t b = p * g.stride[1] + j * g.dilation[1] - g.padding[1];
      if (b < 0 || b >= g.x[1]) continue;
      for (int64_t k = 0; k < g.kernel[2]; ++k)
        f((int)((i * g.kernel[1] + j) * g.kernel[2] + k), plane + (a * g.x[1] + b) * g.x[2],
          q * g.stride[2] + k * g.dilation[2] - g.padding[2]);
    }
  }
}

// f(plane of x, plane of y, e, p, first cell of y) for the lines of y, in chunks of planes.
template <class F>
void each_line(const Geometry& g, const F& f) {
  const int64_t planes = g.images * g.channels;
  const int64_t together = larger<int64_t>(1, CELLS_OF_PLANES / larger<int64_t>(1, g.x_cells()));
  auto chunk = [&](int64_t c) {
    for (int64_t plane = c * together; plane < smaller(planes, (c + 1) * together); ++plane)
      for (int64_t e = 0; e < g.y[0]; ++e)
        for (int64_t p = 0; p < g.y[1]; ++p)
          f(plane * g.x_cells(), e, p, plane * g.y_cells() + (e * g.y[1] + p) * g.y[2]);
  };
  in_chunks(ceil_div(planes, together), chunk);
}

// f with the step of the last axis as a constant.
template <int N>
struct Step {
  static constexpr int STEP = N;
};
template <class F>
void with_step(const Geometry& g, const F& f) {
  if (g.stride[2] == 1) f(Step<1>());
  else if (g.stride[2] == 2) f(Step<2>());
  else f(Step<0>());
}

template <class T>
void max_y(const Geometry& g, const T* x, T* y) {
  using S = Simd<T>;
  using V = typename S::V;
  const T least = -(T)__builtin_inf();
  with_step(g, [&](auto step) {
    each_line(g, [&](int64_t plane, int64_t e, int64_t p, int64_t at) {
      for (int64_t q = 0; q < g.y[2]; q += S::L) {
        V best = S::splat(least);
        each_tap(g, x + plane, e, p, q, [&](int, const T* line, int64_t c) {
          const V v = stepped<T, decltype(step)::STEP>(line, c, g.stride[2], g.x[2], least);
          best = (v > best) | (v != v) ? v : best;
        });
        S::store(y + at + q, best, lanes(0, (int)smaller<int64_t>(S::L, g.y[2] - q)));
      }
    });
  });
}

template <class T, class Tap>
void write_taps(const Geometry& g, const T* x, const T* y, Tap* taps) {
  using S = Simd<T>;
  using V = typename S::V;
  using Mask = decltype(V{} == V{});
  using Number = decltype(Mask{}[0] + 0);
  const T least = -(T)__builtin_inf();
  with_step(g, [&](auto step) {
    constexpr int STEP = decltype(step)::STEP;
    each_line(g, [&](int64_t plane, int64_t e, int64_t p, int64_t at) {
      for (int64_t q = 0; q < g.y[2]; q += S::L) {
        const int count = (int)smaller<int64_t>(S::L, g.y[2] - q);
        const V best = S::load(y + at + q, lanes(0, count));
        Mask found{}, tap{};
        each_tap(g, x + plane, e, p, q, [&](int number, const T* line, int64_t c) {
          const V v = stepped<T, STEP>(line, c, g.stride[2], g.x[2], least);
          Mask hit = (v == best) | (v != v);
          if (c < 0 || c + (S::L - 1) * g.stride[2] >= g.x[2])  // what fills in for cells outside must not be a hit
            hit &= (stepped<T, STEP>(line, c, g.stride[2], g.x[2], T{}) == v) | (v != v);
          tap |= hit & ~found & (Mask{} + (Number)number);
          found |= hit;
        });
        tap |= ~found & (Mask{} + (Number)g.taps());  // a window that meets nothing but padding took no cell
        for (int l = 0; l < count; ++l) taps[at + q + l] = (Tap)tap[l];
      }
    });
  });
}

template <class T>
void max_taps(const Geometry& g, const T* x, const T* y, void* taps) {
  if (g.taps() < FEW_TAPS) write_taps(g, x, y, static_cast<uint8_t*>(taps));
  else write_taps(g, x, y, static_cast<int32_t*>(taps));
}

// Each y is added to the cell that its window took.
template <class T, class Tap>
void spread_taps(const Geometry& g, const T* y, const Tap* taps, T* x) {
  const int64_t count = g.taps(), planes = g.images * g.channels;
  Scratch memory(sizeof(int64_t) * (size_t)count);
  int64_t* offset = memory.as<int64_t>();
  for (int64_t t = 0; t < count; ++t) {
    const int64_t k = t % g.kernel[2], j = t / g.kernel[2] % g.kernel[1], i = t / g.kernel[2] / g.kernel[1];
    offset[t] = (i * g.dilation[0] * g.x[1] + j * g.dilation[1]) * g.x[2] + k * g.dilation[2];
  }
  const int64_t together = larger<int64_t>(1, CELLS_OF_PLANES / larger<int64_t>(1, g.x_cells()));
  auto chunk = [&](int64_t c) {
    const int64_t first = c * together, last = smaller(planes, first + together);
    __builtin_memset(x + first * g.x_cells(), 0, sizeof(T) * (size_t)((last - first) * g.x_cells()));
    for (int64_t plane = first; plane < last; ++plane)
      for (int64_t e = 0; e < g.y[0]; ++e)
        for (int64_t p = 0; p < g.y[1]; ++p) {
          const int64_t at = plane * g.y_cells() + (e * g.y[1] + p) * g.y[2];
          const int64_t corner = plane * g.x_cells() - g.padding[2] +
              ((e * g.stride[0] - g.padding[0]) * g.x[1] + p * g.stride[1] - g.padding[1]) * g.x[2];
          for (int64_t q = 0; q < g.y[2]; ++q)
            if (taps[at + q] < count) x[corner + q * g.stride[2] + offset[taps[at + q]]] += y[at + q];
        }
  };
  in_chunks(ceil_div(planes, together), chunk);
}

template <class T>
void max_x(const Geometry& g, const T* y, const void* taps, T* x) {
  if (g.taps() < FEW_TAPS) spread_taps(g, y, static_cast<const uint8_t*>(taps), x);
  else spread_taps(g, y, static_cast<const int32_t*>(taps), x);
}

}  // namespace ROT180_ISA
}  // namespace rot180
