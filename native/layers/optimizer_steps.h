// Steps of the optimisers, each in one pass over memory. The results equal those of the NumPy code bit for bit.
#pragma once
#include "layers/layers.h"
#include "simd/vector.h"

namespace rot180 {
namespace ROT180_ISA {

template <class T>
void sgd(int64_t cells, const SgdStep<T>& step, const T* g, T* d, T* v);

template <class T>
void adam(int64_t cells, const AdamStep<T>& step, const T* g, T* d, T* m, T* v, T* most);

}  // namespace ROT180_ISA
}  // namespace rot180
