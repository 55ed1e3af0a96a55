// Forces inlining: for functions that several instruction sets share (simd/vector.h says why), and for functions that
// must keep their vectors in registers.
#pragma once

#define ROT180_INLINE inline __attribute__((always_inline))
