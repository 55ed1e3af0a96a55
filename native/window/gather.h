// The matrix S of a contraction, which is never built: S[k, q] is the cell of the source that position q meets through
// row k, and row k is one channel seen through one tap of the kernel.
//
// Positions are numbered image by image along a grid. A strip is L of them, one vector: `runs` of lanes whose cells lie
// side by side in memory, and for each tap the lanes that lie inside the source (the others are padding).
#pragma once
#include "window/geometry.h"
#include "simd/vector.h"

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

}  // namespace ROT180_ISA
}  // namespace rot180
