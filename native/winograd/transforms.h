// The transforms of Winograd's algorithms, which compute several results from a tile of the source with fewer
// multiplications.
//
//     y = A' [ (G w G') * (B' x B) ] A
//
// A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", 2016.
//
//     F2       2x2 results of a 3x3 kernel from 4x4 cells: 16 multiplications instead of 36
//     F4       4x4 results from 6x6 cells: 36 instead of 144; used only on request, as its error is larger
//     S2<K>    2x2 results of a KxK kernel, K 3 or 4, at stride 2, from 6x6 cells: F(2x2, 2x2) on each of the four
//              phases of the stride, 36 multiplications instead of 64 (K 4) or 25 instead of 36 (K 3)
//     S2x<K>   the gradient of x for S2: 4x4 results, 2x2 of each phase, from 3x3 or 4x4 cells of y
//
// The cells of a tile are transformed into `inputs`, the cells of a kernel into `slots`. A product sums over the
// channels, and for S2 also over the phases: product s uses depth(s) inputs from input(s) on and as many slots from
// slot(s) on. A transformed kernel cell that is always zero has no slot (with K = 3, the odd phase has one cell along
// an axis).
#pragma once
#include "simd/vector.h"

namespace rot180 {
namespace ROT180_ISA {

// The common part of F2 and F4: every cell of a tile is a separate product.
template <class F, int M>
struct Stride1 {
  static constexpr int STRIDE = 1, TAPS = 3, OUT = M, IN = M + 2, STEP = M;
  static constexpr int CELLS = IN * IN, INPUTS = CELLS, PRODUCTS = CELLS, SLOTS = CELLS;
  static constexpr int input(int s) { return s; }
  static constexpr int slot(int s) { return s; }
  static constexpr int depth(int) { return 1; }

  template <class V>
  static ROT180_INLINE void tile(const V (&d)[CELLS], V (&v)[INPUTS]) {
    ROT180_UNROLL
    for (int i = 0; i < CELLS; ++i) v[i] = d[i];
    ROT180_UNROLL
    for (int i = 0; i < IN; ++i) F::tile_of_x(v + IN * i, 1);
    ROT180_UNROLL
    for (int j = 0; j < IN; ++j) F::tile_of_x(v + j, IN);
  }

  template <class V>
  static ROT180_INLINE void kernels(const V (&w)[9], V (&u)[SLOTS]) {
    V half[IN * 3];
    ROT180_UNROLL
    for (int j = 0; j < 3; ++j) F::tile_of_w(w[j], w[3 + j], w[6 + j], half + j, 3);
    ROT180_UNROLL
    for (int i = 0; i < IN; ++i) F::tile_of_w(half[3 * i], half[3 * i + 1], half[3 * i + 2], u + IN * i, 1);
  }

  template <class V>
  static ROT180_INLINE void results(const V (&m)[PRODUCTS], V (&y)[OUT][OUT]) {
    V half[OUT * IN];
    ROT180_UNROLL
    for (int j = 0; j < IN; ++j) F::y_of_tile(m + j, IN, half + j, IN);
    ROT180_UNROLL
    for (int i = 0; i < OUT; ++i) F::y_of_tile(half + IN * i, 1, y[i], 1);
  }
};

// ---- stride 1: the transforms along one axis ----

struct F2 : Stride1<F2, 2> {
  template <class V>
  static ROT180_INLINE void tile_of_x(V* d, int step) {  // B'
    const V a = d[0], b = d[step], c = d[2 * step], e = d[3 * step];
    d[0] = a - c;
    d[step] = b + c;
    d[2 * step] = c - b;
    d[3 * step] = b - e;
  }

  template <class V>
  static ROT180_INLINE void tile_of_w(V a, V b, V c, V* out, int step) {  // G
    const V half = (a + c) * 0.5f, middle = b * 0.5f;
    out[0] = a;
    out[step] = half + middle;
    out[2 * step] = half - middle;
    out[3 * step] = c;
  }

  template <class V>
  static ROT180_INLINE void y_of_tile(const V* m, int step, V* out, int out_step) {  // A'
    out[0] = m[0] + m[step] + m[2 * step];
    out[out_step] = m[step] - m[2 * step] - m[3 * step];
  }
};

struct F4 : Stride1<F4, 4> {
  template <class V>
  static ROT180_INLINE void tile_of_x(V* d, int step) {
    const V a = d[0], b = d[step], c = d[2 * step], e = d[3 * step], f = d[4 * step], h = d[5 * step];
    const V outer = f - 4.0f * c, inner = e - 4.0f * b, far = f - c, near = 2.0f * (e - b);
    d[0] = 4.0f * a - 5.0f * c + f;
    d[step] = outer + inner;
    d[2 * step] = outer - inner;
    d[3 * step] = far + near;
    d[4 * step] = far - near;
    d[5 * step] = 4.0f * b - 5.0f * e + h;
  }

