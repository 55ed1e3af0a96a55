// Planes, as in plane.h, where the kernel is small and its lines follow one another: the compiler knows how many taps
// there are, the weights or their gradients stay in registers, and a few lines of results are summed at a time, so that
// a line of the source is loaded once for all of them.
//
// Tried, no help: copying offsets, masks and sizes into locals, so that no store could change them (a tenth slower).
#pragma once
#include "depthwise/general_kernel.h"

namespace rot180 {
namespace ROT180_ISA {

// Lines of results that are summed side by side: what leaves registers for the nine of a 3x3 kernel.
constexpr int ROWS = ROT180_VECTOR == 64 ? 4 : 2;

template <int N>
struct Number {
  static constexpr int VALUE = N;
};

// Calls f(Number<n>) for an n from 1 to MOST; does nothing for 0.
template <int MOST, class F>
ROT180_INLINE void with_number(int n, F&& f) {
  if constexpr (MOST > 0) {
    if (n == MOST) return f(Number<MOST>());
    with_number<MOST - 1>(n, f);
  }
}

// KR x KC taps; S is the step from one line of results to the next, and from one cell to the next.
template <class T, int S, int KR, int KC>
struct Box {
  static_assert(S == 1 || S == 2, "a pair of loads is taken apart by two");
  using Vectors = Simd<T>;
  using V = typename Vectors::V;
  static constexpr int TAPS = KR * KC;

  const Gather& g;
  const Columns<T>& columns;
  const bool descending;  // the shifts across lines, as in a gradient of x
  const int64_t top;      // the lowest of them

  Box(const Lines& lines, const Columns<T>& c)
      : g(lines.from),
        columns(c),
        descending(KR > 1 && g.taps[1].shift[KR - 1] < g.taps[1].shift[0]),
        top(g.taps[1].shift[descending ? KR - 1 : 0]) {}

  // The place of tap t in w, where t counts lines from the top.
  ROT180_INLINE int place(int t) const { return descending ? (KR - 1 - t / KC) * KC + t % KC : t; }

  // What the vector v of results meets through the columns of taps, in a line of the source.
  template <bool WHOLE>
  ROT180_INLINE void load(const T* line, int v, V (&cells)[KC]) const {
    const ptrdiff_t* offset = g.taps[2].offset;
    const Lanes* reach = columns.reach(v);
    line += S * (int64_t)v * Vectors::L;
    ROT180_UNROLL
    for (int i = 0; i < S; ++i) ask_for(line + i * Vectors::L, TO_READ);
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
        deinterleave<T>(first, second, pair, pair + Vectors::L);
        cells[k] = Vectors::load(pair);
        if (k + 1 < KC) cells[k + 1] = Vectors::load(pair + Vectors::L);
      }
    }
  }

  // Calls each(i, cells) for the lines of the source that the lines p, ..., p + R - 1 of results meet, counted from the
  // top of p's box.
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
  ROT180_INLINE void block_of_results(const T* plane, const V (&w)[TAPS], const Finish<T>& finish, int64_t p, int v,
                                      T* out) const {
    const Lanes there = columns.there(v);
    V sum[R];
    ROT180_UNROLL
    for (int r = 0; r < R; ++r) {
      sum[r] = Vectors::splat(finish.start);
      if (finish.add) sum[r] += Vectors::load(out + r * g.grid[2], there);
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
      ask_for(to, TO_WRITE);
      if (finish.relu) sum[r] = sum[r] < V{} ? V{} : sum[r];
      if (WHOLE) Vectors::store(to, sum[r]);
      else Vectors::store(to, sum[r], there);
    }
  }

  template <int R>
  ROT180_INLINE void lines_of_results(const T* plane, const V (&w)[TAPS], const Finish<T>& finish, int64_t p,
                                      T* out) const {
    out += p * g.grid[2];
    for (int v = 0; v < columns.count; ++v, out += Vectors::L) {
      if (columns.whole(v)) block_of_results<R, true>(plane, w, finish, p, v, out);
      else block_of_results<R, false>(plane, w, finish, p, v, out);
    }
  }

  static void results(const Lines& lines, const Columns<T>& columns, const T* plane, const T* weights,
                      const Finish<T>& finish, T* out) {
    const Box box(lines, columns);
    V w[TAPS];
    ROT180_UNROLL
    for (int t = 0; t < TAPS; ++t) w[t] = Vectors::splat(weights[box.place(t)]);
    const Finish<T> local = finish;  // so that no store can change it
    int64_t p = 0;
    for (; p + ROWS <= box.g.grid[1]; p += ROWS) box.template lines_of_results<ROWS>(plane, w, local, p, out);
    with_number<ROWS - 1>((int)(box.g.grid[1] - p), [&](auto rest) __attribute__((always_inline)) {
      box.template lines_of_results<decltype(rest)::VALUE>(plane, w, local, p, out);
    });
  }

