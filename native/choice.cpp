#include "choice.h"

#include <string>

namespace rot180 {
namespace {

// Measured on two kinds of machines: with fewer channels the transforms of the tiles cost more than the products save,
// and with fewer tiles the transform of the weights does.
constexpr int64_t CHANNELS = 32, CHANNELS_OF_W = 64, TILES = 128, LARGE_TILES = 128;

int64_t tiles(const Geometry& g, int64_t size) {
  return g.images * g.y[0] * ((g.y[1] + size - 1) / size) * ((g.y[2] + size - 1) / size);
}

bool winograd_pays(Kernel k, const Geometry& g) {
  const int64_t channels = k == Kernel::w ? CHANNELS_OF_W : CHANNELS;
  return g.channels >= channels && g.outputs >= channels && tiles(g, 2) >= TILES;
}

bool large_tiles_pay(const Geometry& g) {
  return g.channels >= CHANNELS && g.outputs >= CHANNELS && tiles(g, 4) >= LARGE_TILES;
}

}  // namespace

const char* name_of(Algorithm a) {
  switch (a) {
    case Algorithm::direct: return "direct";
    case Algorithm::dense: return "dense";
    case Algorithm::winograd: return "winograd";
    case Algorithm::winograd4: return "winograd4";
    case Algorithm::depthwise: return "depthwise";
    case Algorithm::fast: return "fast";
    default: return "automatic";
  }
}

const char* where(Algorithm a) {
  static const std::string winograd = "float32, 3x3 at stride 1 without groups or dilation, from " +
                                      std::to_string(CHANNELS) + " channels (" + std::to_string(CHANNELS_OF_W) +
                                      " for a gradient of w) and " + std::to_string(TILES) + " tiles of 2x2 on";
  static const std::string winograd4 = "as winograd, but no gradient of w: from " + std::to_string(CHANNELS) +
                                       " channels and " + std::to_string(LARGE_TILES) +
                                       " tiles of 4x4 on, if rot180.set_float32_conv_precision(\"high\") was called";
  switch (a) {
    case Algorithm::dense: return "the kernel covers x exactly: linear layers";
    case Algorithm::depthwise: return "one channel of x per group";
    case Algorithm::winograd: return winograd.c_str();
    case Algorithm::winograd4: return winograd4.c_str();
    default: return "everything else";
  }
}

bool fits(Algorithm a, Kernel k, const Geometry& g, bool single) {
  switch (a) {
    case Algorithm::dense: {
      bool fits = g.groups == 1 && !g.padded();
      for (int axis = 0; axis < 3; ++axis)
        fits = fits && g.y[axis] == 1 && g.kernel[axis] == g.x[axis] && (g.dilation[axis] == 1 || g.kernel[axis] == 1);
      return fits;
    }
    case Algorithm::depthwise: return g.group_channels() == 1;
    case Algorithm::winograd4:
      if (k == Kernel::w) return false;
      [[fallthrough]];
    case Algorithm::winograd: {
      bool fits = single && g.groups == 1 && g.kernel[0] == 1 && g.padding[0] == 0 && !g.strided();
      for (int axis = 1; axis < 3; ++axis)
        fits = fits && g.kernel[axis] == 3 && g.dilation[axis] == 1 && g.padding[axis] <= 2;
      return fits;
    }
    default: return true;
  }
}

Algorithm choose(Kernel k, const Geometry& g, bool single, bool fast) {
  if (fits(Algorithm::dense, k, g, single)) return Algorithm::dense;
  if (g.groups > 1 && fits(Algorithm::depthwise, k, g, single)) return Algorithm::depthwise;
  if (fast && fits(Algorithm::winograd4, k, g, single) && large_tiles_pay(g)) return Algorithm::winograd4;
  if (fits(Algorithm::winograd, k, g, single) && winograd_pays(k, g)) return Algorithm::winograd;
  return Algorithm::direct;
}

Algorithm settle(Algorithm asked, Kernel k, const Geometry& g, bool single) {
  const bool open = asked == Algorithm::automatic || asked == Algorithm::fast;
  return !open && fits(asked, k, g, single) ? asked : choose(k, g, single, asked == Algorithm::fast);
}

}  // namespace rot180
