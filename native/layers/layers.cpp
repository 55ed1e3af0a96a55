// The table of layers.h for one instruction set.
#include "layers/activation.h"
#include "layers/cross_entropy.h"
#include "layers/normalization.h"
#include "layers/max_pool.h"
#include "layers/squared_error.h"
#include "layers/optimizer_steps.h"

namespace rot180 {
namespace ROT180_ISA {

extern const Layers<float> LAYERS32;
extern const Layers<double> LAYERS64;

template <class T>
constexpr Layers<T> layers() {
  return {norm_y<T>,          norm_x<T>,          affine_y<T>,     bias_sums<T>,       add_bias<T>,  relu_y<T>,
          relu_x<T>,          leaky_relu_y<T>,    leaky_relu_x<T>, sigmoid_y<T>,       sigmoid_x<T>, cross_entropy_y<T>,
          cross_entropy_x<T>, squared_error_y<T>, squared_error_x<T>, max_y<T>,        max_taps<T>,  max_x<T>,
          sgd<T>,             adam<T>,            add<T>};
}

constexpr Layers<float> LAYERS32 = layers<float>();  // constant data: see dispatch/instruction_sets.h
constexpr Layers<double> LAYERS64 = layers<double>();

}  // namespace ROT180_ISA
}  // namespace rot180