  // ---- w's gradient ----

  template <int R, bool WHOLE>
  ROT180_INLINE void add_block(const T* plane, const T* y, int64_t p, int v, V (&sums)[TAPS]) const {
    const Lanes there = columns.there(v);
    V value[R];
    ROT180_UNROLL
    for (int r = 0; r < R; ++r) {
      const T* from = y + (p + r) * g.grid[2] + (int64_t)v * Vectors::L;
      ask_for(from, TO_READ);
      value[r] = WHOLE ? Vectors::load(from) : Vectors::load(from, there);
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
      if (columns.whole(v)) add_block<R, true>(plane, y, p, v, sums);
      else add_block<R, false>(plane, y, p, v, sums);
    }
  }

  static void weights(const Lines& lines, const Columns<T>& columns, const T* plane, const T* y, V* to) {
    const Box box(lines, columns);
    V sums[TAPS];
    ROT180_UNROLL
    for (int t = 0; t < TAPS; ++t) sums[t] = to[t];
    int64_t p = 0;
    for (; p + ROWS <= box.g.grid[1]; p += ROWS) box.template add_lines<ROWS>(plane, y, p, sums);
    with_number<ROWS - 1>((int)(box.g.grid[1] - p), [&](auto rest) __attribute__((always_inline)) {
      box.template add_lines<decltype(rest)::VALUE>(plane, y, p, sums);
    });
    ROT180_UNROLL
    for (int t = 0; t < TAPS; ++t) to[t] = sums[t];
  }
};

// ---- which function works through a plane ----

template <class T>
using PlaneOfResults = void (*)(const Lines&, const Columns<T>&, const T* plane, const T* weights, const Finish<T>&,
                                T* out);
template <class T>
using PlaneOfWeights = void (*)(const Lines&, const Columns<T>&, const T* plane, const T* y, typename Simd<T>::V* sums);

// Whether the lines of taps follow one another, in two dimensions and whichever order, as those of the results do.
ROT180_INLINE bool in_a_box(const Lines& lines) {
  const Gather& g = lines.from;
  const bool plane = g.grid[0] == 1 && g.size[0] == 1 && g.taps[0].count == 1 && g.taps[0].shift[0] == 0;
  if (!plane || lines.step[1] != 1) return false;
  const AxisTaps& rows = g.taps[1];
  for (int j = 2; j < rows.count; ++j)
    if (rows.shift[j] - rows.shift[j - 1] != rows.shift[1] - rows.shift[0]) return false;
  const int64_t step = rows.count > 1 ? rows.shift[1] - rows.shift[0] : 1;
  return step == 1 || step == -1;
}

constexpr int box_of(int64_t rows, int64_t columns) { return (int)(rows * 10 + columns); }

template <class T>
PlaneOfResults<T> results_for(const Lines& lines) {
  const Gather& g = lines.from;
  if (lines.step[2] == 2) return g.taps[2].count == 3 ? Box<T, 2, 3, 3>::results : Box<T, 2, 5, 5>::results;
  if (!in_a_box(lines) || g.taps[1].count > 5 || g.taps[2].count > 5) return plane_of_results<T>;
  switch (box_of(g.taps[1].count, g.taps[2].count)) {
    case box_of(3, 3): return Box<T, 1, 3, 3>::results;
    case box_of(5, 5): return Box<T, 1, 5, 5>::results;
    case box_of(1, 1): return Box<T, 1, 1, 1>::results;  // phases of a gradient of x
    case box_of(1, 2): return Box<T, 1, 1, 2>::results;
    case box_of(2, 1): return Box<T, 1, 2, 1>::results;
    case box_of(2, 2): return Box<T, 1, 2, 2>::results;
    case box_of(2, 3): return Box<T, 1, 2, 3>::results;
    case box_of(3, 2): return Box<T, 1, 3, 2>::results;
    default: return plane_of_results<T>;
  }
}

template <class T>
PlaneOfWeights<T> weights_for(const Lines& lines) {
  const Gather& g = lines.from;
  if (lines.step[2] == 2) return Box<T, 2, 3, 3>::weights;
  if (in_a_box(lines) && g.taps[1].count == 3 && g.taps[2].count == 3) return Box<T, 1, 3, 3>::weights;
  return plane_of_weights<T>;
}

}  // namespace ROT180_ISA
}  // namespace rot180
