#include "dispatch/algorithms.h"

#include <string>

namespace rot180 {
namespace {

// The sizes from which Winograd is faster, measured on two kinds of machines. With fewer channels, the transforms of
// the tiles cost more than the products save; with fewer tiles, the transform of the weights does. The smaller of
// channels and outputs counts.
struct Row {
  int64_t size, stride;  // size and stride of the kernel, the same along both axes
  int64_t channels[3];   // smallest numbers of channels for y, x and w; 0 means never
  int64_t tiles_of_y;    // smallest number of tiles for y; for x and w it is TILES
};
constexpr int64_t TILES = 128;
constexpr Row ROWS[] = {{3, 1, {32, 32, 32}, TILES}, {4, 2, {64, 64, 64}, TILES}, {3, 2, {128, 128, 0}, 2 * TILES}};
constexpr int64_t LARGE_TILES = 128, CHANNELS_OF_DILATED_W = 128;

// True if the kernel is size x size at this stride, without groups or dilation.
bool small_kernel(const Geometry& g, int64_t size, int64_t stride) {
  bool fits = g.groups == 1 && g.kernel[0] == 1 && g.padding[0] == 0 && g.stride[0] == 1;
  for (int axis = 1; axis < 3; ++axis)
    fits = fits && g.kernel[axis] == size && g.stride[axis] == stride && g.dilation[axis] == 1 && g.padding[axis] < size;
  return fits && (stride == 1 || g.padding[1] % 2 == g.padding[2] % 2);  // both paddings even or both odd
}

// True if the kernel is a dilated 3x3 kernel, which is an undilated one on each residue modulo the dilation.
bool small_dilated_kernel(const Geometry& g) {
  const int64_t d = g.dilation[2];
  if (d == 1 || g.dilation[1] != d || g.x[0] != 1 || g.y[0] != 1 || g.padding[1] % d || g.padding[2] % d) return false;
  Geometry plain = g;
  plain.dilation[1] = plain.dilation[2] = 1;
  for (int axis = 1; axis < 3; ++axis) plain.padding[axis] /= d;
  return small_kernel(plain, 3, 1);
}

int64_t tiles(const Geometry& g, int64_t size) {
  return g.images * g.y[0] * ((g.y[1] + size - 1) / size) * ((g.y[2] + size - 1) / size);
}

bool winograd_pays(Kernel k, const Geometry& g) {
  for (const Row& row : ROWS) {
    const bool dilated = &row == ROWS && small_dilated_kernel(g);
    if (!dilated && !small_kernel(g, row.size, row.stride)) continue;
    const int64_t channels = dilated && k == Kernel::w ? CHANNELS_OF_DILATED_W : row.channels[static_cast<int>(k)];
    const int64_t least = k == Kernel::y ? row.tiles_of_y : TILES;
    return channels && g.channels >= channels && g.outputs >= channels && tiles(g, 2) >= least;
  }
  return false;
}

bool large_tiles_pay(const Geometry& g) {
  return g.channels >= ROWS[0].channels[0] && g.outputs >= ROWS[0].channels[0] && tiles(g, 4) >= LARGE_TILES;
}

// For example "3x3 at stride 1 from 32 channels (64 for w)".
std::string in_words(const Row& row) {
  const std::string size = std::to_string(row.size);
  const std::string text = size + "x" + size + " at stride " + std::to_string(row.stride) + " from " +
                           std::to_string(row.channels[0]) + " channels";
  if (row.channels[2] == row.channels[0]) return text;
  return text + (row.channels[2] ? " (" + std::to_string(row.channels[2]) + " for w)" : " (not for w)");
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
  static const std::string winograd = "float32, without groups: " + in_words(ROWS[0]) + " (also dilated), " +
                                      in_words(ROWS[1]) + ", " + in_words(ROWS[2]) + "; from " + std::to_string(TILES) +
                                      " tiles of 2x2 on (" + std::to_string(ROWS[2].tiles_of_y) + " for y of the last)";
  static const std::string winograd4 = "where rot180.set_float32_conv_precision(\"high\") allows it: 3x3 at stride 1, not "
                                       "for a gradient of w, from " + std::to_string(ROWS[0].channels[0]) +
                                       " channels and " + std::to_string(LARGE_TILES) + " tiles of 4x4 on";
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
    case Algorithm::winograd4: return k != Kernel::w && single && small_kernel(g, 3, 1);
    case Algorithm::winograd: {
      bool fits = single && small_dilated_kernel(g);
      for (const Row& row : ROWS) fits = fits || (single && small_kernel(g, row.size, row.stride));
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