  template <class V>
  static ROT180_INLINE void tile_of_w(V a, V b, V c, V* out, int step) {
    const V near = (a + c) * (-1.0f / 6), middle = b * (-1.0f / 6);
    const V far = a * (1.0f / 24) + c * (1.0f / 6), between = b * (1.0f / 12);
    out[0] = a * 0.25f;
    out[step] = near + middle;
    out[2 * step] = near - middle;
    out[3 * step] = far + between;
    out[4 * step] = far - between;
    out[5 * step] = c;
  }

  template <class V>
  static ROT180_INLINE void y_of_tile(const V* m, int step, V* out, int out_step) {
    const V sum = m[step] + m[2 * step], difference = m[step] - m[2 * step];
    const V far_sum = m[3 * step] + m[4 * step], far_difference = m[3 * step] - m[4 * step];
    out[0] = m[0] + sum + far_sum;
    out[out_step] = difference + 2.0f * far_difference;
    out[2 * out_step] = sum + 4.0f * far_sum;
    out[3 * out_step] = difference + 8.0f * far_difference + m[5 * step];
  }
};

// ---- stride 2: F(2, 2) along one axis, y0 = x0 w0 + x1 w1 and y1 = x1 w0 + x2 w1 ----

template <class V>
ROT180_INLINE void pair_of_x(const V* d, int step, V* out, int out_step) {  // B'
  out[0] = d[0] - d[step];
  out[out_step] = d[step];
  out[2 * out_step] = d[2 * step] - d[step];
}

template <class V>
ROT180_INLINE void pair_of_w(V a, V b, V* out, int step) {  // G
  out[0] = a;
  out[step] = a + b;
  out[2 * step] = b;
}

template <class V>
ROT180_INLINE void y_of_pair(const V* m, int step, V* out, int out_step) {  // A'
  out[0] = m[0] + m[step];
  out[out_step] = m[step] + m[2 * step];
}

template <class V>
ROT180_INLINE void four_of_nine(const V* m, V (&y)[2][2]) {  // along both axes
  V half[6];
  ROT180_UNROLL
  for (int j = 0; j < 3; ++j) y_of_pair(m + j, 3, half + j, 3);
  ROT180_UNROLL
  for (int i = 0; i < 2; ++i) y_of_pair(half + 3 * i, 1, y[i], 1);
}

// The kernels of the four phases (f, e): the cells k = f, f + 2 along one axis and e, e + 2 along the other. If K is 3,
// the kernel of phase 1 has only one cell along an axis, and cell LOST of its three transformed cells is zero.
template <int K, int LOST>
struct Phases {
  static constexpr int STRIDE = 2, TAPS = K, SLOTS = K == 4 ? 36 : 25;

  static constexpr int along(int a) { return K == 3 && a == LOST ? 1 : 2; }  // the number of phases that have cell a
  // Slots are ordered by cell, then by phase.
  static constexpr int slots_of(int s) { return along(s / 3) * along(s % 3); }
  static constexpr int slots_before(int s) { return s ? slots_before(s - 1) + slots_of(s - 1) : 0; }
  static constexpr int slot_of(int f, int e, int s) {
    return f < along(s / 3) && e < along(s % 3) ? slots_before(s) + f * along(s % 3) + e : -1;
  }

  // Computes the inputs of the phase (f, e) from the 3x3 cells of d that it reads.
  template <class V>
  static ROT180_INLINE void inputs_of(int f, int e, const V* d, int line, int step, V* v) {
    V half[9], nine[9];
    ROT180_UNROLL
    for (int j = 0; j < 3; ++j) pair_of_x(d + j * step, line, half + j, 3);
    ROT180_UNROLL
    for (int i = 0; i < 3; ++i) pair_of_x(half + 3 * i, 1, nine + 3 * i, 1);
    ROT180_UNROLL
    for (int s = 0; s < 9; ++s)
      if (slot_of(f, e, s) >= 0) v[slot_of(f, e, s)] = nine[s];
  }

  // Computes the 2x2 results of the phase (f, e) from one value per slot.
  template <class V>
  static ROT180_INLINE void results_of(int f, int e, const V* m, V (&y)[2][2]) {
    V nine[9];
    ROT180_UNROLL
    for (int s = 0; s < 9; ++s) nine[s] = slot_of(f, e, s) >= 0 ? m[larger(0, slot_of(f, e, s))] : V{};
    four_of_nine(nine, y);
  }

