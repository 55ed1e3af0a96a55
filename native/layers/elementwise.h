// Elementwise functions: full vectors, then one vector with a mask.
#pragma once
#include "threads/parallel_for.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int64_t CELLS_PER_CHUNK = 1 << 15;

// All lanes of a vector, or some of them: elementwise functions load and store through one of these.
template <class T>
struct FullVector {
  ROT180_INLINE typename Simd<T>::V load(const T* p) const { return Simd<T>::load(p); }
  ROT180_INLINE void store(T* p, typename Simd<T>::V v) const { Simd<T>::store(p, v); }
};
template <class T>
struct PartialVector {
  Lanes there;
  ROT180_INLINE typename Simd<T>::V load(const T* p) const { return Simd<T>::load(p, there); }
  ROT180_INLINE void store(T* p, typename Simd<T>::V v) const { Simd<T>::store(p, v, there); }
};

// Calls f(i, lanes) for each vector of the cells [first, last).
template <class T, class F>
ROT180_INLINE void for_each_vector(int64_t first, int64_t last, const F& f) {
  constexpr int L = Simd<T>::L;
  int64_t i = first;
  for (; i + L <= last; i += L) f(i, FullVector<T>());
  if (i < last) f(i, PartialVector<T>{lanes(0, (int)(last - i))});
}

// Calls f(i, lanes) for each vector of the cells [0, cells), on all threads.
template <class T, class F>
void for_each_cell(int64_t cells, const F& f) {
  auto chunk = [&](int64_t c) {
    for_each_vector<T>(c * CELLS_PER_CHUNK, smaller(cells, (c + 1) * CELLS_PER_CHUNK), f);
  };
  parallel_for(ceil_div(cells, CELLS_PER_CHUNK), chunk);
}

}  // namespace ROT180_ISA
}  // namespace rot180
