// Every product and sum below is rounded by itself, as NumPy does it: CMakeLists.txt forbids fused multiply-adds here.
#include "updates.h"

#include "cellwise.h"

namespace rot180 {
namespace ROT180_ISA {
namespace {

inline float root(float value) { return __builtin_sqrtf(value); }
inline double root(double value) { return __builtin_sqrt(value); }

template <class T>
ROT180_INLINE typename Simd<T>::V roots(typename Simd<T>::V v) {
  T lane[Simd<T>::L];
  Simd<T>::store(lane, v);
  for (int l = 0; l < Simd<T>::L; ++l) lane[l] = root(lane[l]);
  return Simd<T>::load(lane);
}

}  // namespace

// As kernels/update.py writes it.
template <class T>
void adam(int64_t cells, const AdamStep<T>& step, const T* g, T* d, T* m, T* v, T* most) {
  using S = Simd<T>;
  using V = typename S::V;
  over_cells<T>(cells, [=](int64_t i, auto part) {
    const V gradient = part.load(g + i);
    const V mean = part.load(m + i) * S::splat(step.keep) + gradient * S::splat(step.gain);
    V square = part.load(v + i) * S::splat(step.keep_square) + gradient * gradient * S::splat(step.gain_square);
    part.store(m + i, mean);
    part.store(v + i, square);
    if (most) {
      const V before = part.load(most + i);
      const auto stays = (before > square) | (before != before);
      square = stays ? before : square;
      part.store(most + i, square);
    }
    const V scale = roots<T>(square) / S::splat(step.correction) + S::splat(step.eps);
    part.store(d + i, part.load(d + i) - mean / scale * S::splat(step.size));
  });
}

template void adam(int64_t, const AdamStep<float>&, const float*, float*, float*, float*, float*);
template void adam(int64_t, const AdamStep<double>&, const double*, double*, double*, double*, double*);

}  // namespace ROT180_ISA
}  // namespace rot180
