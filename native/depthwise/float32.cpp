#include "depthwise/depthwise_impl.h"

namespace rot180 {
namespace ROT180_ISA {

template void depthwise_y(const Geometry&, const float*, const float*, const float*, bool, float*);
template void depthwise_x(const Geometry&, const float*, const float*, float*);
template void depthwise_w(const Geometry&, const float*, const float*, float*);

}  // namespace ROT180_ISA
}  // namespace rot180
