// One channel of x per group: nothing is summed over channels, so every plane is worked through line by line, a few
// vectors of results at a time, with a multiply-add per tap. Taps come from the same gather as everywhere: phases of a
// stride make neighbours of cells that meet neighbours.
#pragma once
#include "contract.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int WIDTH = 4;   // vectors of a line that are summed side by side
constexpr int KEPT = 4;    // partial sums of a weight gradient that are kept in registers

// The vectors of a line: which lanes hold results, and for each tap along the line which of them meet a cell inside.
template <class T>
class Columns {
 public:
  static constexpr int L = Simd<T>::L;

  explicit Columns(const Gather& g)
      : count((int)ceil_div(g.grid[2], L)), taps(g.taps[2].count), memory_(sizeof(Lanes) * (size_t)(count * (taps + 1))) {
    Lanes* reach = memory_.template as<Lanes>();
    Lanes* there = reach + count * taps;
    for (int v = 0; v < count; ++v) {
      const int64_t c = (int64_t)v * L, used = smaller<int64_t>(L, g.grid[2] - c);
      there[v] = lanes(0, (int)used);
      for (int k = 0; k < taps; ++k) {
        const int64_t first = c + g.taps[2].shift[k];
        const int64_t low = larger<int64_t>(0, -first), high = smaller(used, g.size[2] - first);
        reach[v * taps + k] = low < high ? lanes((int)low, (int)(high - low)) : 0;
      }
    }
  }

  const int count, taps;
  const Lanes* reach(int v) const { return memory_.template as<Lanes>() + v * taps; }
  Lanes there(int v) const { return memory_.template as<Lanes>()[count * taps + v]; }
  // Whether nothing of these vectors is padding.
  bool whole(int v, int vectors) const {
    bool all = true;
    for (int i = 0; i < vectors; ++i) all = all && there(v + i) == Simd<T>::ALL;
    for (int i = 0; i < vectors * taps; ++i) all = all && reach(v)[i] == Simd<T>::ALL;
    return all;
  }

 private:
  Scratch memory_;
};

// Calls row(line, tap) for the rows of taps that meet the line (e, p) of a plane: `line` is the cell of column 0 before
// the shift along the line, `tap` the row's first.
template <class T, class F>
ROT180_INLINE void each_row(const Gather& g, const T* plane, int64_t e, int64_t p, F&& row) {
  const T* line = plane + e * g.line[0] + p * g.line[1];
  for (int i = 0; i < g.taps[0].count; ++i) {
    if ((uint64_t)(e + g.taps[0].shift[i]) >= (uint64_t)g.size[0]) continue;
    for (int j = 0; j < g.taps[1].count; ++j)
      if ((uint64_t)(p + g.taps[1].shift[j]) < (uint64_t)g.size[1])
        row(line + g.taps[0].offset[i] + g.taps[1].offset[j], (i * g.taps[1].count + j) * g.taps[2].count);
  }
}

// ---- results ----

template <class T>
struct Finish {
  T start;    // a bias
  bool add;   // to what is there
  bool relu;  // replace negative results by zero
};

