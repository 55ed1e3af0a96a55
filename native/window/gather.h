// The matrix S of a contraction (the im2col matrix), which is never built. Row k of S is one channel of the source
// under one tap of the kernel; S[k, q] is the cell that position q reads through that channel and tap.
//
// Positions are numbered image by image along a grid. A strip is L consecutive positions, the lanes of one vector. It
// consists of runs of lanes whose cells are adjacent in memory. For each tap, a mask has the lanes whose cells are
// inside the source; the other lanes are padding.
#pragma once
#include "window/geometry.h"
#include "simd/vector.h"

namespace rot180 {
namespace ROT180_ISA {

// The taps along one axis: position p reads the cell p + shift, which is `offset` cells in memory from p's own cell.
struct AxisTaps {
  int count;
  const int64_t* shift;
  const ptrdiff_t* offset;
};

struct Gather {
  int64_t images, grid[3];   // numbers of positions
  int64_t size[3];           // sizes of the source
  ptrdiff_t image, line[3];  // strides of the source, in cells: per image and per axis; line[2] is 1
  AxisTaps taps[3];
  bool inside;  // true if no position reads padding through any tap

  int64_t cells() const { return grid[0] * grid[1] * grid[2]; }
  int64_t positions() const { return images * cells(); }
  // The offset of the cell that position q reads through the last tap: no earlier position has read it.
  ptrdiff_t last_cell(int64_t q) const {
    const int64_t n = q / cells(), e = q % cells() / (grid[1] * grid[2]), rest = q % (grid[1] * grid[2]);
    ptrdiff_t cell = n * image + e * line[0] + rest / grid[2] * line[1] + rest % grid[2];
    for (const AxisTaps& axis : taps) cell += axis.offset[axis.count - 1];
    return cell;
  }
  int tap_count() const { return taps[0].count * taps[1].count * taps[2].count; }
};

// The strides of the results: position (n, p) writes to n * image + sum of p * line.
struct Scatter {
  ptrdiff_t image, line[3];
};

// A row of S: the offset to add to a position's cell, and the number of the tap, whose mask has the padding.
struct Row {
  ptrdiff_t offset;
  int tap;
};

// Lists the channels * tap_count() rows of S, channel by channel and tap by tap.
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
