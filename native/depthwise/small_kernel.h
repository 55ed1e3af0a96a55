// Planes, as in general_kernel.h, for small kernels whose rows are adjacent. The size of the kernel is a template
// argument: the weights or their gradients stay in registers, and several lines of results are summed together, so that
// a line of the source is loaded once for all of them.
//
// Tried without success: copying offsets, masks and sizes into local variables (a tenth slower).
#pragma once
#include "depthwise/general_kernel.h"

namespace rot180 {
namespace ROT180_ISA {

// The number of lines of results that are summed together: it leaves registers for the nine weights of a 3x3 kernel.
constexpr int LINES_AT_ONCE = ROT180_VECTOR == 64 ? 4 : 2;

template <int N>
struct Constant {
  static constexpr int VALUE = N;
};

// Calls f(Constant<n>) for an n from 1 to MOST. Does nothing for 0.
template <int MOST, class F>
ROT180_INLINE void with_constant(int n, F&& f) {
  if constexpr (MOST > 0) {
    if (n == MOST) return f(Constant<MOST>());
    with_constant<MOST - 1>(n, f);
  }
}

// A kernel of KR x KC taps at stride S, along both axes.
template <class T, int S, int KR, int KC>
struct SmallKernel {
  static_assert(S == 1 || S == 2, "a pair of loads is taken apart by two");
  using Vectors = Simd<T>;
  using V = typename Vectors::V;
  static constexpr int TAPS = KR * KC;

  const Gather& g;
  const Columns<T>& columns;
  const bool descending;  // true if the shifts across lines descend, as in a gradient of x
  const int64_t top;      // the smallest of these shifts

  SmallKernel(const Lines& lines, const Columns<T>& c)
      : g(lines.from),
        columns(c),
        descending(KR > 1 && g.taps[1].shift[KR - 1] < g.taps[1].shift[0]),
        top(g.taps[1].shift[descending ? KR - 1 : 0]) {}

  // The index in w of tap t, where t counts rows from the top.
  ROT180_INLINE int place(int t) const { return descending ? (KR - 1 - t / KC) * KC + t % KC : t; }

  // Loads the cells that vector v of results reads in a line of the source, a vector per column of taps.
  template <bool WHOLE>
  ROT180_INLINE void load(const T* line, int v, V (&cells)[KC]) const {
    const ptrdiff_t* offset = g.taps[2].offset;
    const Lanes* reach = columns.reach(v);
    line += S * (int64_t)v * Vectors::L;
    ROT180_UNROLL
    for (int i = 0; i < S; ++i) prefetch_page(line + i * Vectors::L, READ_PAGES);
    ROT180_UNROLL
    for (int k = 0; k < KC; k += S) {
      const T* from = line + offset[k];
      const V first = WHOLE ? Vectors::load(from) : Vectors::load(from, reach[k]);
      if (S == 1) {
        cells[k] = first;
      } else {
        from += Vectors::L;
        const V second = WHOLE ? Vectors::load(from) : Vectors::load(from, reach[k + 1]);
        T pair[2 * Vectors::L];
        deinterleave_to<T>(first, second, pair, pair + Vectors::L);
        cells[k] = Vectors::load(pair);
        if (k + 1 < KC) cells[k + 1] = Vectors::load(pair + Vectors::L);
      }
    }
  }

  // Calls each(i, cells) for the lines of the source that the lines p, ..., p + R - 1 of results read. i counts from
  // the top row of taps of line p.
  template <int R, bool WHOLE, class Each>
  ROT180_INLINE void each_line(const T* plane, int64_t p, int v, Each&& each) const {
    const int64_t first = S * p + top;
    const T* line = plane + first * g.line[1];
    ROT180_UNROLL
    for (int i = 0; i < (R - 1) * S + KR; ++i) {
      if ((uint64_t)(first + i) < (uint64_t)g.size[1]) {
        V cells[KC];
        load<WHOLE>(line + i * g.line[1], v, cells);
        each(i, cells);
      }
    }
  }

  // ---- results ----

