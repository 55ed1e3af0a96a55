// The microkernels of one instruction set, for 1 to MR rows of float32 and float64.
#include "gemm/microkernel.h"

namespace rot180 {
namespace ROT180_ISA {
namespace {

template <class T, int M>
ROT180_INLINE void finish(typename Simd<T>::V (&sum)[M][2], const Tile<T>& t) {
  using S = Simd<T>;
  using V = typename S::V;
  const bool relu = t.relu && t.end;
  ROT180_UNROLL
  for (int m = 0; m < M; ++m) {
    ROT180_UNROLL
    for (int j = 0; j < 2; ++j) {
      T* row = t.out + m * t.out_row;
      V v = sum[m][j];
      if (t.whole) {
        T* cells = row + t.strip[j].run[0].offset;
        if (!t.begin) v += S::load(cells);
        else if (t.bias) v += S::splat(t.bias[m]);
        if (relu) v = v < V{} ? V{} : v;  // a NaN stays
        S::store(cells, v);
      } else if (t.strip[j].runs) {
        if (!t.begin) v += t.strip[j].load(row, S::ALL);
        else if (t.bias) v += S::splat(t.bias[m]);
        if (relu) v = v < V{} ? V{} : v;
        t.strip[j].store(row, v);
      }
    }
  }
}

template <class T, int M, Layout LAYOUT>
void multiply(int64_t depth, const T* a, const T* b, const Tile<T>& t, Ahead& ahead) {
  using S = Simd<T>;
  using V = typename S::V;
  V sum[M][2];
  ROT180_UNROLL
  for (int m = 0; m < M; ++m) sum[m][0] = sum[m][1] = V{};
  for (int64_t k = 0; k < depth;) {
    const int64_t stop = smaller(depth, k + AHEAD_EVERY);
    ahead.step();
    for (; k < stop; ++k) {
      const V b0 = *reinterpret_cast<const V*>(b), b1 = *reinterpret_cast<const V*>(b + S::L);
      ROT180_UNROLL
      for (int m = 0; m < M; ++m) {
        const V s = S::splat(a[LAYOUT == Layout::by_k ? m : m * PITCH<T>]);
        sum[m][0] += s * b0;
        sum[m][1] += s * b1;
      }
      a += LAYOUT == Layout::by_k ? M : 1;
      b += 2 * S::L;
    }
  }
  finish<T, M>(sum, t);
}

// A single block of rows: S is used once, so it is not packed but read where it lies.
template <class T, int M>
void multiply_in_place(int64_t depth, const T* a, const T* source, const Row* rows, const Strip<T>* from,
                       const Lanes* reach, int taps, bool inside, const Tile<T>& t, Ahead& ahead) {
  using S = Simd<T>;
  using V = typename S::V;
  V sum[M][2];
  ROT180_UNROLL
  for (int m = 0; m < M; ++m) sum[m][0] = sum[m][1] = V{};
  const T* base0 = source + from[0].run[0].offset;
  const T* base1 = source + from[1].run[0].offset;
  const Lanes lanes0 = from[0].run[0].lanes, lanes1 = from[1].run[0].lanes;
  for (int64_t k = 0; k < depth;) {
    const int64_t stop = smaller(depth, k + AHEAD_EVERY);
    ahead.step();
    for (; k < stop; ++k) {
      const Row row = rows[k];
      const V b0 = S::load(base0 + row.offset, inside ? lanes0 : lanes0 & reach[row.tap]);
      const V b1 = S::load(base1 + row.offset, inside ? lanes1 : lanes1 & reach[taps + row.tap]);
      ROT180_UNROLL
      for (int m = 0; m < M; ++m) {
        const V s = S::splat(a[m * PITCH<T>]);
        sum[m][0] += s * b0;
        sum[m][1] += s * b1;
      }
      ++a;
    }
  }
  finish<T, M>(sum, t);
}

template <class T, int M>
constexpr void fill(Microkernels<T>& table) {
  table.by_k[M] = multiply<T, M, Layout::by_k>;
  table.by_row[M] = multiply<T, M, Layout::by_row>;
  table.in_place[M] = multiply_in_place<T, M>;
  if constexpr (M > 1) fill<T, M - 1>(table);
}

template <class T>
constexpr Microkernels<T> make_microkernels() {
  Microkernels<T> table{};
  fill<T, MR>(table);
  return table;
}

}  // namespace

constexpr Microkernels<float> MICROKERNELS32 = make_microkernels<float>();
constexpr Microkernels<double> MICROKERNELS64 = make_microkernels<double>();

}  // namespace ROT180_ISA
}  // namespace rot180
