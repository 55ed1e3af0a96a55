// Vectors of one instruction set. The kernels are compiled once per set: ROT180_ISA is the name of the set and of the
// namespace, ROT180_VECTOR the size of a vector in bytes.
//
// Two instruction sets must not share a template or an inline function: the linker would keep one copy of it, and an
// old machine could run instructions that it lacks. So all kernels are in this namespace and use only constants and
// types of the standard library. Functions that they share (window/geometry.h, memory/allocator.h) are always inlined,
// or compiled once for all sets. tests/symbols.cmake checks the object files.
#pragma once
#include <cstddef>
#include <cstdint>

#include "simd/inline.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__clang__)
#define ROT180_UNROLL _Pragma("clang loop unroll(full)")
#else
#define ROT180_UNROLL _Pragma("GCC unroll 32")
#endif

namespace rot180 {
namespace ROT180_ISA {

using Lanes = uint32_t;  // a mask with one bit per lane

template <class T>
constexpr T smaller(T a, T b) {
  return b < a ? b : a;
}
template <class T>
constexpr T larger(T a, T b) {
  return a < b ? b : a;
}
constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The lanes first, first + 1, ..., first + count - 1.
constexpr Lanes lanes(int first, int count) {
  return count <= 0 ? 0 : (count >= 32 ? ~Lanes{0} : ((Lanes{1} << count) - 1)) << first;
}

template <int... I>
struct Indices {};
template <int N, int... I>
struct CountTo : CountTo<N - 1, N - 1, I...> {};
template <int... I>
struct CountTo<0, I...> {
  using Type = Indices<I...>;
};

template <class T>
struct Simd {
  typedef T V __attribute__((vector_size(ROT180_VECTOR)));
  typedef T Unaligned __attribute__((vector_size(ROT180_VECTOR), aligned(sizeof(T)), may_alias));
  static constexpr int L = ROT180_VECTOR / sizeof(T);
  static constexpr Lanes ALL = lanes(0, L);

