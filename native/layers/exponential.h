// The exponential of a vector, within two units in the last place.
//
//     exp(x) = 2**n * exp(r),  n = round(x / log 2),  |r| <= log(2) / 2
//
// and exp(r) by its Taylor series. Results below about the smallest normal number become 0.
#pragma once
#include "simd/vector.h"

namespace rot180 {
namespace ROT180_ISA {

template <class T>
struct Exponential;

template <>
struct Exponential<float> {
  typedef uint32_t Bits __attribute__((vector_size(ROT180_VECTOR)));
  static constexpr int MANTISSA = 23, DEGREE = 7;
  static constexpr float LOWEST = -86.9f, HIGHEST = 88.72284f;
  static constexpr float LOG2_HIGH = 0.693359375f, LOG2_LOW = -2.12194440e-4f;
  static constexpr float INVERSE_FACTORIAL[] = {1, 1, 1 / 2.f, 1 / 6.f, 1 / 24.f, 1 / 120.f, 1 / 720.f, 1 / 5040.f};
};

template <>
struct Exponential<double> {
  typedef uint64_t Bits __attribute__((vector_size(ROT180_VECTOR)));
  static constexpr int MANTISSA = 52, DEGREE = 13;
  static constexpr double LOWEST = -707.7, HIGHEST = 709.78271289338397;
  static constexpr double LOG2_HIGH = 6.93145751953125e-1, LOG2_LOW = 1.42860682030941723212e-6;
  static constexpr double INVERSE_FACTORIAL[] = {
      1,          1,           1 / 2.,       1 / 6.,        1 / 24.,        1 / 120.,        1 / 720.,
      1 / 5040.,  1 / 40320.,  1 / 362880.,  1 / 3628800.,  1 / 39916800.,  1 / 479001600.,  1 / 6227020800.};
};

template <class T>
ROT180_INLINE typename Simd<T>::V exponential(typename Simd<T>::V x) {
  using E = Exponential<T>;
  using S = Simd<T>;
  using V = typename S::V;
  using Bits = typename E::Bits;
  constexpr T TO_LAST_DIGIT = (T)(uint64_t{3} << (E::MANTISSA - 1));  // adding it rounds a number to an integer
  const V inside = x > S::splat(E::HIGHEST) ? S::splat(E::HIGHEST) : x;  // a NaN stays
  const V shifted = inside * S::splat((T)1.44269504088896340736) + S::splat(TO_LAST_DIGIT);
  const V n = shifted - S::splat(TO_LAST_DIGIT);
  const V r = (inside - n * S::splat(E::LOG2_HIGH)) - n * S::splat(E::LOG2_LOW);
  V sum = S::splat(E::INVERSE_FACTORIAL[E::DEGREE]);
  ROT180_UNROLL
  for (int k = E::DEGREE - 1; k >= 0; --k) sum = sum * r + S::splat(E::INVERSE_FACTORIAL[k]);
  // 2**(n - 1): the last bits of `shifted` are n; they are shifted into the exponent. 2**n could overflow.
  const Bits half = ((Bits)shifted << E::MANTISSA) + (Bits)S::splat((T)0.5);
  const V power = sum * (V)half * S::splat(2);
  const V whole = x > S::splat(E::HIGHEST) ? S::splat((T)__builtin_inf()) : power;
  return x < S::splat(E::LOWEST) ? V{} : whole;
}

}  // namespace ROT180_ISA
}  // namespace rot180
