// run_chunks for anything that can be called with an index.
#pragma once
#include "simd.h"
#include "threads.h"

namespace rot180 {
namespace ROT180_ISA {

template <class F>
void in_chunks(int64_t count, F& f) {
  if (count == 1) return f(0);
  run_chunks(count, [](int64_t i, void* job) { (*static_cast<F*>(job))(i); }, &f);
}

}  // namespace ROT180_ISA
}  // namespace rot180
