// The microkernels of one instruction set, for 1 to MR rows of float32 and float64.
#include "gemm/microkernel.h"

namespace rot180 {
namespace ROT180_ISA {
namespace {

template <class T>
ROT180_INLINE typename Simd<T>::V clip_negative(typename Simd<T>::V v) {
  return v < typename Simd<T>::V{} ? typename Simd<T>::V{} : v;  // a NaN stays
}

// Adds the sums of `rows` rows to a tile whose results are not two full vectors. This is one loop for every number of
// rows: unrolled, it was half of the engine's code and of its compile time, and it runs only where images end.
template <class T>
__attribute__((noinline)) void store_partial(const typename Simd<T>::V* sums, int rows, const Tile<T>& t) {
  using S = Simd<T>;
  for (int m = 0; m < rows; ++m) {
    T* row = t.out + m * t.out_row;
    for (int j = 0; j < 2; ++j) {
      const Strip<T>& strip = t.strip[j];
      if (!strip.runs) continue;
      typename S::V v = sums[2 * m + j];
      if (!t.begin) v += strip.load(row, S::ALL);
      else if (t.bias) v += S::splat(t.bias[m]);
      if (t.relu && t.end) v = clip_negative<T>(v);
      strip.store(row, v);
    }
  }
}

// Adds the sums to the tile, with bias and relu.
template <class T, int M>
ROT180_INLINE void store_tile(typename Simd<T>::V (&sum)[M][2], const Tile<T>& t) {
  using S = Simd<T>;
  if (!t.full) {
    typename S::V sums[2 * M];  // a copy: `sum` itself stays in registers only if its address is never taken
    ROT180_UNROLL
    for (int i = 0; i < 2 * M; ++i) sums[i] = sum[i / 2][i % 2];
    return store_partial<T>(sums, M, t);
  }
  T* cells[2] = {t.out + t.strip[0].run[0].offset, t.out + t.strip[1].run[0].offset};
  if (!t.begin) {
    ROT180_UNROLL
    for (int i = 0; i < 2 * M; ++i) sum[i / 2][i % 2] += S::load(cells[i % 2] + i / 2 * t.out_row);
  } else if (t.bias) {
    ROT180_UNROLL
    for (int i = 0; i < 2 * M; ++i) sum[i / 2][i % 2] += S::splat(t.bias[i / 2]);
  }
  if (t.relu && t.end) {
    ROT180_UNROLL
    for (int i = 0; i < 2 * M; ++i) sum[i / 2][i % 2] = clip_negative<T>(sum[i / 2][i % 2]);
  }
  ROT180_UNROLL
  for (int i = 0; i < 2 * M; ++i) S::store(cells[i % 2] + i / 2 * t.out_row, sum[i / 2][i % 2]);
}

template <class T, int M, Layout LAYOUT>
void multiply(int64_t depth, const T* a, const T* b, const Tile<T>& t, Prefetch& prefetch) {
  using S = Simd<T>;
  using V = typename S::V;
  V sum[M][2];
  ROT180_UNROLL
  for (int m = 0; m < M; ++m) sum[m][0] = sum[m][1] = V{};
  for (int64_t k = 0; k < depth;) {
    const int64_t stop = smaller(depth, k + PREFETCH_INTERVAL);
    prefetch.step();
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
  store_tile<T, M>(sum, t);
}

// For a single block of rows, S is used only once: it is read in place instead of being packed.
template <class T, int M, Layout LAYOUT>
void multiply_in_place(int64_t depth, const T* a, const T* source, const Row* rows, const Strip<T>* from,
                       const Lanes* reach, int taps, bool inside, const Tile<T>& t, Prefetch& prefetch) {
  using S = Simd<T>;
  using V = typename S::V;
  V sum[M][2];
  ROT180_UNROLL
  for (int m = 0; m < M; ++m) sum[m][0] = sum[m][1] = V{};
  const T* base0 = source + from[0].run[0].offset;
  const T* base1 = source + from[1].run[0].offset;
  const Lanes lanes0 = from[0].run[0].lanes, lanes1 = from[1].run[0].lanes;
  for (int64_t k = 0; k < depth;) {
    const int64_t stop = smaller(depth, k + PREFETCH_INTERVAL);
    prefetch.step();
    for (; k < stop; ++k) {
      const Row row = rows[k];
      const V b0 = S::load(base0 + row.offset, inside ? lanes0 : lanes0 & reach[row.tap]);
      const V b1 = S::load(base1 + row.offset, inside ? lanes1 : lanes1 & reach[taps + row.tap]);
      ROT180_UNROLL
      for (int m = 0; m < M; ++m) {
        const V s = S::splat(a[LAYOUT == Layout::by_k ? m : m * PITCH<T>]);
        sum[m][0] += s * b0;
        sum[m][1] += s * b1;
      }
      a += LAYOUT == Layout::by_k ? M : 1;
    }
  }
  store_tile<T, M>(sum, t);
}

template <class T, Layout LAYOUT, int M>
constexpr void fill(Microkernels<T>& table) {
  table.packed[M] = multiply<T, M, LAYOUT>;
  table.in_place[M] = multiply_in_place<T, M, LAYOUT>;
  if constexpr (M > 1) fill<T, LAYOUT, M - 1>(table);
}

template <class T, Layout LAYOUT>
constexpr Microkernels<T> make_microkernels() {
  Microkernels<T> table{};
  fill<T, LAYOUT, MR>(table);
  return table;
}

}  // namespace

static_assert((int)Layout::by_k == 0 && (int)Layout::by_row == 1);
constexpr Microkernels<float> MICROKERNELS32[2] = {make_microkernels<float, Layout::by_k>(),
                                                   make_microkernels<float, Layout::by_row>()};
constexpr Microkernels<double> MICROKERNELS64[2] = {make_microkernels<double, Layout::by_k>(),
                                                    make_microkernels<double, Layout::by_row>()};

}  // namespace ROT180_ISA
}  // namespace rot180
