// The matrix S of a contraction, which is never built: S[k, q] is the cell of the source that position q meets through
// row k, and row k is one channel seen through one tap of the kernel.
//
// Positions are numbered image by image along a grid. A strip is L of them, one vector: `runs` of lanes whose cells lie
// side by side in memory, and for each tap the lanes that lie inside the source (the others are padding).
#pragma once
#include "geometry.h"
#include "simd.h"

namespace rot180 {
namespace ROT180_ISA {

// One axis of the box of taps: position p meets the cell p + shift; `offset` is where that lies, counted from p's cell.
struct AxisTaps {
  int count;
  const int64_t* shift;
  const ptrdiff_t* offset;
};

struct Gather {
  int64_t images, grid[3];  // positions
  int64_t size[3];          // of the source
  ptrdiff_t image, line[3];  // cells from one image to the next, and along each axis; line[2] is 1
  AxisTaps taps[3];
  bool inside;  // no tap of any position is padding

  int64_t cells() const { return grid[0] * grid[1] * grid[2]; }
  int64_t positions() const { return images * cells(); }
  // The cell that position q meets through the last tap: the one that no position before has met.
  ptrdiff_t last_cell(int64_t q) const {
    const int64_t n = q / cells(), e = q % cells() / (grid[1] * grid[2]), rest = q % (grid[1] * grid[2]);
    ptrdiff_t cell = n * image + e * line[0] + rest / grid[2] * line[1] + rest % grid[2];
    for (const AxisTaps& axis : taps) cell += axis.offset[axis.count - 1];
    return cell;
  }
  int tap_count() const { return taps[0].count * taps[1].count * taps[2].count; }
};

// Where the results of the positions go: position (n, p) to n * image + sum of p * line.
struct Scatter {
  ptrdiff_t image, line[3];
};

struct Run {
  ptrdiff_t offset;  // lane l's cell is at offset + l
  Lanes lanes;
};

template <class T>
struct Strip {
  static constexpr int L = Simd<T>::L;
  int runs;
  Run run[L];

  ROT180_INLINE bool whole() const { return runs == 1 && run[0].lanes == Simd<T>::ALL; }

  ROT180_INLINE void add(ptrdiff_t cell, int first, int count) {
    const ptrdiff_t offset = cell - first;
    if (runs && run[runs - 1].offset == offset)
      run[runs - 1].lanes |= lanes(first, count);
    else
      run[runs++] = {offset, lanes(first, count)};
  }

  ROT180_INLINE typename Simd<T>::V load(const T* base, Lanes in) const {
    typename Simd<T>::V v = Simd<T>::load(base + run[0].offset, run[0].lanes & in);
    for (int i = 1; i < runs; ++i) v = Simd<T>::load_over(v, base + run[i].offset, run[i].lanes & in);
    return v;
  }

