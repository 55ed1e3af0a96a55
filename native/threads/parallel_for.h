// run_chunks for any function object that takes an index.
#pragma once
#include "simd/vector.h"
#include "threads/pool.h"

namespace rot180 {
namespace ROT180_ISA {

template <class F>
void parallel_for(int64_t count, F& f) {
  if (count == 1) return f(0);
  run_chunks(count, [](int64_t i, void* job) { (*static_cast<F*>(job))(i); }, &f);
}

// The number of pieces to cut work into, at most `most`: few pieces are rounded up to a multiple of the number of
// threads, so that every thread gets the same number.
ROT180_INLINE int64_t round_to_threads(int64_t pieces, int64_t most) {
  const int64_t threads = num_threads();
  return pieces < 4 * threads ? smaller(most, ceil_div(pieces, threads) * threads) : pieces;
}

}  // namespace ROT180_ISA
}  // namespace rot180
