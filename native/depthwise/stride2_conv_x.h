// The gradient of x for a 3x3 kernel at stride 2 along both axes, one plane at a time. It consists of blocks of 2x2
// cells: with a = y[A, C], b = y[A, C + 1] and, one line below, c and d, the block whose upper left cell is x[2 A + 1 -
// padding, 2 C + 1 - padding] is
//
//     w11 a            w12 a + w10 b
//     w21 a + w01 c    w22 a + w20 b + w02 c + w00 d
//
// so both lines can be interleaved in registers before they are written.
#pragma once
#include "depthwise/general_kernel.h"

namespace rot180 {
namespace ROT180_ISA {

template <class T>
class Stride2ConvX {
 public:
  using S = Simd<T>;
  using V = typename S::V;

  explicit Stride2ConvX(const Geometry& g)
      : g_(g),
        top_((g.padding[1] + 1) / 2 - 1),
        left_((g.padding[2] + 1) / 2 - 1),
        count_((int)ceil_div(g.x[2] + 1, 2 * S::L)),
        memory_(sizeof(Masks) * (size_t)count_) {
    for (int v = 0; v < count_; ++v) {
      const int64_t from = left_ + (int64_t)v * S::L, to = first_column(v);
      memory_.template as<Masks>()[v] = {valid_lanes(from, g.y[2]), valid_lanes(from + 1, g.y[2]),
                                         valid_lanes(to, g.x[2]), valid_lanes(to + S::L, g.x[2])};
    }
  }

  void plane(const T* y, const T* w, T* x) const {
    V weights[9];
    ROT180_UNROLL
    for (int t = 0; t < 9; ++t) weights[t] = S::splat(w[t]);
    int64_t upper = top_;  // the line of a and b in y
    for (int64_t i = 2 * top_ + 1 - g_.padding[1]; i < g_.x[1]; i += 2, ++upper)
      for (int v = 0; v < count_; ++v) block(y, weights, upper, i, v, x);
  }

 private:
  struct Masks {
    Lanes now, next;    // lanes of C and of C + 1 that are cells of y
    Lanes first, last;  // lanes of the two vectors of results that are cells of x
    bool full() const { return (now & next & first & last) == S::ALL; }
  };

  // The lanes of a vector from cell c on that are inside a line of `cells` cells.
  static Lanes valid_lanes(int64_t c, int64_t cells) {
    const int64_t low = larger<int64_t>(0, -c), high = smaller<int64_t>(S::L, cells - c);
    return low < high ? lanes((int)low, (int)(high - low)) : 0;
  }

  int64_t first_column(int v) const { return 2 * (left_ + (int64_t)v * S::L) + 1 - g_.padding[2]; }

  ROT180_INLINE void block(const T* y, const V (&w)[9], int64_t upper, int64_t i, int v, T* x) const {
    const Masks& in = memory_.template as<Masks>()[v];
    const T* from = y + upper * g_.y[2] + left_ + (int64_t)v * S::L;
    prefetch_page(from, READ_PAGES);
    V first[2] = {V{}, V{}}, second[2] = {V{}, V{}};
    if ((uint64_t)upper < (uint64_t)g_.y[1]) {
      const V a = S::load(from, in.now), b = S::load(from + 1, in.next);
      first[0] = w[4] * a;
      first[1] = w[5] * a + w[3] * b;
      second[0] = w[7] * a;
      second[1] = w[8] * a + w[6] * b;
    }
    if ((uint64_t)(upper + 1) < (uint64_t)g_.y[1]) {
      const V c = S::load(from + g_.y[2], in.now), d = S::load(from + g_.y[2] + 1, in.next);
      second[0] += w[1] * c;
      second[1] += w[2] * c + w[0] * d;
    }
    T* to = x + i * g_.x[2] + first_column(v);
    if (i >= 0) store(first, in, to);
    if (i + 1 < g_.x[1]) store(second, in, to + g_.x[2]);
  }

  ROT180_INLINE static void store(const V (&pair)[2], const Masks& in, T* to) {
    prefetch_page(to, WRITE_PAGES);
    prefetch_page(to + S::L, WRITE_PAGES);
    if (in.full()) return interleave_to<T>(pair[0], pair[1], to);
    T line[2 * S::L];
    interleave_to<T>(pair[0], pair[1], line);
    S::store(to, S::load(line), in.first);
    S::store(to + S::L, S::load(line + S::L), in.last);
  }

  const Geometry& g_;
  const int64_t top_, left_;  // A and C of the first block
  const int count_;           // vectors of blocks per line
  Scratch memory_;
};

}  // namespace ROT180_ISA
}  // namespace rot180
