// One plane of results from one plane of the source, and the gradient of w from one plane of x and one of y, for
// kernels of any size. small_kernel.h has the common small kernels. Vectors are along a line.
#pragma once
#include "window/gather.h"
#include "memory/allocator.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int VECTORS_AT_ONCE = 4;  // vectors of a line whose sums are in registers together
constexpr int TAPS_AT_ONCE = 4;     // sums of a weight gradient that are in registers together

// Prefetches the memory some pages after a cell. Planes are read and written in order, but the hardware prefetcher
// stops at the end of a page: 144 channels of 56x56, which no cache holds, took twice as long without this.
template <class T>
ROT180_INLINE void prefetch_page(const T* cell, int pages) {
  __builtin_prefetch(reinterpret_cast<const char*>(cell) + 4096 * pages);
}
constexpr int READ_PAGES = 2, WRITE_PAGES = 1;  // the fastest distances

// A gather with strides. Through tap (i, j, k), the result (e, p, c) reads the cell step[2] * c + shift k in the line
// (step[0] * e + shift i, step[1] * p + shift j) of the source. The step along the line is 2 only in small_kernel.h,
// and 1 otherwise.
struct Lines {
  Gather from;
  int64_t step[3];
};

// The masks of the vectors of a line: which lanes are results, and for each load which lanes are cells of the source.
// With a step of 1 there is one load per tap; with a step of 2 there are two per pair of taps, whose cells are
// interleaved.
template <class T>
class Columns {
 public:
  static constexpr int L = Simd<T>::L;

  explicit Columns(const Lines& lines)
      : count((int)ceil_div(lines.from.grid[2], L)),
        loads(lines.step[2] == 1 ? lines.from.taps[2].count : (lines.from.taps[2].count + 1) / 2 * 2),
        memory_(sizeof(Lanes) * (size_t)(count * (loads + 2))) {
    const Gather& g = lines.from;
    Lanes* reach = memory_.template as<Lanes>();
    Lanes* result_lanes = reach + count * loads;
    Lanes* whole = result_lanes + count;
    for (int v = 0; v < count; ++v) {
      const int64_t c = (int64_t)v * L, used = smaller<int64_t>(L, g.grid[2] - c);
      result_lanes[v] = whole[v] = lanes(0, (int)used);
      for (int k = 0; k < loads; ++k) {
        const int64_t half = lines.step[2] == 1 ? 0 : k % 2 * L;  // lanes of a pair before this load
        const int64_t first = lines.step[2] * c + g.taps[2].shift[lines.step[2] == 1 ? k : k / 2 * 2] + half;
        const int64_t most = smaller<int64_t>(L, lines.step[2] * used - half);
        const int64_t low = larger<int64_t>(0, -first), high = smaller(most, g.size[2] - first);
        reach[v * loads + k] = low < high ? lanes((int)low, (int)(high - low)) : 0;
        whole[v] &= reach[v * loads + k];
      }
    }
  }

  const int count, loads;
  const Lanes* reach(int v) const { return memory_.template as<Lanes>() + v * loads; }
  Lanes result_lanes(int v) const { return memory_.template as<Lanes>()[count * loads + v]; }
  // True if no lane of these vectors is padding.
  bool full(int v, int vectors = 1) const {
    Lanes all = Simd<T>::ALL;
    for (int i = 0; i < vectors; ++i) all &= memory_.template as<Lanes>()[count * (loads + 1) + v + i];
    return all == Simd<T>::ALL;
  }

 private:
  Scratch memory_;
};

// Calls row(line, tap) for each row of taps through which the line (e, p) of results reads the source. `line` is the
// line of the source without the shift along it, `tap` is the first tap of the row.
template <class T, class F>
ROT180_INLINE void each_row(const Lines& lines, const T* plane, int64_t e, int64_t p, F&& row) {
  const Gather& g = lines.from;
  for (int i = 0; i < g.taps[0].count; ++i) {
    const int64_t level = lines.step[0] * e + g.taps[0].shift[i];
    if ((uint64_t)level >= (uint64_t)g.size[0]) continue;
    for (int j = 0; j < g.taps[1].count; ++j) {
      const int64_t line = lines.step[1] * p + g.taps[1].shift[j];
      if ((uint64_t)line < (uint64_t)g.size[1])
        row(plane + level * g.line[0] + line * g.line[1], (i * g.taps[1].count + j) * g.taps[2].count);
    }
  }
}

// ---- results ----

// How a sum starts, and how it becomes a result.
template <class T>
struct Epilogue {
  T start;    // the bias
  bool add;   // add the sum to the existing result
  bool relu;  // replace negative results by zero
};