  template <int R, bool WHOLE>
  ROT180_INLINE void block_of_results(const T* plane, const V (&w)[TAPS], const Epilogue<T>& epilogue, int64_t p, int v,
                                      T* out) const {
    const Lanes result_lanes = columns.result_lanes(v);
    V sum[R];
    ROT180_UNROLL
    for (int r = 0; r < R; ++r) {
      sum[r] = Vectors::splat(epilogue.start);
      if (epilogue.add) sum[r] += Vectors::load(out + r * g.grid[2], result_lanes);
    }
    each_line<R, WHOLE>(plane, p, v, [&](int i, const V(&cells)[KC]) __attribute__((always_inline)) {
      ROT180_UNROLL
      for (int r = 0; r < R; ++r)
        if (i >= S * r && i < S * r + KR) {
          ROT180_UNROLL
          for (int k = 0; k < KC; ++k) sum[r] += w[(i - S * r) * KC + k] * cells[k];
        }
    });
    ROT180_UNROLL
    for (int r = 0; r < R; ++r) {
      T* to = out + r * g.grid[2];
      prefetch_page(to, WRITE_PAGES);
      if (epilogue.relu) sum[r] = sum[r] < V{} ? V{} : sum[r];
      if (WHOLE) Vectors::store(to, sum[r]);
      else Vectors::store(to, sum[r], result_lanes);
    }
  }

  template <int R>
  ROT180_INLINE void lines_of_results(const T* plane, const V (&w)[TAPS], const Epilogue<T>& epilogue, int64_t p,
                                      T* out) const {
    out += p * g.grid[2];
    for (int v = 0; v < columns.count; ++v, out += Vectors::L) {
      if (columns.full(v)) block_of_results<R, true>(plane, w, epilogue, p, v, out);
      else block_of_results<R, false>(plane, w, epilogue, p, v, out);
    }
  }

  static void results(const Lines& lines, const Columns<T>& columns, const T* plane, const T* weights,
                      const Epilogue<T>& epilogue, T* out) {
    const SmallKernel kernel(lines, columns);
    V w[TAPS];
    ROT180_UNROLL
    for (int t = 0; t < TAPS; ++t) w[t] = Vectors::splat(weights[kernel.place(t)]);
    const Epilogue<T> local = epilogue;  // a local copy, which no store can change
    int64_t p = 0;
    for (; p + LINES_AT_ONCE <= kernel.g.grid[1]; p += LINES_AT_ONCE)
      kernel.template lines_of_results<LINES_AT_ONCE>(plane, w, local, p, out);
    with_constant<LINES_AT_ONCE - 1>((int)(kernel.g.grid[1] - p), [&](auto rest) __attribute__((always_inline)) {
      kernel.template lines_of_results<decltype(rest)::VALUE>(plane, w, local, p, out);
    });
  }

  // ---- w's gradient ----

  template <int R, bool WHOLE>
  ROT180_INLINE void add_block(const T* plane, const T* y, int64_t p, int v, V (&sums)[TAPS]) const {
    const Lanes result_lanes = columns.result_lanes(v);
    V value[R];
    ROT180_UNROLL
    for (int r = 0; r < R; ++r) {
      const T* from = y + (p + r) * g.grid[2] + (int64_t)v * Vectors::L;
      prefetch_page(from, READ_PAGES);
      value[r] = WHOLE ? Vectors::load(from) : Vectors::load(from, result_lanes);
    }
    each_line<R, WHOLE>(plane, p, v, [&](int i, const V(&cells)[KC]) __attribute__((always_inline)) {
      ROT180_UNROLL
      for (int r = 0; r < R; ++r)
        if (i >= S * r && i < S * r + KR) {
          ROT180_UNROLL
          for (int k = 0; k < KC; ++k) sums[(i - S * r) * KC + k] += value[r] * cells[k];
        }
    });
  }

  template <int R>
  ROT180_INLINE void add_lines(const T* plane, const T* y, int64_t p, V (&sums)[TAPS]) const {
    for (int v = 0; v < columns.count; ++v) {
      if (columns.full(v)) add_block<R, true>(plane, y, p, v, sums);
      else add_block<R, false>(plane, y, p, v, sums);
    }
  }

