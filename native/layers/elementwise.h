// Functions cell by cell: vectors, and one with a mask at the end.
#pragma once
#include "threads/parallel_for.h"

namespace rot180 {
namespace ROT180_ISA {

constexpr int64_t CELLS_PER_CHUNK = 1 << 15;

// All lanes of a vector, or some: what a function of cells loads and stores through.
template <class T>
struct Whole {
  ROT180_INLINE typename Simd<T>::V load(const T* p) const { return Simd<T>::load(p); }
  ROT180_INLINE void store(T* p, typename Simd<T>::V v) const { Simd<T>::store(p, v); }
};
template <class T>
struct Some {
  Lanes there;
  ROT180_INLINE typename Simd<T>::V load(const T* p) const { return Simd<T>::load(p, there); }
  ROT180_INLINE void store(T* p, typename Simd<T>::V v) const { Simd<T>::store(p, v, there); }
};

// f(i, lanes) for the vectors of cells [first, last).
template <class T, class F>
ROT180_INLINE void each_vector(int64_t first, int64_t last, const F& f) {
  constexpr int L = Simd<T>::L;
  int64_t i = first;
  for (; i + L <= last; i += L) f(i, Whole<T>());
  if (i < last) f(i, Some<T>{lanes(0, (int)(last - i))});
}

// The same for [0, cells), in chunks.
template <class T, class F>
void over_cells(int64_t cells, const F& f) {
  auto chunk = [&](int64_t c) {
    each_vector<T>(c * CELLS_PER_CHUNK, smaller(cells, (c + 1) * CELLS_PER_CHUNK), f);
  };
  in_chunks(ceil_div(cells, CELLS_PER_CHUNK), chunk);
}

}  // namespace ROT180_ISA
}  // namespace rot180
