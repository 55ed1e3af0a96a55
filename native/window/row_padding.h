// A copy of a source whose lines are shorter than those of the positions.
#pragma once
#include "threads/parallel_for.h"
#include "window/gather.h"
#include "memory/allocator.h"

namespace rot180 {
namespace ROT180_ISA {

// A copy of the source with zeros around it, in which lines are as long as the lines of positions (x's gradient can be
// wider than y). Position q then reads cell q + offset through every tap, so a strip is one run and needs no masks. A
// tap left of a line reads the zeros at the end of the line before.
template <class T>
class RowPadded {
 public:
  // Copies `source`, of shape (images, channels, lines, cells), if that is faster; `used` is true if it did.
  RowPadded(const Gather& g, int64_t channels, const T* source)
      : lines_(g, 1),
        columns_(g, 2),
        used(!g.inside && g.size[0] == 1 && g.grid[0] == 1 && g.grid[2] > g.size[2] && g.grid[2] <= LONGEST &&
             larger(columns_.before, columns_.after) <= g.grid[2] - g.size[2]),
        channel((lines_.before + g.size[1] + lines_.after) * g.grid[2] + columns_.before),
        memory_(used ? sizeof(T) * (size_t)(g.images * channels * channel) : 1) {
    if (!used) return;
    T* to = memory_.template as<T>();
    auto plane = [&](int64_t nc) { pad_plane(g, source + nc * g.size[1] * g.size[2], to + nc * channel); };
    parallel_for(g.images * channels, plane);
  }

  // The gather from the copy. Changes `offsets`, the array that g.taps[1] points to.
  Gather gather(Gather g, ptrdiff_t* offsets, int64_t channels) const {
    g.image = channels * channel;
    g.line[1] = g.grid[2];
    for (int k = 0; k < g.taps[1].count; ++k) offsets[k] = g.taps[1].shift[k] * g.grid[2];
    g.inside = true;
    return g;
  }
  const T* source(const Gather& g) const {  // of the first channel
    return memory_.template as<T>() + lines_.before * g.grid[2] + columns_.before;
  }

 private:
  static constexpr int64_t LONGEST = 64;  // positions of a line; in longer lines most strips are one run anyway

  struct Margin {  // the number of cells that taps read before and after the source
    int64_t before = 0, after = 0;
    Margin(const Gather& g, int axis) {
      for (int k = 0; k < g.taps[axis].count; ++k) {
        before = larger(before, -g.taps[axis].shift[k]);
        after = larger(after, g.taps[axis].shift[k] + g.grid[axis] - g.size[axis]);
      }
    }
  };

  void pad_plane(const Gather& g, const T* from, T* to) const {
    const int64_t wide = g.grid[2];
    T* const end = to + channel;
    for (T* cell = to; cell < to + lines_.before * wide + columns_.before; ++cell) *cell = T{};
    to += lines_.before * wide + columns_.before;
    for (int64_t i = 0; i < g.size[1]; ++i, from += g.size[2], to += wide) {
      for (int64_t k = 0; k < g.size[2]; ++k) to[k] = from[k];
      for (int64_t k = g.size[2]; k < wide; ++k) to[k] = T{};
    }
    for (; to < end; ++to) *to = T{};
  }

  Margin lines_, columns_;

 public:
  const bool used;
  const ptrdiff_t channel;

 private:
  Scratch memory_;
};

}  // namespace ROT180_ISA
}  // namespace rot180