// Computes V vectors of one line of results, from vector v on.
template <class T, int V>
void results(const Lines& lines, const Columns<T>& columns, const T* plane, int64_t e, int64_t p, int v,
             const T* weights, const Epilogue<T>& epilogue, T* out) {
  using S = Simd<T>;
  typename S::V sum[V];
  const int64_t c = (int64_t)v * S::L;
  const bool whole = columns.full(v, V);
  const Lanes* reach = columns.reach(v);
  const int taps = columns.loads;
  const ptrdiff_t* offset = lines.from.taps[2].offset;
  ROT180_UNROLL
  for (int i = 0; i < V; ++i) {
    sum[i] = S::splat(epilogue.start);
    if (epilogue.add) sum[i] += S::load(out + c + i * S::L, columns.result_lanes(v + i));
  }
  each_row(lines, plane, e, p, [&](const T* line, int tap) {
    for (int k = 0; k < taps; ++k) {
      const auto w = S::splat(weights[tap + k]);
      const T* cells = line + offset[k] + c;
      if (whole) {
        ROT180_UNROLL
        for (int i = 0; i < V; ++i) sum[i] += w * S::load(cells + i * S::L);
      } else {
        ROT180_UNROLL
        for (int i = 0; i < V; ++i) sum[i] += w * S::load(cells + i * S::L, reach[i * taps + k]);
      }
    }
  });
  ROT180_UNROLL
  for (int i = 0; i < V; ++i) {
    if (epilogue.relu) sum[i] = sum[i] < typename S::V{} ? typename S::V{} : sum[i];
    if (whole) S::store(out + c + i * S::L, sum[i]);
    else S::store(out + c + i * S::L, sum[i], columns.result_lanes(v + i));
  }
}

// Computes one plane of results from one plane of the source. The weights are in the order of the taps.
template <class T>
void plane_of_results(const Lines& lines, const Columns<T>& columns, const T* plane, const T* weights,
                      const Epilogue<T>& epilogue, T* out) {
  const int64_t* grid = lines.from.grid;
  for (int64_t e = 0; e < grid[0]; ++e)
    for (int64_t p = 0; p < grid[1]; ++p, out += grid[2]) {
      int v = 0;
      for (; v + VECTORS_AT_ONCE <= columns.count; v += VECTORS_AT_ONCE)
        results<T, VECTORS_AT_ONCE>(lines, columns, plane, e, p, v, weights, epilogue, out);
      switch (columns.count - v) {
        case 3: results<T, 3>(lines, columns, plane, e, p, v, weights, epilogue, out); break;
        case 2: results<T, 2>(lines, columns, plane, e, p, v, weights, epilogue, out); break;
        case 1: results<T, 1>(lines, columns, plane, e, p, v, weights, epilogue, out); break;
        default: break;
      }
    }
}

// ---- w's gradient ----

// Adds to the sums of K taps of a row, from tap k on: the products of a plane of y with the cells that it reads.
template <class T, int K>
void weights_of_taps(const Lines& lines, const Columns<T>& columns, const T* plane, const T* y, int i, int j, int k,
                     typename Simd<T>::V* sums) {
  using S = Simd<T>;
  typename S::V sum[K];
  const Gather& g = lines.from;
  ROT180_UNROLL
  for (int t = 0; t < K; ++t) sum[t] = sums[t];
  for (int64_t e = 0; e < g.grid[0]; ++e) {
    const int64_t level = lines.step[0] * e + g.taps[0].shift[i];
    if ((uint64_t)level >= (uint64_t)g.size[0]) continue;
    for (int64_t p = 0; p < g.grid[1]; ++p) {
      const int64_t met = lines.step[1] * p + g.taps[1].shift[j];
      if ((uint64_t)met >= (uint64_t)g.size[1]) continue;
      const T* line = plane + level * g.line[0] + met * g.line[1];
      const T* left = y + (e * g.grid[1] + p) * g.grid[2];
      for (int v = 0; v < columns.count; ++v) {
        const auto value = S::load(left + v * S::L, columns.result_lanes(v));
        const Lanes* reach = columns.reach(v) + k;
        ROT180_UNROLL
        for (int t = 0; t < K; ++t)
          sum[t] += value * S::load(line + g.taps[2].offset[k + t] + v * S::L, reach[t]);
      }
    }
  }
  ROT180_UNROLL
  for (int t = 0; t < K; ++t) sums[t] = sum[t];
}

// Adds the products of one plane to the sums, one vector per tap.
template <class T>
void plane_of_weights(const Lines& lines, const Columns<T>& columns, const T* plane, const T* y,
                      typename Simd<T>::V* sums) {
  for (int i = 0; i < lines.from.taps[0].count; ++i)
    for (int j = 0; j < lines.from.taps[1].count; ++j)
      for (int k = 0; k < columns.loads; k += TAPS_AT_ONCE) {
        switch (smaller(TAPS_AT_ONCE, columns.loads - k)) {
          case 4: weights_of_taps<T, 4>(lines, columns, plane, y, i, j, k, sums); break;
          case 3: weights_of_taps<T, 3>(lines, columns, plane, y, i, j, k, sums); break;
          case 2: weights_of_taps<T, 2>(lines, columns, plane, y, i, j, k, sums); break;
          default: weights_of_taps<T, 1>(lines, columns, plane, y, i, j, k, sums); break;
        }
        sums += smaller(TAPS_AT_ONCE, columns.loads - k);
      }
}

}  // namespace ROT180_ISA
}  // namespace rot180
