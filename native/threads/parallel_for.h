// run_chunks for anything that can be called with an index.
#pragma once
#include "simd/vector.h"
#include "threads/pool.h"

namespace rot180 {
namespace ROT180_ISA {

template <class F>
void in_chunks(int64_t count, F& f) {
  if (count == 1) return f(0);
  run_chunks(count, [](int64_t i, void* job) { (*static_cast<F*>(job))(i); }, &f);
}

// About so many pieces, at most `most`: where they are few, a few more, so that every thread gets as many.
ROT180_INLINE int64_t evenly(int64_t pieces, int64_t most) {
  const int64_t threads = num_threads();
  return pieces < 4 * threads ? smaller(most, ceil_div(pieces, threads) * threads) : pieces;
}

}  // namespace ROT180_ISA
}  // namespace rot180
