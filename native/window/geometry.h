// The geometry of one contraction: the fields of a Window, always with three spatial axes (missing leading axes have
// size 1).
//
//     x index = stride * p + dilation * k - padding          for every axis
//
// x : (images, channels, x[0], x[1], x[2])     y : (images, outputs, y[0], y[1], y[2])
// w : (outputs, channels / groups, kernel[0], kernel[1], kernel[2])     all C-contiguous
#pragma once
#include <cstddef>
#include <cstdint>

#include "simd/inline.h"

namespace rot180 {

struct Geometry {
  int64_t images = 1, channels = 1, outputs = 1, groups = 1;
  int64_t x[3] = {1, 1, 1}, y[3] = {1, 1, 1}, kernel[3] = {1, 1, 1};
  int64_t stride[3] = {1, 1, 1}, dilation[3] = {1, 1, 1}, padding[3] = {0, 0, 0};

  ROT180_INLINE int64_t x_cells() const { return x[0] * x[1] * x[2]; }
  ROT180_INLINE int64_t y_cells() const { return y[0] * y[1] * y[2]; }
  ROT180_INLINE int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  ROT180_INLINE int64_t group_channels() const { return channels / groups; }
  ROT180_INLINE int64_t group_outputs() const { return outputs / groups; }
  ROT180_INLINE bool strided() const { return stride[0] != 1 || stride[1] != 1 || stride[2] != 1; }
  ROT180_INLINE bool padded() const { return padding[0] || padding[1] || padding[2]; }
};

}  // namespace rot180
