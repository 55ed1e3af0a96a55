// Each product and each sum is rounded separately, as in NumPy: CMakeLists.txt disables fused multiply-adds for this
// file.
#include "layers/optimizer_steps.h"

#include "layers/elementwise.h"

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

// The direction of descent: the gradient, or its negative to maximise, plus weight decay.
template <class T, class Step>
ROT180_INLINE typename Simd<T>::V direction(const Step& step, typename Simd<T>::V gradient, typename Simd<T>::V at) {
  if (step.maximize) gradient = -gradient;
  return step.decay != 0 ? at * Simd<T>::splat(step.decay) + gradient : gradient;
}

}  // namespace


template <class T>
void sgd(int64_t cells, const SgdStep<T>& step, const T* g, T* d, T* v) {
  using S = Simd<T>;
  using V = typename S::V;
  for_each_cell<T>(cells, [=](int64_t i, auto lanes) {
    const V at = lanes.load(d + i);
    V slope = direction<T>(step, lanes.load(g + i), at);
    if (v) {
      V speed = slope;
      if (!step.first) speed = lanes.load(v + i) * S::splat(step.keep) + slope * S::splat(step.gain);
      lanes.store(v + i, speed);
      slope = step.nesterov ? speed * S::splat(step.keep) + slope : speed;
    }
    lanes.store(d + i, at - slope * S::splat(step.rate));
  });
}

template <class T>
void adam(int64_t cells, const AdamStep<T>& step, const T* g, T* d, T* m, T* v, T* most) {
  using S = Simd<T>;
  using V = typename S::V;
  for_each_cell<T>(cells, [=](int64_t i, auto lanes) {
    const V at = lanes.load(d + i), gradient = direction<T>(step, lanes.load(g + i), at);
    const V mean = lanes.load(m + i) * S::splat(step.keep) + gradient * S::splat(step.gain);
    V square = lanes.load(v + i) * S::splat(step.keep_square) + gradient * gradient * S::splat(step.gain_square);
    lanes.store(m + i, mean);
    lanes.store(v + i, square);
    if (most) {
      const V before = lanes.load(most + i);
      const auto stays = (before > square) | (before != before);
      square = stays ? before : square;
      lanes.store(most + i, square);
    }
    const V scale = roots<T>(square) / S::splat(step.correction) + S::splat(step.eps);
    lanes.store(d + i, at - mean / scale * S::splat(step.size));
  });
}

template void sgd(int64_t, const SgdStep<float>&, const float*, float*, float*);
template void sgd(int64_t, const SgdStep<double>&, const double*, double*, double*);
template void adam(int64_t, const AdamStep<float>&, const float*, float*, float*, float*, float*);
template void adam(int64_t, const AdamStep<double>&, const double*, double*, double*, double*, double*);

}  // namespace ROT180_ISA
}  // namespace rot180
