// The algorithms and the table that chooses one: the first row that fits.
//
//     algorithm   kernels         where
//     dense       y, x, w         the kernel covers x exactly: a linear layer, a matrix product
//     depthwise   y, x, w         one channel of x per group
//     winograd4   y, x            float32, 3x3 at stride 1, with larger tiles, only if `fast` is requested
//     winograd    y, x, w         float32, 3x3 at stride 1 (also dilated) or 2 and 4x4 at stride 2, without groups, with
//                                 enough channels and tiles
//     direct      y, x, w         everything
#pragma once
#include "window/geometry.h"

namespace rot180 {

// `automatic` and `fast` let the table choose; the others force an algorithm.
enum class Algorithm { automatic, direct, dense, winograd, winograd4, depthwise, fast };
enum class Kernel { y, x, w };

const char* name_of(Algorithm a);

// A description of the row of the table.
const char* where(Algorithm a);

// True if the algorithm can compute this contraction. `single` is true for float32.
bool fits(Algorithm a, Kernel k, const Geometry& g, bool single);

// The first row of the table that fits; `fast` allows winograd4.
Algorithm choose(Kernel k, const Geometry& g, bool single, bool fast);

// The requested algorithm if it fits, otherwise the choice of the table.
Algorithm settle(Algorithm asked, Kernel k, const Geometry& g, bool single);

}  // namespace rot180
