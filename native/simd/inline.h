// Functions that must leave no copy of their own, because the kernels of several instruction sets share them or because
// a tile would leave its registers: see simd.h.
#pragma once

#define ROT180_INLINE inline __attribute__((always_inline))
