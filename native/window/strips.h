// Strips: where the positions of one vector are in the source, and which lanes are inside the source for each tap.
#pragma once
#include "window/gather.h"
#include "memory/allocator.h"

namespace rot180 {
namespace ROT180_ISA {

struct Run {
  ptrdiff_t offset;  // lane l's cell is at offset + l
  Lanes lanes;
};

template <class T>
struct Strip {
  static constexpr int L = Simd<T>::L;
  int runs;
  Run run[L];

  ROT180_INLINE bool full() const { return runs == 1 && run[0].lanes == Simd<T>::ALL; }

  ROT180_INLINE void add(ptrdiff_t cell, int first, int count) {
    const ptrdiff_t offset = cell - first;
    if (runs && run[runs - 1].offset == offset)
      run[runs - 1].lanes |= lanes(first, count);
    else
      run[runs++] = {offset, lanes(first, count)};
  }

  ROT180_INLINE typename Simd<T>::V load(const T* base, Lanes in) const {
    typename Simd<T>::V v = Simd<T>::load(base + run[0].offset, run[0].lanes & in);
    for (int i = 1; i < runs; ++i) v = Simd<T>::load_over(v, base + run[i].offset, run[i].lanes & in);
    return v;
  }

  ROT180_INLINE void store(T* base, typename Simd<T>::V v) const {
    for (int i = 0; i < runs; ++i) Simd<T>::store(base + run[i].offset, v, run[i].lanes);
  }
};

// Locates the strip that starts at position q; the last strip stops at `end`. `reach` gets, for every tap, the lanes
// inside the source. `out`, if not null, gets the location of the results; to->line[2] must then be 1.
template <class T>
void locate_strip(const Gather& g, int64_t q, int64_t end, Strip<T>& from, Lanes* reach, const Scatter* to, Strip<T>* out) {
  constexpr int L = Simd<T>::L;
  const int64_t cells = g.cells();
  const int count = (int)smaller<int64_t>(L, end - q);
  int64_t n = q / cells, rest = q - n * cells;
  int64_t e = rest / (g.grid[1] * g.grid[2]);
  rest -= e * g.grid[1] * g.grid[2];
  int64_t p = rest / g.grid[2], c = rest - p * g.grid[2];
  const int taps0 = g.taps[0].count, taps1 = g.taps[1].count, taps2 = g.taps[2].count;
  if (!g.inside)
    for (int t = 0; t < taps0 * taps1 * taps2; ++t) reach[t] = 0;
  from.runs = 0;
  if (out) out->runs = 0;
  for (int lane = 0; lane < count;) {
    const int run = (int)smaller<int64_t>(g.grid[2] - c, count - lane);
    from.add(n * g.image + e * g.line[0] + p * g.line[1] + c, lane, run);
    if (out) out->add(n * to->image + e * to->line[0] + p * to->line[1] + c, lane, run);
    if (!g.inside) {
      for (int k = 0; k < taps2; ++k) {
        const int64_t first = c + g.taps[2].shift[k];
        const int low = (int)larger<int64_t>(0, -first), high = (int)smaller<int64_t>(run, g.size[2] - first);
        const Lanes columns = lanes(lane + low, high - low);
        for (int i = 0; i < taps0; ++i) {
          if ((uint64_t)(e + g.taps[0].shift[i]) >= (uint64_t)g.size[0]) continue;
          for (int j = 0; j < taps1; ++j)
            if ((uint64_t)(p + g.taps[1].shift[j]) < (uint64_t)g.size[1]) reach[(i * taps1 + j) * taps2 + k] |= columns;
        }
      }
    }
    lane += run;
    c = 0;
    if (++p == g.grid[1]) {
      p = 0;
      if (++e == g.grid[0]) e = 0, ++n;
    }
  }
}

// The strips of all positions. Locating a strip costs as much as multiplying by a small kernel. The strips repeat after
// a few images, so those of the first images are stored.
template <class T>
class Strips {
  static constexpr int L = Simd<T>::L;
  static constexpr int64_t MOST_STRIPS = 256, MOST_MASKS = 8192;  // limits of what is stored
  static constexpr int64_t LEAST_REPEATS = 4;                     // with fewer repeats storing does not pay

 public:
  Strips(const Gather& g, const Scatter* to)
      : gather_(g), to_(to), taps_(g.tap_count()), count_(period(g)), memory_(bytes()) {
    if (!count_) return;
    images_ = count_ * L / g.cells();
    from_ = memory_.template as<Strip<T>>();
    out_ = from_ + count_;
    reach_ = reinterpret_cast<Lanes*>(out_ + (to ? count_ : 0));
    for (int64_t i = 0; i < count_; ++i)
      locate_strip(g, i * L, count_ * L, from_[i], reach_ + i * taps_, to, to ? out_ + i : nullptr);
  }

  bool kept() const { return count_; }

  // Gets the strip that starts at position q; the last strip stops at `end`. `reach` has room for one mask per tap; it
  // is not written if the whole source is inside.
  ROT180_INLINE void find(int64_t q, int64_t end, Strip<T>& from, Lanes* reach, Strip<T>* out) const {
    if (!count_ || q % L || q + L > end) return locate_strip(gather_, q, end, from, reach, out ? to_ : nullptr, out);
    const int64_t turn = q / L / count_, i = q / L - turn * count_;
    copy(from_[i], turn * images_ * gather_.image, from);
    if (out) copy(out_[i], turn * images_ * to_->image, *out);
    if (!gather_.inside)
      for (int t = 0; t < taps_; ++t) reach[t] = reach_[i * taps_ + t];
  }

 private:
  // The number of strips before they repeat; 0 if storing them does not pay.
  static int64_t period(const Gather& g) {
    int64_t common = L;  // the greatest common divisor of L, a power of two, and the cells of an image
    while (g.cells() % common) common /= 2;
    const int64_t count = g.cells() / common, images = L / common;
    return count <= MOST_STRIPS && count * g.tap_count() <= MOST_MASKS && g.images >= LEAST_REPEATS * images ? count : 0;
  }
  size_t bytes() const {
    return count_ ? (size_t)count_ * ((to_ ? 2 : 1) * sizeof(Strip<T>) + sizeof(Lanes) * (size_t)taps_) : 1;
  }
  static ROT180_INLINE void copy(const Strip<T>& strip, ptrdiff_t further, Strip<T>& to) {
    to.runs = strip.runs;
    for (int i = 0; i < strip.runs; ++i) to.run[i] = {strip.run[i].offset + further, strip.run[i].lanes};
  }

  const Gather& gather_;
  const Scatter* to_;
  int taps_;
  int64_t count_, images_ = 1;
  Scratch memory_;
  Strip<T>*from_ = nullptr, *out_ = nullptr;
  Lanes* reach_ = nullptr;
};

}  // namespace ROT180_ISA
}  // namespace rot180
