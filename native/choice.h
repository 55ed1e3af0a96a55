// Which algorithm computes a contraction: one table, the first row that fits.
//
//     algorithm   kernels         where
//     dense       y, x, w         the kernel covers x exactly: a linear layer, a matrix product
//     depthwise   y, x, w         one channel of x per group
//     winograd    y, x, w         float32, 3x3 at stride 1 without groups or dilation, enough channels and tiles
//     direct      y, x, w         everything
#pragma once
#include "geometry.h"

namespace rot180 {

enum class Algorithm { automatic, direct, dense, winograd, depthwise };
enum class Kernel { y, x, w };

const char* name_of(Algorithm a);

// The row of the table in words.
const char* where(Algorithm a);

// Whether the algorithm can compute this contraction at all.
bool fits(Algorithm a, const Geometry& g, bool single);

// The row of the table that fits.
Algorithm choose(Kernel k, const Geometry& g, bool single);

// The algorithm that was asked for, where it fits; else the table's.
Algorithm settle(Algorithm asked, Kernel k, const Geometry& g, bool single);

}  // namespace rot180
