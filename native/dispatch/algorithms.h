// Which algorithm computes a contraction: one table, the first row that fits.
//
//     algorithm   kernels         where
//     dense       y, x, w         the kernel covers x exactly: a linear layer, a matrix product
//     depthwise   y, x, w         one channel of x per group
//     winograd4   y, x            3x3 at stride 1 with larger tiles, only where "fast" was asked for
//     winograd    y, x, w         float32, 3x3 at stride 1 (also dilated) or 2 and 4x4 at stride 2, without groups, with
//                                 enough channels and tiles
//     direct      y, x, w         everything
#pragma once
#include "window/geometry.h"

namespace rot180 {

// `automatic` and `fast` are settled by the table; the others can be forced.
enum class Algorithm { automatic, direct, dense, winograd, winograd4, depthwise, fast };
enum class Kernel { y, x, w };

const char* name_of(Algorithm a);

// The row of the table in words.
const char* where(Algorithm a);

// Whether the algorithm can compute this contraction at all.
bool fits(Algorithm a, Kernel k, const Geometry& g, bool single);

// The row of the table that fits; `fast` allows winograd4.
Algorithm choose(Kernel k, const Geometry& g, bool single, bool fast);

// The algorithm that was asked for, where it fits; else the table's.
Algorithm settle(Algorithm asked, Kernel k, const Geometry& g, bool single);

}  // namespace rot180
