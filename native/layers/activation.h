// relu, leaky_relu and sigmoid with their gradients, and the sum of two arrays. NaNs propagate.
#pragma once
#include "layers/elementwise.h"
#include "layers/exponential.h"

namespace rot180 {
namespace ROT180_ISA {

template <class T>
void add(int64_t cells, const T* a, const T* b, T* sum) {
  for_each_cell<T>(cells, [=](int64_t i, auto lanes) { lanes.store(sum + i, lanes.load(a + i) + lanes.load(b + i)); });
}

template <class T>
void relu_y(int64_t cells, const T* x, T* y) {
  using V = typename Simd<T>::V;
  for_each_cell<T>(cells, [=](int64_t i, auto lanes) {
    const V v = lanes.load(x + i);
    lanes.store(y + i, v < V{} ? V{} : v);
  });
}

template <class T>
void relu_x(int64_t cells, const T* gy, const T* y, T* gx) {
  using V = typename Simd<T>::V;
  for_each_cell<T>(cells, [=](int64_t i, auto lanes) {
    lanes.store(gx + i, lanes.load(y + i) <= V{} ? V{} : lanes.load(gy + i));
  });
}

template <class T>
void leaky_relu_y(int64_t cells, const T* x, T slope, T* y) {
  using V = typename Simd<T>::V;
  for_each_cell<T>(cells, [=](int64_t i, auto lanes) {
    const V v = lanes.load(x + i);
    lanes.store(y + i, v > V{} ? v : v * Simd<T>::splat(slope));
  });
}

template <class T>
void leaky_relu_x(int64_t cells, const T* gy, const T* x, T slope, T* gx) {
  using V = typename Simd<T>::V;
  for_each_cell<T>(cells, [=](int64_t i, auto lanes) {
    const V g = lanes.load(gy + i);
    lanes.store(gx + i, lanes.load(x + i) > V{} ? g : g * Simd<T>::splat(slope));
  });
}

template <class T>
void sigmoid_y(int64_t cells, const T* x, T* y) {
  using V = typename Simd<T>::V;
  const V one = Simd<T>::splat(1);
  for_each_cell<T>(cells, [=](int64_t i, auto lanes) {
    lanes.store(y + i, one / (one + exponential<T>(-lanes.load(x + i))));
  });
}

template <class T>
void sigmoid_x(int64_t cells, const T* gy, const T* y, T* gx) {
  using V = typename Simd<T>::V;
  for_each_cell<T>(cells, [=](int64_t i, auto lanes) {
    const V v = lanes.load(y + i);
    lanes.store(gx + i, lanes.load(gy + i) * (v - v * v));
  });
}

}  // namespace ROT180_ISA
}  // namespace rot180