  // Each u(f, e, nine transformed cells) of the kernel w; `rotated` exchanges the two cells of a pair.
  template <class V, class Each>
  static ROT180_INLINE void kernels_of_phases(const V (&w)[K * K], bool rotated, Each&& each) {
    const V zero{};
    ROT180_UNROLL
    for (int f = 0; f < 2; ++f) {
      ROT180_UNROLL
      for (int e = 0; e < 2; ++e) {
        V half[6], u[9];
        ROT180_UNROLL
        for (int j = 0; j < 2; ++j) {
          const int column = e + 2 * j;
          const V a = column < K ? w[f * K + (column < K ? column : 0)] : zero;
          const V b = column < K && f + 2 < K ? w[(f + 2 < K ? f + 2 : 0) * K + (column < K ? column : 0)] : zero;
          rotated ? pair_of_w(b, a, half + j, 2) : pair_of_w(a, b, half + j, 2);
        }
        ROT180_UNROLL
        for (int i = 0; i < 3; ++i) pair_of_w(half[2 * i + rotated], half[2 * i + !rotated], u + 3 * i, 1);
        each(f, e, u);
      }
    }
  }
};

template <int K>
struct S2 : Phases<K, 2> {
  using P = Phases<K, 2>;
  static constexpr int OUT = 2, IN = 6, STEP = 4, CELLS = IN * IN, INPUTS = P::SLOTS, PRODUCTS = 9;
  static constexpr int input(int s) { return P::slots_before(s); }
  static constexpr int slot(int s) { return P::slots_before(s); }
  static constexpr int depth(int s) { return P::slots_of(s); }

  template <class V>
  static ROT180_INLINE void tile(const V (&d)[CELLS], V (&v)[INPUTS]) {
    ROT180_UNROLL
    for (int f = 0; f < 2; ++f) {
      ROT180_UNROLL
      for (int e = 0; e < 2; ++e) P::inputs_of(f, e, d + f * IN + e, 2 * IN, 2, v);
    }
  }

  template <class V>
  static ROT180_INLINE void kernels(const V (&w)[K * K], V (&u)[P::SLOTS]) {
    P::kernels_of_phases(w, false, [&](int f, int e, const V (&nine)[9]) {
      ROT180_UNROLL
      for (int s = 0; s < 9; ++s)
        if (P::slot_of(f, e, s) >= 0) u[P::slot_of(f, e, s)] = nine[s];
    });
  }

  template <class V>
  static ROT180_INLINE void results(const V (&m)[PRODUCTS], V (&y)[OUT][OUT]) {
    four_of_nine(m, y);
  }
};

// Counted from the first cell of the padding, x's cell 2 j + f reads y's cells j and j - 1 through the kernel's cells f
// and f + 2. If the padding is odd, x's even cells have f = 1 and its odd cells read y one cell further: 4 cells in
// all.
template <int K, bool ODD>
struct S2x : Phases<K, 0> {
  using P = Phases<K, 0>;
  static constexpr int OUT = 4, IN = ODD ? 4 : 3, STEP = 2, CELLS = IN * IN;
  static constexpr int INPUTS = ODD ? P::SLOTS : 9, PRODUCTS = P::SLOTS;
  static constexpr int input(int s) {
    if (ODD) return s;
    int cell = 0;
    while (cell < 8 && P::slots_before(cell + 1) <= s) ++cell;
    return cell;
  }
  static constexpr int slot(int s) { return s; }
  static constexpr int depth(int) { return 1; }
  static constexpr int remainder(int f) { return ODD ? 1 - f : f; }  // the residue of x's cells modulo 2

  template <class V>
  static ROT180_INLINE void tile(const V (&d)[CELLS], V (&v)[INPUTS]) {
    if constexpr (ODD) {
      ROT180_UNROLL
      for (int f = 0; f < 2; ++f) {
        ROT180_UNROLL
        for (int e = 0; e < 2; ++e) P::inputs_of(f, e, d + remainder(f) * IN + remainder(e), IN, 1, v);
      }
    } else {
      V half[9];
      ROT180_UNROLL
      for (int j = 0; j < 3; ++j) pair_of_x(d + j, 3, half + j, 3);
      ROT180_UNROLL
      for (int i = 0; i < 3; ++i) pair_of_x(half + 3 * i, 1, v + 3 * i, 1);
    }
  }

  template <class V>
  static ROT180_INLINE void kernels(const V (&w)[K * K], V (&u)[P::SLOTS]) {
    P::kernels_of_phases(w, true, [&](int f, int e, const V (&nine)[9]) {
      ROT180_UNROLL
      for (int s = 0; s < 9; ++s)
        if (P::slot_of(f, e, s) >= 0) u[P::slot_of(f, e, s)] = nine[s];
    });
  }

  template <class V>
  static ROT180_INLINE void results(const V (&m)[PRODUCTS], V (&y)[OUT][OUT]) {
    ROT180_UNROLL
    for (int f = 0; f < 2; ++f) {
      ROT180_UNROLL
      for (int e = 0; e < 2; ++e) {
        V four[2][2];
        P::results_of(f, e, m, four);
        ROT180_UNROLL
        for (int i = 0; i < 4; ++i) y[i / 2 * 2 + remainder(f)][i % 2 * 2 + remainder(e)] = four[i / 2][i % 2];
      }
    }
  }
};

}  // namespace ROT180_ISA
}  // namespace rot180