// V vectors of one line of results, from vector v on.
template <class T, int V>
void results(const Gather& g, const Columns<T>& columns, const T* plane, int64_t e, int64_t p, int v, const T* weights,
             const Finish<T>& finish, T* out) {
  using S = Simd<T>;
  typename S::V sum[V];
  const int64_t c = (int64_t)v * S::L;
  const bool whole = columns.whole(v, V);
  const Lanes* reach = columns.reach(v);
  const int taps = columns.taps;
  ROT180_UNROLL
  for (int i = 0; i < V; ++i) {
    sum[i] = S::splat(finish.start);
    if (finish.add) sum[i] += S::load(out + c + i * S::L, columns.there(v + i));
  }
  each_row(g, plane, e, p, [&](const T* line, int tap) {
    for (int k = 0; k < taps; ++k) {
      const auto w = S::splat(weights[tap + k]);
      const T* cells = line + g.taps[2].offset[k] + c;
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
    if (finish.relu) sum[i] = sum[i] < typename S::V{} ? typename S::V{} : sum[i];
    if (whole) S::store(out + c + i * S::L, sum[i]);
    else S::store(out + c + i * S::L, sum[i], columns.there(v + i));
  }
}

// One plane of results from one plane of the source.
template <class T>
void plane_of_results(const Gather& g, const Columns<T>& columns, const T* plane, const T* weights,
                      const Finish<T>& finish, T* out) {
  for (int64_t e = 0; e < g.grid[0]; ++e)
    for (int64_t p = 0; p < g.grid[1]; ++p, out += g.grid[2]) {
      int v = 0;
      for (; v + WIDTH <= columns.count; v += WIDTH) results<T, WIDTH>(g, columns, plane, e, p, v, weights, finish, out);
      switch (columns.count - v) {
        case 3: results<T, 3>(g, columns, plane, e, p, v, weights, finish, out); break;
        case 2: results<T, 2>(g, columns, plane, e, p, v, weights, finish, out); break;
        case 1: results<T, 1>(g, columns, plane, e, p, v, weights, finish, out); break;
        default: break;
      }
    }
}

template <class T>
void depthwise_y(const Geometry& g, const T* x, const T* w, const T* bias, bool relu, T* y) {
  const Split<T> split(g, x);
  TapTables tables(g);
  const Gather from = split.gather(g, tables);
  const Columns<T> columns(from);
  const int64_t taps = g.taps(), per_group = g.group_outputs();
  auto plane = [&](int64_t no) {
    const int64_t n = no / g.outputs, o = no % g.outputs;
    plane_of_results<T>(from, columns, split.source + (n * g.channels + o / per_group) * split.channel(), w + o * taps,
                        {bias ? bias[o] : T{}, false, relu}, y + no * g.y_cells());
  };
  in_chunks(g.images * g.outputs, plane);
}

template <class T>
void depthwise_x(const Geometry& g, const T* y, const T* w, T* x) {
  const int64_t taps = g.taps(), per_group = g.group_outputs();
  each_phase(g, x, [&](const Phase& phase, T* out) {
    TapTables tables(g);
    const Gather from = phase_gather(g, phase, tables);
    const Columns<T> columns(from);
    const int kept = from.tap_count();
    auto plane = [&](int64_t nc) {
      const int64_t n = nc / g.channels, c = nc % g.channels;
      Scratch chosen(sizeof(T) * (size_t)(kept + 1));
      for (int64_t i = 0; i < per_group; ++i) {
        const int64_t o = c * per_group + i;
        for (int t = 0; t < kept; ++t) chosen.as<T>()[t] = w[o * taps + tables.cells[t]];
        plane_of_results<T>(from, columns, y + (n * g.outputs + o) * g.y_cells(), chosen.as<T>(), {T{}, i > 0, false},
                            out + nc * phase.cells());
      }
    };
    in_chunks(g.images * g.channels, plane);
  });
}

// ---- w's gradient ----

// For K taps along the line, from the k-th of a row of taps on: the sums over a plane of y times the cells they meet.
template <class T, int K>
void weights_of_taps(const Gather& g, const Columns<T>& columns, const T* plane, const T* y, int i, int j, int k,
                     typename Simd<T>::V* sums) {
  using S = Simd<T>;
  typename S::V sum[K];
  ROT180_UNROLL
  for (int t = 0; t < K; ++t) sum[t] = sums[t];
  const ptrdiff_t offset = g.taps[0].offset[i] + g.taps[1].offset[j];
  for (int64_t e = 0; e < g.grid[0]; ++e) {
    if ((uint64_t)(e + g.taps[0].shift[i]) >= (uint64_t)g.size[0]) continue;
    for (int64_t p = 0; p < g.grid[1]; ++p) {
      if ((uint64_t)(p + g.taps[1].shift[j]) >= (uint64_t)g.size[1]) continue;
      const T* line = plane + e * g.line[0] + p * g.line[1] + offset;
      const T* left = y + (e * g.grid[1] + p) * g.grid[2];
      for (int v = 0; v < columns.count; ++v) {
        const auto value = S::load(left + v * S::L, columns.there(v));
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

template <class T>
void plane_of_weights(const Gather& g, const Columns<T>& columns, const T* plane, const T* y,
                      typename Simd<T>::V* sums) {
  for (int i = 0; i < g.taps[0].count; ++i)
    for (int j = 0; j < g.taps[1].count; ++j)
      for (int k = 0; k < columns.taps; k += KEPT, sums += KEPT) {
        switch (smaller(KEPT, columns.taps - k)) {
          case 4: weights_of_taps<T, 4>(g, columns, plane, y, i, j, k, sums); break;
          case 3: weights_of_taps<T, 3>(g, columns, plane, y, i, j, k, sums); break;
          case 2: weights_of_taps<T, 2>(g, columns, plane, y, i, j, k, sums); break;
          default: weights_of_taps<T, 1>(g, columns, plane, y, i, j, k, sums); break;
        }
        if (k + KEPT > columns.taps) sums -= k + KEPT - columns.taps;
      }
}

template <class T>
void depthwise_w(const Geometry& g, const T* x, const T* y, T* w) {
  using V = typename Simd<T>::V;
  const Split<T> split(g, x);
  TapTables tables(g);
  const Gather from = split.gather(g, tables);
  const Columns<T> columns(from);
  const int64_t taps = g.taps(), per_group = g.group_outputs();
  auto output = [&](int64_t o) {
    Scratch memory(sizeof(V) * (size_t)taps);
    V* sums = memory.as<V>();
    for (int64_t t = 0; t < taps; ++t) sums[t] = V{};
    for (int64_t n = 0; n < g.images; ++n)
      plane_of_weights<T>(from, columns, split.source + (n * g.channels + o / per_group) * split.channel(),
                          y + (n * g.outputs + o) * g.y_cells(), sums);
    for (int64_t t = 0; t < taps; ++t) w[o * taps + t] = Simd<T>::sum(sums[t]);
  };
  in_chunks(g.outputs, output);
}

}  // namespace ROT180_ISA
}  // namespace rot180