  static void weights(const Lines& lines, const Columns<T>& columns, const T* plane, const T* y, V* to) {
    const SmallKernel kernel(lines, columns);
    V sums[TAPS];
    ROT180_UNROLL
    for (int t = 0; t < TAPS; ++t) sums[t] = to[t];
    int64_t p = 0;
    for (; p + LINES_AT_ONCE <= kernel.g.grid[1]; p += LINES_AT_ONCE)
      kernel.template add_lines<LINES_AT_ONCE>(plane, y, p, sums);
    with_constant<LINES_AT_ONCE - 1>((int)(kernel.g.grid[1] - p), [&](auto rest) __attribute__((always_inline)) {
      kernel.template add_lines<decltype(rest)::VALUE>(plane, y, p, sums);
    });
    ROT180_UNROLL
    for (int t = 0; t < TAPS; ++t) to[t] = sums[t];
  }
};

// ---- which function works through a plane ----

template <class T>
using PlaneOfResults = void (*)(const Lines&, const Columns<T>&, const T* plane, const T* weights, const Epilogue<T>&,
                                T* out);
template <class T>
using PlaneOfWeights = void (*)(const Lines&, const Columns<T>&, const T* plane, const T* y, typename Simd<T>::V* sums);

// True if the kernel has two dimensions and its rows of taps are adjacent, in either order, as the lines of results
// are.
ROT180_INLINE bool rows_are_adjacent(const Lines& lines) {
  const Gather& g = lines.from;
  const bool plane = g.grid[0] == 1 && g.size[0] == 1 && g.taps[0].count == 1 && g.taps[0].shift[0] == 0;
  if (!plane || lines.step[1] != 1) return false;
  const AxisTaps& rows = g.taps[1];
  for (int j = 2; j < rows.count; ++j)
    if (rows.shift[j] - rows.shift[j - 1] != rows.shift[1] - rows.shift[0]) return false;
  const int64_t step = rows.count > 1 ? rows.shift[1] - rows.shift[0] : 1;
  return step == 1 || step == -1;
}

constexpr int kernel_code(int64_t rows, int64_t columns) { return (int)(rows * 10 + columns); }

template <class T>
PlaneOfResults<T> results_for(const Lines& lines) {
  const Gather& g = lines.from;
  if (lines.step[2] == 2)
    return g.taps[2].count == 3 ? SmallKernel<T, 2, 3, 3>::results : SmallKernel<T, 2, 5, 5>::results;
  if (!rows_are_adjacent(lines) || g.taps[1].count > 5 || g.taps[2].count > 5) return plane_of_results<T>;
  switch (kernel_code(g.taps[1].count, g.taps[2].count)) {
    case kernel_code(3, 3): return SmallKernel<T, 1, 3, 3>::results;
    case kernel_code(5, 5): return SmallKernel<T, 1, 5, 5>::results;
    case kernel_code(1, 1): return SmallKernel<T, 1, 1, 1>::results;  // phases of a gradient of x
    case kernel_code(1, 2): return SmallKernel<T, 1, 1, 2>::results;
    case kernel_code(2, 1): return SmallKernel<T, 1, 2, 1>::results;
    case kernel_code(2, 2): return SmallKernel<T, 1, 2, 2>::results;
    case kernel_code(2, 3): return SmallKernel<T, 1, 2, 3>::results;
    case kernel_code(3, 2): return SmallKernel<T, 1, 3, 2>::results;
    default: return plane_of_results<T>;
  }
}

template <class T>
PlaneOfWeights<T> weights_for(const Lines& lines) {
  const Gather& g = lines.from;
  if (lines.step[2] == 2) return SmallKernel<T, 2, 3, 3>::weights;
  if (rows_are_adjacent(lines) && g.taps[1].count == 3 && g.taps[2].count == 3) return SmallKernel<T, 1, 3, 3>::weights;
  return plane_of_weights<T>;
}

}  // namespace ROT180_ISA
}  // namespace rot180
