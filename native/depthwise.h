// One channel of x per group: nothing is summed over channels, so every plane is worked through line by line, a few
// vectors of results at a time, with a multiply-add per tap. Taps come from the same gather as everywhere: phases of a
// stride make neighbours of cells that meet neighbours.
#pragma once
#include "contract.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int WIDTH = 4;      // vectors of a line that are summed side by side
constexpr int TAPS_KEPT = 6;  // partial sums of a weight gradient that are kept in registers at once

// Where the taps of one line of results lie: for each valid tap its cell's address (without the column) and weight.
template <class T>
struct LineTaps {
  int count;
  const T** source;
  int64_t* shift;  // of the column
  int* tap;
};

// The taps that meet the line (e, p) of a plane; taps in rows outside the source are left out.
template <class T>
void find_line(const Gather& g, const T* plane, int64_t e, int64_t p, LineTaps<T>& line) {
  line.count = 0;
  int tap = 0;
  for (int i = 0; i < g.taps[0].count; ++i)
    for (int j = 0; j < g.taps[1].count; ++j) {
      const bool there = (uint64_t)(e + g.taps[0].shift[i]) < (uint64_t)g.size[0] &&
                         (uint64_t)(p + g.taps[1].shift[j]) < (uint64_t)g.size[1];
      for (int k = 0; k < g.taps[2].count; ++k, ++tap) {
        if (!there) continue;
        line.source[line.count] = plane + e * g.line[0] + p * g.line[1] + g.taps[0].offset[i] + g.taps[1].offset[j] +
                                  g.taps[2].offset[k];
        line.shift[line.count] = g.taps[2].shift[k];
        line.tap[line.count++] = tap;
      }
    }
}

// The lanes of the vector at column c whose cell, shifted, lies inside a line of `size` cells (and of `grid` results).
template <class T>
ROT180_INLINE Lanes inside_lanes(int64_t c, int64_t shift, int64_t size, int64_t grid) {
  const int64_t low = larger<int64_t>(0, -(c + shift));
  const int64_t high = smaller<int64_t>(Simd<T>::L, smaller(size - (c + shift), grid - c));
  return low >= high ? 0 : lanes((int)low, (int)(high - low));
}

template <class T>
void line_of_results(const LineTaps<T>& line, const T* weights, int64_t size, int64_t grid, T start, bool add, bool relu,
                     T* out) {
  using S = Simd<T>;
  using V = typename S::V;
  // Columns [low, high) meet only cells inside, whatever the tap.
  int64_t low = 0, high = grid;
  for (int t = 0; t < line.count; ++t) {
    low = larger(low, -line.shift[t]);
    high = smaller(high, size - line.shift[t]);
  }
  for (int64_t c = 0; c < grid;) {
    const bool free = c >= low && c + WIDTH * S::L <= high;
    const int vectors = free ? WIDTH : 1;
    V sum[WIDTH];
    for (int v = 0; v < vectors; ++v) sum[v] = S::splat(start);
    const Lanes there = inside_lanes<T>(c, 0, grid, grid);
    if (add && free)
      for (int v = 0; v < WIDTH; ++v) sum[v] += S::load(out + c + v * S::L);
    else if (add)
      sum[0] += S::load(out + c, there);
    for (int t = 0; t < line.count; ++t) {
      const V w = S::splat(weights[line.tap[t]]);
      const T* cells = line.source[t] + c;
      if (free) {
        ROT180_UNROLL
        for (int v = 0; v < WIDTH; ++v) sum[v] += w * S::load(cells + v * S::L);
      } else {
        sum[0] += w * S::load(cells, inside_lanes<T>(c, line.shift[t], size, grid));
      }
    }
    for (int v = 0; v < vectors; ++v) {
      if (relu) sum[v] = sum[v] < V{} ? V{} : sum[v];
      if (free) S::store(out + c + v * S::L, sum[v]);
      else S::store(out + c, sum[v], there);
    }
    c += vectors * S::L;
  }
}

template <class T>
struct LineMemory {
  Scratch memory;
  LineTaps<T> taps;
  explicit LineMemory(int64_t count) : memory((sizeof(T*) + sizeof(int64_t) + sizeof(int)) * (size_t)count) {
    taps.source = memory.template as<const T*>();
    taps.shift = reinterpret_cast<int64_t*>(taps.source + count);
    taps.tap = reinterpret_cast<int*>(taps.shift + count);
    taps.count = 0;
  }
};

// One plane of results from one plane of the source; `add` to what is there.
template <class T>
void plane_of_results(const Gather& g, const T* plane, const T* weights, T start, bool add, bool relu, T* out) {
  LineMemory<T> line(g.tap_count());
  for (int64_t e = 0; e < g.grid[0]; ++e)
    for (int64_t p = 0; p < g.grid[1]; ++p, out += g.grid[2]) {
      find_line(g, plane, e, p, line.taps);
      line_of_results(line.taps, weights, g.size[2], g.grid[2], start, add, relu, out);
    }
}

