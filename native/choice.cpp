#include "choice.h"

#include <string>

namespace rot180 {
namespace {

// Measured on two kinds of machines: with fewer channels the transforms of the tiles cost more than the products save,
// and with fewer tiles the transform of the weights does.
constexpr int64_t CHANNELS = 32, CHANNELS_OF_W = 128, TILES = 128;

bool winograd_pays(Kernel k, const Geometry& g) {
  const int64_t channels = k == Kernel::w ? CHANNELS_OF_W : CHANNELS;
  const int64_t tiles = g.images * ((g.y[1] + 1) / 2) * ((g.y[2] + 1) / 2) * g.y[0];
  return g.channels >= channels && g.outputs >= channels && tiles >= TILES;
}

}  // namespace

const char* name_of(Algorithm a) {
  switch (a) {
    case Algorithm::direct: return "direct";
    case Algorithm::dense: return "dense";
    case Algorithm::winograd: return "winograd";
    case Algorithm::depthwise: return "depthwise";
    default: return "automatic";
  }
}

const char* where(Algorithm a) {
  static const std::string winograd = "float32, 3x3 at stride 1 without groups or dilation, from " +
                                      std::to_string(CHANNELS) + " channels (" + std::to_string(CHANNELS_OF_W) +
                                      " for a gradient of w) and " + std::to_string(TILES) + " tiles of 2x2 on";
  switch (a) {
    case Algorithm::dense: return "the kernel covers x exactly: linear layers";
    case Algorithm::depthwise: return "one channel of x per group";
    case Algorithm::winograd: return winograd.c_str();
    default: return "everything else";
  }
}

bool fits(Algorithm a, const Geometry& g, bool single) {
  switch (a) {
    case Algorithm::dense: {
      bool fits = g.groups == 1 && !g.padded();
      for (int axis = 0; axis < 3; ++axis)
        fits = fits && g.y[axis] == 1 && g.kernel[axis] == g.x[axis] && (g.dilation[axis] == 1 || g.kernel[axis] == 1);
      return fits;
    }
    case Algorithm::depthwise: return g.group_channels() == 1;
    case Algorithm::winograd: {
      bool fits = single && g.groups == 1 && g.kernel[0] == 1 && g.padding[0] == 0 && !g.strided();
      for (int axis = 1; axis < 3; ++axis)
        fits = fits && g.kernel[axis] == 3 && g.dilation[axis] == 1 && g.padding[axis] <= 2;
      return fits;
    }
    default: return true;
  }
}

Algorithm choose(Kernel k, const Geometry& g, bool single) {
  if (fits(Algorithm::dense, g, single)) return Algorithm::dense;
  if (g.groups > 1 && fits(Algorithm::depthwise, g, single)) return Algorithm::depthwise;
  if (fits(Algorithm::winograd, g, single) && winograd_pays(k, g)) return Algorithm::winograd;
  return Algorithm::direct;
}

Algorithm settle(Algorithm asked, Kernel k, const Geometry& g, bool single) {
  return asked != Algorithm::automatic && fits(asked, g, single) ? asked : choose(k, g, single);
}

}  // namespace rot180
