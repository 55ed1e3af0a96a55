// x split into the phases of the stride, and the taps of a window on it.
#pragma once
#include "threads/parallel_for.h"
#include "window/gather.h"
#include "memory/allocator.h"

namespace rot180 {
namespace ROT180_ISA {

ROT180_INLINE int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

// Storage for the shifts and offsets of the taps along three axes, and for the index of each tap in w.
struct TapTables {
  int64_t longest;
  Scratch memory;
  int64_t* shifts;
  ptrdiff_t* offsets;
  int32_t* cells;

  explicit TapTables(const Geometry& g)
      : longest(larger(g.kernel[0], larger(g.kernel[1], g.kernel[2]))),
        memory(3 * (size_t)longest * (sizeof(int64_t) + sizeof(ptrdiff_t)) + sizeof(int32_t) * (size_t)g.taps()),
        shifts(memory.as<int64_t>()),
        offsets(shifts + 3 * longest),
        cells(reinterpret_cast<int32_t*>(offsets + 3 * longest)) {}
};

// ---- x as a source, split by the phases of the stride ----

// x itself at stride 1; otherwise a copy in which the cells of each phase are adjacent: an array of shape (images,
// channels, phases, *ceil(size / stride)).
template <class T>
class PhaseSplit {
 public:
  PhaseSplit(const Geometry& g, const T* x)
      : memory_(g.strided() ? sizeof(T) * (size_t)cells(g) : 1),
        used_memory_(g.strided() ? (size_t)(g.stride[0] + g.stride[1]) : 1) {
    phases_ = 1;
    for (int a = 0; a < 3; ++a) {
      size_[a] = ceil_div(g.x[a], g.stride[a]);
      phases_ *= g.stride[a];
    }
    plane_ = size_[0] * size_[1] * size_[2];
    source = x;
    if (!g.strided()) return;
    last_phase_used_ = is_used(g, 2, g.stride[2] - 1);
    for (int64_t r = 0; r < g.stride[0]; ++r) planes_used()[r] = is_used(g, 0, r);
    for (int64_t r = 0; r < g.stride[1]; ++r) planes_used()[g.stride[0] + r] = is_used(g, 1, r);
    T* to = memory_.template as<T>();
    source = to;
    auto split_plane = [&](int64_t nc) { split(g, x + nc * g.x_cells(), to + nc * channel()); };
    parallel_for(g.images * g.channels, split_plane);
  }

  const T* source;
  ptrdiff_t channel() const { return phases_ * plane_; }

  // The gather of y's positions from x: along each axis, position p reads x's cell stride * p + dilation * k - padding
  // through tap k.
  Gather gather(const Geometry& g, const TapTables& t) const {
    Gather from{};
    from.images = g.images;
    from.image = g.channels * channel();
    from.inside = true;
    ptrdiff_t line = 1, phase_step = plane_;
    for (int a = 2; a >= 0; --a) {
      from.grid[a] = g.y[a];
      from.size[a] = size_[a];
      from.line[a] = line;
      int64_t* shifts = t.shifts + a * t.longest;
      ptrdiff_t* offsets = t.offsets + a * t.longest;
      from.taps[a] = {(int)g.kernel[a], shifts, offsets};
      for (int64_t k = 0; k < g.kernel[a]; ++k) {
        const int64_t from_p = g.dilation[a] * k - g.padding[a];
        const int64_t shift = floor_div(from_p, g.stride[a]), phase = from_p - shift * g.stride[a];
        shifts[k] = shift;
        offsets[k] = shift * line + phase * phase_step;
        if (shift < 0 || shift + g.y[a] > size_[a]) from.inside = false;
      }
      line *= size_[a];
      phase_step *= g.stride[a];
    }
    return from;
  }

 private:
  static int64_t cells(const Geometry& g) {
    int64_t n = g.images * g.channels;
    for (int a = 0; a < 3; ++a) n *= ceil_div(g.x[a], g.stride[a]) * g.stride[a];
    return n;
  }

  // True if a tap of the kernel reads phase r of one axis. Phases that no tap reads stay unwritten.
  static bool is_used(const Geometry& g, int axis, int64_t r) {
    for (int64_t k = 0; k < g.kernel[axis]; ++k)
      if ((g.dilation[axis] * k - g.padding[axis] - r) % g.stride[axis] == 0) return true;
    return false;
  }

  bool* planes_used() const { return used_memory_.template as<bool>(); }  // one entry per phase of the first two axes