template <class T>
void depthwise_y(const Geometry& g, const T* x, const T* w, const T* bias, bool relu, T* y) {
  const Split<T> split(g, x);
  TapTables tables(g.taps());
  const Gather from = split.gather(g, tables.shifts, tables.offsets);
  const int64_t taps = g.taps(), per_group = g.group_outputs();
  auto plane = [&](int64_t no) {
    const int64_t n = no / g.outputs, o = no % g.outputs;
    plane_of_results<T>(from, split.source + (n * g.channels + o / per_group) * split.channel(), w + o * taps,
                        bias ? bias[o] : T{}, false, relu, y + no * g.y_cells());
  };
  in_chunks(g.images * g.outputs, plane);
}

template <class T>
void depthwise_x(const Geometry& g, const T* y, const T* w, T* x) {
  const int64_t taps = g.taps(), per_group = g.group_outputs();
  each_phase(g, x, [&](const Phase& phase, T* out) {
    TapTables tables(taps);
    const Gather from = phase_gather(g, phase, tables);
    const int kept = from.tap_count();
    auto plane = [&](int64_t nc) {
      const int64_t n = nc / g.channels, c = nc % g.channels;
      Scratch chosen(sizeof(T) * (size_t)(kept + 1));
      for (int64_t i = 0; i < per_group; ++i) {
        const int64_t o = c * per_group + i;
        for (int t = 0; t < kept; ++t) chosen.as<T>()[t] = w[o * taps + tables.cells[t]];
        plane_of_results<T>(from, y + (n * g.outputs + o) * g.y_cells(), chosen.as<T>(), T{}, i > 0, false,
                            out + nc * phase.cells());
      }
    };
    in_chunks(g.images * g.channels, plane);
  });
}

// Sums over one line of y times the lines of x that its taps meet: TAPS_KEPT taps at a time, the rest of the line after
// the registers are full.
template <class T>
void line_of_weights(const LineTaps<T>& line, const T* y, int64_t size, int64_t grid, typename Simd<T>::V* sums) {
  using S = Simd<T>;
  using V = typename S::V;
  for (int first = 0; first < line.count; first += TAPS_KEPT) {
    const int count = smaller(TAPS_KEPT, line.count - first);
    V sum[TAPS_KEPT];
    for (int t = 0; t < count; ++t) sum[t] = sums[line.tap[first + t]];
    int64_t low = 0, high = grid;
    for (int t = first; t < first + count; ++t) {
      low = larger(low, -line.shift[t]);
      high = smaller(high, size - line.shift[t]);
    }
    for (int64_t c = 0; c < grid; c += S::L) {
      if (c >= low && c + S::L <= high) {
        const V left = S::load(y + c);
        for (int t = 0; t < count; ++t) sum[t] += left * S::load(line.source[first + t] + c);
      } else {
        const V left = S::load(y + c, inside_lanes<T>(c, 0, grid, grid));
        for (int t = 0; t < count; ++t)
          sum[t] += left * S::load(line.source[first + t] + c, inside_lanes<T>(c, line.shift[first + t], size, grid));
      }
    }
    for (int t = 0; t < count; ++t) sums[line.tap[first + t]] = sum[t];
  }
}

template <class T>
void depthwise_w(const Geometry& g, const T* x, const T* y, T* w) {
  using V = typename Simd<T>::V;
  const Split<T> split(g, x);
  TapTables tables(g.taps());
  const Gather from = split.gather(g, tables.shifts, tables.offsets);
  const int64_t taps = g.taps(), per_group = g.group_outputs();
  auto output = [&](int64_t o) {
    LineMemory<T> line(taps);
    Scratch memory(sizeof(V) * (size_t)taps);
    V* sums = memory.as<V>();
    for (int64_t t = 0; t < taps; ++t) sums[t] = V{};
    for (int64_t n = 0; n < g.images; ++n) {
      const T* plane = split.source + (n * g.channels + o / per_group) * split.channel();
      const T* left = y + (n * g.outputs + o) * g.y_cells();
      for (int64_t e = 0; e < g.y[0]; ++e)
        for (int64_t p = 0; p < g.y[1]; ++p, left += g.y[2]) {
          find_line(from, plane, e, p, line.taps);
          line_of_weights(line.taps, left, from.size[2], from.grid[2], sums);
        }
    }
    for (int64_t t = 0; t < taps; ++t) w[o * taps + t] = Simd<T>::sum(sums[t]);
  };
  in_chunks(g.outputs, output);
}

}  // namespace ROT180_ISA
}  // namespace rot180