  ROT180_INLINE void store(T* base, typename Simd<T>::V v) const {
    for (int i = 0; i < runs; ++i) Simd<T>::store(base + run[i].offset, v, run[i].lanes);
  }
};

// The strip that begins at position q (the last one ends at `end`). `reach` gets the lanes inside the source for every
// tap; `out`, if given, the places of the results, for which to.line[2] must be 1.
template <class T>
void place(const Gather& g, int64_t q, int64_t end, Strip<T>& from, Lanes* reach, const Scatter* to, Strip<T>* out) {
  constexpr int L = Simd<T>::L;
  const int64_t cells = g.cells();
  const int count = (int)smaller<int64_t>(L, end - q);
  int64_t n = q / cells, rest = q - n * cells;
  int64_t e = rest / (g.grid[1] * g.grid[2]);
  rest -= e * g.grid[1] * g.grid[2];
  int64_t p = rest / g.grid[2], c = rest - p * g.grid[2];
  const int taps0 = g.taps[0].count, taps1 = g.taps[1].count, taps2 = g.taps[2].count;
  if (!g.inside)
    for (int t = 0; t < taps0 * taps1 * taps2; ++t) reach[t] = 0;
  from.runs = 0;
  if (out) out->runs = 0;
  for (int lane = 0; lane < count;) {
    const int run = (int)smaller<int64_t>(g.grid[2] - c, count - lane);
    from.add(n * g.image + e * g.line[0] + p * g.line[1] + c, lane, run);
    if (out) out->add(n * to->image + e * to->line[0] + p * to->line[1] + c, lane, run);
    if (!g.inside) {
      for (int k = 0; k < taps2; ++k) {
        const int64_t first = c + g.taps[2].shift[k];
        const int low = (int)larger<int64_t>(0, -first), high = (int)smaller<int64_t>(run, g.size[2] - first);
        const Lanes columns = lanes(lane + low, high - low);
        for (int i = 0; i < taps0; ++i) {
          if ((uint64_t)(e + g.taps[0].shift[i]) >= (uint64_t)g.size[0]) continue;
          for (int j = 0; j < taps1; ++j)
            if ((uint64_t)(p + g.taps[1].shift[j]) < (uint64_t)g.size[1]) reach[(i * taps1 + j) * taps2 + k] |= columns;
        }
      }
    }
    lane += run;
    c = 0;
    if (++p == g.grid[1]) {
      p = 0;
      if (++e == g.grid[0]) e = 0, ++n;
    }
  }
}

// A row of S: what to add to a position's cell, and which tap says what is padding.
struct Row {
  ptrdiff_t offset;
  int tap;
};

// The rows of `channels` channels, tap by tap within each: channels * tap_count() of them.
ROT180_INLINE void list_rows(const Gather& g, int64_t channels, ptrdiff_t channel, Row* rows) {
  for (int64_t c = 0; c < channels; ++c) {
    int tap = 0;
    for (int i = 0; i < g.taps[0].count; ++i)
      for (int j = 0; j < g.taps[1].count; ++j)
        for (int k = 0; k < g.taps[2].count; ++k)
          *rows++ = {c * channel + g.taps[0].offset[i] + g.taps[1].offset[j] + g.taps[2].offset[k], tap++};
  }
}

// Rows [0, count) of S for several strips: the vector of strip s and row k goes to packed + s * L + k * row_step.
// Row by row, so that what lies side by side in memory is read together.
template <class T>
void pack(const Strip<T>* strips, int strip_count, const Lanes* reach, int taps, bool inside, const T* source,
          const Row* rows, int64_t count, T* packed, ptrdiff_t row_step) {
  using S = Simd<T>;
  bool whole = inside, single = true;
  for (int s = 0; s < strip_count; ++s) {
    whole = whole && strips[s].whole();
    single = single && strips[s].runs == 1;
  }
  for (int64_t k = 0; k < count; ++k, packed += row_step) {
    const T* base = source + rows[k].offset;
    T* to = packed;
    if (whole) {
      for (int s = 0; s < strip_count; ++s, to += S::L) S::store(to, S::load(base + strips[s].run[0].offset));
    } else if (single) {
      const Lanes* in = inside ? nullptr : reach + rows[k].tap;
      for (int s = 0; s < strip_count; ++s, to += S::L) {
        const Run run = strips[s].run[0];
        S::store(to, S::load(base + run.offset, in ? run.lanes & in[s * taps] : run.lanes));
      }
    } else {
      const Lanes* in = inside ? nullptr : reach + rows[k].tap;
      for (int s = 0; s < strip_count; ++s, to += S::L)
        S::store(to, strips[s].load(base, in ? in[s * taps] : S::ALL));
    }
  }
}

// The same for two strips, side by side: a panel as the register tile wants it.
template <class T>
void pack_panel(const Strip<T>* strips, const Lanes* reach, int taps, bool inside, const T* source, const Row* rows,
                int64_t count, T* panel) {
  using S = Simd<T>;
  constexpr int L = S::L;
  const Lanes lanes0 = strips[0].run[0].lanes, lanes1 = strips[1].run[0].lanes;
  const T* base0 = source + strips[0].run[0].offset;
  const T* base1 = source + strips[1].run[0].offset;
  if (strips[0].runs > 1 || strips[1].runs > 1) {
    for (int64_t k = 0; k < count; ++k, panel += 2 * L) {
      const T* base = source + rows[k].offset;
      S::store(panel, strips[0].load(base, inside ? S::ALL : reach[rows[k].tap]));
      S::store(panel + L, strips[1].load(base, inside ? S::ALL : reach[taps + rows[k].tap]));
    }
  } else if (inside && strips[0].whole() && strips[1].whole()) {
    for (int64_t k = 0; k < count; ++k, panel += 2 * L) {
      S::store(panel, S::load(base0 + rows[k].offset));
      S::store(panel + L, S::load(base1 + rows[k].offset));
    }
  } else if (inside) {
    for (int64_t k = 0; k < count; ++k, panel += 2 * L) {
      S::store(panel, S::load(base0 + rows[k].offset, lanes0));
      S::store(panel + L, S::load(base1 + rows[k].offset, lanes1));
    }
  } else {  // what a tap reaches is part of the run
    for (int64_t k = 0; k < count; ++k, panel += 2 * L) {
      const Row row = rows[k];
      S::store(panel, S::load(base0 + row.offset, reach[row.tap]));
      S::store(panel + L, S::load(base1 + row.offset, reach[taps + row.tap]));
    }
  }
}

}  // namespace ROT180_ISA
}  // namespace rot180
