// The geometries on which the contractions are tested.
#pragma once
#include <initializer_list>
#include <random>
#include <vector>

#include "window/geometry.h"

namespace rot180 {

struct Axis {
  int64_t x, kernel, stride, dilation, before, after;
};

inline Geometry geometry(int64_t images, int64_t per_group, int64_t out_per_group, int64_t groups,
                  std::initializer_list<Axis> axes) {
  Geometry g;
  g.images = images;
  g.groups = groups;
  g.channels = per_group * groups;
  g.outputs = out_per_group * groups;
  int a = 3 - (int)axes.size();
  for (const Axis& axis : axes) {
    g.x[a] = axis.x;
    g.kernel[a] = axis.kernel;
    g.stride[a] = axis.stride;
    g.dilation[a] = axis.dilation;
    g.padding[a] = axis.before;
    const int64_t room = axis.x + axis.before + axis.after - axis.dilation * (axis.kernel - 1) - 1;
    g.y[a] = room < 0 ? 0 : room / axis.stride + 1;
    ++a;
  }
  return g;
}

// Corner cases that random geometries may miss.
inline std::vector<Geometry> corners() {
  std::vector<Geometry> all;
  for (int64_t n : {1, 2, 5, 13, 33}) all.push_back(geometry(n, 19, 27, 1, {}));        // a linear layer
  for (int64_t n : {1, 3}) all.push_back(geometry(n, 2, 3, 4, {}));                     // in groups
  for (int64_t side = 1; side < 36; ++side) {                                           // tails of a vector
    const Axis same{side, 3, 1, 1, 1, 1};
    all.push_back(geometry(2, 5, 7, 1, {{3, 3, 1, 1, 1, 1}, same}));
    all.push_back(geometry(1, 1, 1, 6, {{3, 3, 1, 1, 1, 1}, same}));
    all.push_back(geometry(1, 3, 5, 1, {{side % 7 + 4, 4, 2, 1, 1, 1}, {side + 3, 4, 2, 1, 1 + side % 2 * 2, side % 4}}));
    all.push_back(geometry(1, 3, 5, 1, {{side % 7 + 3, 3, 2, 1, 0, 2}, {side + 2, 3, 2, 1, side % 2 * 2, side % 3}}));
    all.push_back(geometry(1, 1, 2, 3, {{2, 2, 1, 1, 0, 0}, {side + 2, 3, 2, 1, 0, 1}}));
    all.push_back(geometry(2, 3, 4, 1, {{side, 1, 1, 1, 0, 0}}));
  }
  for (int64_t channels : {1, 15, 16, 17, 29}) {                                        // tails of a tile
    all.push_back(geometry(2, channels, 33 - channels, 1, {{8, 3, 1, 1, 1, 1}, {9, 3, 1, 1, 1, 1}}));
    all.push_back(geometry(9, channels, channels, 1, {{7, 3, 1, 1, 2, 2}, {10, 3, 1, 1, 0, 2}}));
  }
  all.push_back(geometry(2, 33, 17, 1, {{6, 6, 1, 1, 0, 0}, {5, 5, 1, 1, 0, 0}}));      // covers x
  all.push_back(geometry(1, 2, 2, 1, {{5, 3, 1, 1, 4, 4}, {5, 2, 1, 1, 3, 3}}));        // more padding than kernel
  all.push_back(geometry(1, 2, 3, 1, {{2, 3, 1, 1, 1, 1}, {5, 3, 1, 1, 40, 70}}));      // and than any vector
  all.push_back(geometry(1, 2, 2, 1, {{4, 1, 7, 1, 0, 0}, {4, 1, 9, 1, 0, 0}}));        // a stride beyond x
  all.push_back(geometry(1, 1, 1, 1, {{9000, 4200, 1, 1, 10, 0}}));                     // a long kernel
  all.push_back(geometry(1, 20, 3, 1, {{2, 2, 1, 1, 1, 1}, {3, 3, 2, 1, 1, 1}, {4, 2, 1, 2, 1, 1}}));
  all.push_back(geometry(1, 3, 64, 1, {{30, 7, 2, 1, 3, 3}, {31, 7, 2, 1, 3, 3}}));     // a stem
  return all;
}

// One channel of x per group: the code paths of depthwise/, with sizes around the width of a vector and the number of
// lines that are summed together.
inline std::vector<Geometry> depthwise() {
  std::vector<Geometry> all;
  for (int64_t side = 1; side < 36; ++side) {
    const int64_t before = side % 4, after = side / 2 % 4;
    const Axis halved{side + 2, 3, 2, 1, before, after};
    all.push_back(geometry(2, 1, 1, 5, {{side % 11 + 3, 3, 1, 1, after, before}, {side, 3, 1, 1, 1, 1}}));
    all.push_back(geometry(2, 1, 1, 5, {{side % 11 + 3, 3, 2, 1, after, before}, halved}));
    all.push_back(geometry(1, 1, 3, 2, {{side % 11 + 3, 3, 2, 1, 1, 1}, halved}));
    all.push_back(geometry(1, 1, 1, 2, {{side % 7 + 3, 3, 1, 1, 1, 1}, halved}));
    all.push_back(geometry(1, 1, 2, 2, {{side % 7 + 5, 5, 2, 1, 2, 2}, {side + 4, 5, 2, 1, before, after}}));
    all.push_back(geometry(1, 1, 1, 2, {{side % 7 + 4, 2, 2, 1, 0, 1}, {side + 4, 4, 2, 1, before, after}}));
    all.push_back(geometry(2, 1, 1, 2, {{side % 7 + 5, 5, 1, 1, 2, 1}, {side + 4, 5, 1, 1, before, after}}));
  }
  all.push_back(geometry(70, 1, 1, 3, {{7, 3, 1, 1, 1, 1}, {7, 3, 1, 1, 1, 1}}));       // many planes in a chunk
  all.push_back(geometry(1, 1, 2, 50, {{14, 3, 2, 1, 1, 1}, {14, 3, 2, 1, 1, 1}}));
  all.push_back(geometry(1, 1, 2, 2, {{9, 3, 1, 3, 3, 3}, {20, 3, 1, 2, 2, 2}}));       // dilated
  all.push_back(geometry(1, 1, 2, 2, {{9, 3, 2, 1, 1, 1}, {20, 3, 2, 2, 2, 2}}));
  all.push_back(geometry(1, 1, 2, 2, {{19, 2, 9, 1, 0, 0}, {20, 3, 9, 1, 1, 1}}));      // too many phases for the stack
  all.push_back(geometry(1, 1, 2, 2, {{4, 2, 2, 1, 1, 0}, {5, 3, 1, 1, 1, 1}, {17, 3, 2, 1, 1, 1}}));
  return all;
}

// Sizes at which the kernels switch to another code path. paths.h checks that every path is covered.
inline std::vector<Geometry> thresholds() {
  std::vector<Geometry> all;
  auto same = [](int64_t size) { return Axis{size, 3, 1, 1, 1, 1}; };
  auto inner = [](int64_t size) { return Axis{size, 3, 1, 1, 0, 0}; };
  auto alone = [](int64_t size) { return Axis{size, 1, 1, 1, 0, 0}; };
  all.push_back(geometry(2, 6, 50, 1, {same(5), same(7)}));         // outer products
  all.push_back(geometry(70, 6, 49, 1, {same(3), same(3)}));        // of strips that repeat
  all.push_back(geometry(1, 50, 520, 1, {alone(12)}));              // with more rows than ROWS_AT_ONCE
  for (int64_t channels : {8, 15, 30, 51})                          // in several parts, whatever the vector
    all.push_back(geometry(1, channels, 48, 1, {alone(48), alone(44)}));
  all.push_back(geometry(1, 70, 2, 1, {alone(62), alone(62)}));     // beyond the second cache
  all.push_back(geometry(2, 3, 5, 1, {inner(9), inner(9)}));        // x wider than y
  all.push_back(geometry(3, 2, 3, 2, {same(6), inner(23)}));
  all.push_back(geometry(70, 3, 4, 1, {same(3), same(5)}));         // strips that repeat after L images
  all.push_back(geometry(19, 3, 4, 1, {same(4), same(6)}));         // and after few
  all.push_back(geometry(2, 20, 130, 1, {same(6), same(7)}));       // many blocks of rows
  all.push_back(geometry(3, 360, 370, 1, {alone(87)}));             // many weights
  all.push_back(geometry(2, 65, 66, 1, {same(15), same(16)}));      // Winograd also for w, in several panels
  all.push_back(geometry(3, 5, 6, 1, {same(32), same(33)}));        // Winograd for w in several parts
  all.push_back(geometry(2, 35, 34, 1, {{10, 4, 2, 1, 1, 1}, {14, 4, 2, 1, 1, 1}}));    // the same at stride 2
  all.push_back(geometry(1, 35, 34, 1, {{11, 3, 2, 1, 1, 1}, {14, 3, 2, 1, 1, 1}}));
  all.push_back(geometry(1, 128, 129, 1, {same(3), same(5)}));      // its kernels beyond the second cache
  for (int64_t side : {15, 16, 17, 70}) all.push_back(geometry(1, 2, 3, 1, {{9, 3, 4, 1, 1, 0}, {side, 5, 4, 1, 2, 2}}));
  return all;
}

inline Geometry random_geometry(std::mt19937& random) {
  auto from = [&](int64_t low, int64_t high) { return low + (int64_t)(random() % (uint64_t)(high - low + 1)); };
  const int ndim = (int)from(1, 3);
  const int64_t groups = from(0, 2) ? 1 : from(2, 4);
  Geometry g;
  do {
    Axis axes[3];
    for (Axis& a : axes) a = {from(1, ndim == 1 ? 70 : 12), from(1, 5), from(1, 4), from(1, 3), from(0, 3), from(0, 3)};
    g = ndim == 1 ? geometry(from(1, 4), from(1, 6), from(1, 9), groups, {axes[0]})
        : ndim == 2 ? geometry(from(1, 4), from(1, 6), from(1, 9), groups, {axes[0], axes[1]})
                    : geometry(from(1, 2), from(1, 4), from(1, 5), groups, {axes[0], axes[1], axes[2]});
  } while (g.y[0] < 1 || g.y[1] < 1 || g.y[2] < 1);
  return g;
}

}  // namespace rot180
