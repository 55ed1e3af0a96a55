#include "depthwise/depthwise_impl.h"

namespace rot180 {
namespace ROT180_ISA {

template void depthwise_y(const Geometry&, const double*, const double*, const double*, bool, double*);
template void depthwise_x(const Geometry&, const double*, const double*, double*);
template void depthwise_w(const Geometry&, const double*, const double*, double*);

}  // namespace ROT180_ISA
}  // namespace rot180
