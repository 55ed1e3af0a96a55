// Packing of S into contiguous panels, which a product reads many times.
#pragma once
#include "window/strips.h"

namespace rot180 {
namespace ROT180_ISA {

// Packs rows [0, count) of S for several strips: the vector of strip s and row k goes to packed + s * L + k * row_step.
// Goes row by row, so that reads from the source are contiguous.
template <class T>
void pack(const Strip<T>* strips, int strip_count, const Lanes* reach, int taps, bool inside, const T* source,
          const Row* rows, int64_t count, T* packed, ptrdiff_t row_step) {
  using S = Simd<T>;
  bool whole = inside, single = true;
  for (int s = 0; s < strip_count; ++s) {
    whole = whole && strips[s].full();
    single = single && strips[s].runs == 1;
  }
  for (int64_t k = 0; k < count; ++k, packed += row_step) {
    const T* base = source + rows[k].offset;
    T* to = packed;
    if (whole) {
      for (int s = 0; s < strip_count; ++s, to += S::L) S::store(to, S::load(base + strips[s].run[0].offset));
    } else if (single) {
      const Lanes* in = inside ? nullptr : reach + rows[k].tap;
      for (int s = 0; s < strip_count; ++s, to += S::L) {
        const Run run = strips[s].run[0];
        S::store(to, S::load(base + run.offset, in ? run.lanes & in[s * taps] : run.lanes));
      }
    } else {
      const Lanes* in = inside ? nullptr : reach + rows[k].tap;
      for (int s = 0; s < strip_count; ++s, to += S::L)
        S::store(to, strips[s].load(base, in ? in[s * taps] : S::ALL));
    }
  }
}

// Packs rows [0, count) of two strips side by side: the panel that the microkernel reads.
template <class T>
void pack_panel(const Strip<T>* strips, const Lanes* reach, int taps, bool inside, const T* source, const Row* rows,
                int64_t count, T* panel) {
  using S = Simd<T>;
  constexpr int L = S::L;
  const Lanes lanes0 = strips[0].run[0].lanes, lanes1 = strips[1].run[0].lanes;
  const T* base0 = source + strips[0].run[0].offset;
  const T* base1 = source + strips[1].run[0].offset;
  if (strips[0].runs > 1 || strips[1].runs > 1) {
    for (int64_t k = 0; k < count; ++k, panel += 2 * L) {
      const T* base = source + rows[k].offset;
      S::store(panel, strips[0].load(base, inside ? S::ALL : reach[rows[k].tap]));
      S::store(panel + L, strips[1].load(base, inside ? S::ALL : reach[taps + rows[k].tap]));
    }
  } else if (inside && strips[0].full() && strips[1].full()) {
    for (int64_t k = 0; k < count; ++k, panel += 2 * L) {
      S::store(panel, S::load(base0 + rows[k].offset));
      S::store(panel + L, S::load(base1 + rows[k].offset));
    }
  } else if (inside) {
    for (int64_t k = 0; k < count; ++k, panel += 2 * L) {
      S::store(panel, S::load(base0 + rows[k].offset, lanes0));
      S::store(panel + L, S::load(base1 + rows[k].offset, lanes1));
    }
  } else {  // the lanes that a tap reaches are lanes of the run
    for (int64_t k = 0; k < count; ++k, panel += 2 * L) {
      const Row row = rows[k];
      S::store(panel, S::load(base0 + row.offset, reach[row.tap]));
      S::store(panel + L, S::load(base1 + row.offset, reach[taps + row.tap]));
    }
  }
}

}  // namespace ROT180_ISA
}  // namespace rot180