  void split(const Geometry& g, const T* x, T* to) const {
    const int64_t step = g.stride[2];
    const bool in_pairs = step == 2 && size_[2] <= Simd<T>::L;
    for (int64_t r0 = 0; r0 < g.stride[0]; ++r0)
      for (int64_t r1 = 0; r1 < g.stride[1]; ++r1, to += step * plane_) {
        if (!planes_used()[r0] || !planes_used()[g.stride[0] + r1]) continue;
        if (in_pairs) {
          for (int64_t i = 0; i < size_[0]; ++i) {
            const int64_t from_i = i * g.stride[0] + r0, lines = from_i < g.x[0] ? ceil_div(g.x[1] - r1, g.stride[1]) : 0;
            split_pairs(g, x + (from_i * g.x[1] + r1) * g.x[2], lines, to + i * size_[1] * size_[2]);
          }
          continue;
        }
        for (int64_t i = 0; i < size_[0]; ++i)
          for (int64_t j = 0; j < size_[1]; ++j) {
            const int64_t from_i = i * g.stride[0] + r0, from_j = j * g.stride[1] + r1;
            const int64_t cells = from_i < g.x[0] && from_j < g.x[1] ? g.x[2] : 0;
            split_line(x + (from_i * g.x[1] + from_j) * g.x[2], cells, step, to + (i * size_[1] + j) * size_[2]);
          }
      }
  }

  // Splits lines of at most two vectors into even and odd cells, with zeros for lines beyond x. All use the same masks.
  void split_pairs(const Geometry& g, const T* line, int64_t lines, T* to) const {
    using S = Simd<T>;
    const Lanes first = lanes(0, (int)smaller<int64_t>(S::L, g.x[2])), second = lanes(0, (int)(g.x[2] - S::L));
    const Lanes there = lanes(0, (int)size_[2]);
    const int64_t step = g.stride[1] * g.x[2];
    for (int64_t j = 0; j < size_[1]; ++j, to += size_[2]) {
      typename S::V even{}, odd{};
      if (j < lines) {
        even = S::load(line + j * step, first);
        odd = S::load(line + j * step + S::L, second);
        deinterleave<T>(even, odd);
      }
      S::store(to, even, there);
      if (last_phase_used_) S::store(to + plane_, odd, there);
    }
  }

  // Splits one line of `cells` cells into its phases, a plane apart, each padded with zeros.
  void split_line(const T* line, int64_t cells, int64_t step, T* to) const {
    using S = Simd<T>;
    int64_t k = 0;
    if (step == 2)
      for (; k < size_[2]; k += S::L) {
        const int left = (int)smaller<int64_t>(2 * S::L, cells - 2 * k);  // may be negative
        auto even = S::load(line + 2 * k, lanes(0, smaller(S::L, left)));
        auto odd = S::load(line + 2 * k + S::L, lanes(0, left - S::L));
        deinterleave<T>(even, odd);
        const Lanes there = lanes(0, (int)smaller<int64_t>(S::L, size_[2] - k));
        S::store(to + k, even, there);
        if (last_phase_used_) S::store(to + plane_ + k, odd, there);
      }
    if (step == 4)
      for (; k < size_[2]; k += S::L) {
        const int left = (int)smaller<int64_t>(4 * S::L, cells - 4 * k);
        typename S::V v[4];
        ROT180_UNROLL
        for (int i = 0; i < 4; ++i) v[i] = S::load(line + 4 * k + i * S::L, lanes(0, smaller(S::L, left - i * S::L)));
        deinterleave<T>(v[0], v[1]);  // even cells of the first half, odd cells of the first half
        deinterleave<T>(v[2], v[3]);
        deinterleave<T>(v[0], v[2]);  // phases 0 and 2
        deinterleave<T>(v[1], v[3]);
        const Lanes there = lanes(0, (int)smaller<int64_t>(S::L, size_[2] - k));
        S::store(to + k, v[0], there);
        S::store(to + plane_ + k, v[1], there);
        S::store(to + 2 * plane_ + k, v[2], there);
        if (last_phase_used_) S::store(to + 3 * plane_ + k, v[3], there);
      }
    for (; k < size_[2]; ++k)
      for (int64_t r = 0; r < step; ++r) to[r * plane_ + k] = step * k + r < cells ? line[step * k + r] : T{};
  }

  Scratch memory_, used_memory_;
  int64_t size_[3], phases_;
  ptrdiff_t plane_;
  bool last_phase_used_ = true;  // along a line
};

}  // namespace ROT180_ISA
}  // namespace rot180