  static ROT180_INLINE V load(const T* p) { return *reinterpret_cast<const Unaligned*>(p); }
  static ROT180_INLINE void store(T* p, V v) { *reinterpret_cast<Unaligned*>(p) = v; }
  static ROT180_INLINE V splat(T value) { return value - V{}; }  // x - 0 is x, even for -0: no subtraction is compiled
  static ROT180_INLINE V load(const T* p, Lanes m);           // zero where m is not set; nothing is read there
  static ROT180_INLINE V load_over(V v, const T* p, Lanes m);  // v where m is not set
  static ROT180_INLINE void store(T* p, V v, Lanes m);        // nothing is written where m is not set
  // The sum of all lanes: adds halves until one lane is left.
  static ROT180_INLINE T sum(V v) {
    T lane[L];
    store(lane, v);
    ROT180_UNROLL
    for (int half = L / 2; half; half /= 2) {
      ROT180_UNROLL
      for (int l = 0; l < half; ++l) lane[l] += lane[l + half];
    }
    return lane[0];
  }
};

// The sums of the lanes of N vectors. Two vectors are folded into one that holds half sums of both, and so on: a
// few instructions per vector instead of one per lane.
#if defined(__clang__) || __GNUC__ >= 12
template <class T, int STEP, int... I>
ROT180_INLINE typename Simd<T>::V fold(typename Simd<T>::V a, typename Simd<T>::V b, Indices<I...>) {
  constexpr int L = Simd<T>::L;
  // Takes groups of STEP lanes alternately from a and b: first the even groups, then the odd groups.
  return __builtin_shufflevector(a, b, (I / (2 * STEP) * 2 * STEP + I % STEP + (I / STEP % 2 ? L : 0))...) +
         __builtin_shufflevector(a, b, (I / (2 * STEP) * 2 * STEP + I % STEP + STEP + (I / STEP % 2 ? L : 0))...);
}
template <class T, int N, int STEP = 1>
ROT180_INLINE void lane_sums(typename Simd<T>::V (&v)[N], T* out) {
  constexpr int L = Simd<T>::L;
  if constexpr (STEP == L) {
    for (int i = 0; i < N; ++i)
      for (int l = 0; l < L; ++l) out[i * L + l] = v[i][l];
  } else {
    typename Simd<T>::V half[(N + 1) / 2];
    ROT180_UNROLL
    for (int i = 0; i < N / 2; ++i) half[i] = fold<T, STEP>(v[2 * i], v[2 * i + 1], typename CountTo<L>::Type());
    if constexpr (N % 2) half[N / 2] = fold<T, STEP>(v[N - 1], typename Simd<T>::V{}, typename CountTo<L>::Type());
    lane_sums<T, (N + 1) / 2, STEP * 2>(half, out);
  }
}
// a and b become a[0], b[0], a[1], b[1], ...
template <class T, int... I>
ROT180_INLINE void interleave_indices(typename Simd<T>::V& a, typename Simd<T>::V& b, Indices<I...>) {
  constexpr int L = Simd<T>::L;
  const typename Simd<T>::V first = __builtin_shufflevector(a, b, (I / 2 + (I % 2 ? L : 0))...);
  b = __builtin_shufflevector(a, b, (L / 2 + I / 2 + (I % 2 ? L : 0))...);
  a = first;
}
template <class T>
ROT180_INLINE void interleave(typename Simd<T>::V& a, typename Simd<T>::V& b) {
  interleave_indices<T>(a, b, typename CountTo<Simd<T>::L>::Type());
}

// Transposes an L x L matrix, v[i][l] to v[l][i]: exchanges blocks of STEP x STEP lanes across the diagonal, then
// blocks twice as large.
template <class T, int STEP, int... I>
ROT180_INLINE void exchange(typename Simd<T>::V& a, typename Simd<T>::V& b, Indices<I...>) {
  constexpr int L = Simd<T>::L;
  const typename Simd<T>::V first = __builtin_shufflevector(a, b, (I & STEP ? L + I - STEP : I)...);
  b = __builtin_shufflevector(a, b, (I & STEP ? L + I : I + STEP)...);
  a = first;
}
template <class T, int STEP = 1>
ROT180_INLINE void transpose(typename Simd<T>::V (&v)[Simd<T>::L]) {
  constexpr int L = Simd<T>::L;
  if constexpr (STEP < L) {
    ROT180_UNROLL
    for (int i = 0; i < L / 2; ++i) {
      const int at = i / STEP * 2 * STEP + i % STEP;
      exchange<T, STEP>(v[at], v[at + STEP], typename CountTo<L>::Type());
    }
    transpose<T, 2 * STEP>(v);
  }
}

// The inverse of interleave: a gets the lanes 0, 2, 4, ... of a and b, and b gets the rest.
template <class T, int... I>
ROT180_INLINE void deinterleave_indices(typename Simd<T>::V& a, typename Simd<T>::V& b, Indices<I...>) {
  const typename Simd<T>::V even = __builtin_shufflevector(a, b, (2 * I)...);
  b = __builtin_shufflevector(a, b, (2 * I + 1)...);
  a = even;
}
template <class T>
ROT180_INLINE void deinterleave(typename Simd<T>::V& a, typename Simd<T>::V& b) {
  deinterleave_indices<T>(a, b, typename CountTo<Simd<T>::L>::Type());
}
#else
template <class T>
ROT180_INLINE void deinterleave(typename Simd<T>::V& a, typename Simd<T>::V& b) {
  constexpr int L = Simd<T>::L;
  const typename Simd<T>::V both[2] = {a, b};
  for (int l = 0; l < L; ++l) {
    a[l] = both[2 * l / L][2 * l % L];
    b[l] = both[2 * l / L][2 * l % L + 1];
  }
}
template <class T>
ROT180_INLINE void interleave(typename Simd<T>::V& a, typename Simd<T>::V& b) {
  constexpr int L = Simd<T>::L;
  const typename Simd<T>::V both[2] = {a, b};
  for (int l = 0; l < L; ++l) {
    a[l] = both[l % 2][l / 2];
    b[l] = both[l % 2][L / 2 + l / 2];
  }
}
template <class T, int N>
ROT180_INLINE void lane_sums(typename Simd<T>::V (&v)[N], T* out) {
  for (int i = 0; i < N; ++i) out[i] = Simd<T>::sum(v[i]);
}
template <class T>
ROT180_INLINE void transpose(typename Simd<T>::V (&v)[Simd<T>::L]) {
  for (int i = 0; i < Simd<T>::L; ++i)
    for (int l = 0; l < i; ++l) {
      const T kept = v[i][l];
      v[i][l] = v[l][i];
      v[l][i] = kept;
    }
}
#endif

template <class T>
ROT180_INLINE void deinterleave_to(typename Simd<T>::V a, typename Simd<T>::V b, T* even, T* odd) {
  deinterleave<T>(a, b);
  Simd<T>::store(even, a);
  Simd<T>::store(odd, b);
}

template <class T>
ROT180_INLINE void interleave_to(typename Simd<T>::V a, typename Simd<T>::V b, T* out) {
  interleave<T>(a, b);
  Simd<T>::store(out, a);
  Simd<T>::store(out + Simd<T>::L, b);
}

// Loads `count` cells that are `step` apart into the first lanes.
template <class T>
ROT180_INLINE typename Simd<T>::V load_strided(const T* p, ptrdiff_t step, int count) {
#if ROT180_VECTOR == 64
  if constexpr (sizeof(T) == 4)
    if (step < (ptrdiff_t{1} << 26)) {
      const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
      return (typename Simd<T>::V)_mm512_mask_i32gather_ps(
          _mm512_setzero_ps(), (__mmask16)lanes(0, count), _mm512_mullo_epi32(lane, _mm512_set1_epi32((int)step)), p,
          4);
    }
#endif
  typename Simd<T>::V v{};
  for (int l = 0; l < count; ++l) v[l] = p[l * step];
  return v;
}

#if ROT180_VECTOR == 64

template <>
ROT180_INLINE Simd<float>::V Simd<float>::load(const float* p, Lanes m) {
  return (V)_mm512_maskz_loadu_ps((__mmask16)m, p);
}
template <>
ROT180_INLINE Simd<float>::V Simd<float>::load_over(V v, const float* p, Lanes m) {
  return (V)_mm512_mask_loadu_ps((__m512)v, (__mmask16)m, p);
}
template <>
ROT180_INLINE void Simd<float>::store(float* p, V v, Lanes m) {
  _mm512_mask_storeu_ps(p, (__mmask16)m, (__m512)v);
}
template <>
ROT180_INLINE Simd<double>::V Simd<double>::load(const double* p, Lanes m) {
  return (V)_mm512_maskz_loadu_pd((__mmask8)m, p);
}
template <>
ROT180_INLINE Simd<double>::V Simd<double>::load_over(V v, const double* p, Lanes m) {
  return (V)_mm512_mask_loadu_pd((__m512d)v, (__mmask8)m, p);
}
template <>
ROT180_INLINE void Simd<double>::store(double* p, V v, Lanes m) {
  _mm512_mask_storeu_pd(p, (__mmask8)m, (__m512d)v);
}

#elif ROT180_VECTOR == 32 && defined(__AVX2__)

ROT180_INLINE __m256i spread8(Lanes m) {
  const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)m), bit), bit);
}
ROT180_INLINE __m256i spread4(Lanes m) {
  const __m256i bit = _mm256_setr_epi64x(1, 2, 4, 8);
  return _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x((long long)m), bit), bit);
}
template <>
ROT180_INLINE Simd<float>::V Simd<float>::load(const float* p, Lanes m) {
  return (V)_mm256_maskload_ps(p, spread8(m));
}
template <>
ROT180_INLINE Simd<float>::V Simd<float>::load_over(V v, const float* p, Lanes m) {
  const __m256i k = spread8(m);
  return (V)_mm256_blendv_ps((__m256)v, _mm256_maskload_ps(p, k), _mm256_castsi256_ps(k));
}
template <>
ROT180_INLINE void Simd<float>::store(float* p, V v, Lanes m) {
  _mm256_maskstore_ps(p, spread8(m), (__m256)v);
}
template <>
ROT180_INLINE Simd<double>::V Simd<double>::load(const double* p, Lanes m) {
  return (V)_mm256_maskload_pd(p, spread4(m));
}
template <>
ROT180_INLINE Simd<double>::V Simd<double>::load_over(V v, const double* p, Lanes m) {
  const __m256i k = spread4(m);
  return (V)_mm256_blendv_pd((__m256d)v, _mm256_maskload_pd(p, k), _mm256_castsi256_pd(k));
}
template <>
ROT180_INLINE void Simd<double>::store(double* p, V v, Lanes m) {
  _mm256_maskstore_pd(p, spread4(m), (__m256d)v);
}

#else  // baseline x86-64 and NEON: vectors of 16 bytes, masks lane by lane

template <class T>
ROT180_INLINE typename Simd<T>::V Simd<T>::load_over(V v, const T* p, Lanes m) {
  if (m == ALL) return load(p);
  for (int l = 0; l < L; ++l)
    if (m >> l & 1) v[l] = p[l];
  return v;
}
template <class T>
ROT180_INLINE typename Simd<T>::V Simd<T>::load(const T* p, Lanes m) {
  return load_over(V{}, p, m);
}
template <class T>
ROT180_INLINE void Simd<T>::store(T* p, V v, Lanes m) {
  if (m == ALL) return store(p, v);
  for (int l = 0; l < L; ++l)
    if (m >> l & 1) p[l] = v[l];
}

#endif

// The sizes of the register tiles. MR rows of 2 vectors: the sums, two loaded vectors and a broadcast value fit the
// registers. DOT_ROWS x DOT_COLUMNS is the tile of dot products.
#if ROT180_VECTOR == 64
constexpr int MR = 14, DOT_ROWS = 4, DOT_COLUMNS = 6;
#elif ROT180_VECTOR == 32
constexpr int MR = 6, DOT_ROWS = 3, DOT_COLUMNS = 4;
#elif defined(__aarch64__)
constexpr int MR = 12, DOT_ROWS = 4, DOT_COLUMNS = 6;
#else
constexpr int MR = 6, DOT_ROWS = 3, DOT_COLUMNS = 4;
#endif

}  // namespace ROT180_ISA
}  // namespace rot180
