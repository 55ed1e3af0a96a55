// relu, leaky_relu and sigmoid, each with its gradient, and the sum of two arrays. A NaN stays one.
#pragma once
#include "layers/elementwise.h"
#include "layers/exponential.h"

namespace rot180 {
namespace ROT180_ISA {

template <class T>
void add(int64_t cells, const T* a, const T* b, T* sum) {
  over_cells<T>(cells, [=](int64_t i, auto part) { part.store(sum + i, part.load(a + i) + part.load(b + i)); });
}

template <class T>
void relu_y(int64_t cells, const T* x, T* y) {
  using V = typename Simd<T>::V;
  over_cells<T>(cells, [=](int64_t i, auto part) {
    const V v = part.load(x + i);
    part.store(y + i, v < V{} ? V{} : v);
  });
}

template <class T>
void relu_x(int64_t cells, const T* gy, const T* y, T* gx) {
  using V = typename Simd<T>::V;
  over_cells<T>(cells, [=](int64_t i, auto part) {
    part.store(gx + i, part.load(y + i) <= V{} ? V{} : part.load(gy + i));
  });
}

template <class T>
void leaky_relu_y(int64_t cells, const T* x, T slope, T* y) {
  using V = typename Simd<T>::V;
  over_cells<T>(cells, [=](int64_t i, auto part) {
    const V v = part.load(x + i);
    part.store(y + i, v > V{} ? v : v * Simd<T>::splat(slope));
  });
}

template <class T>
void leaky_relu_x(int64_t cells, const T* gy, const T* x, T slope, T* gx) {
  using V = typename Simd<T>::V;
  over_cells<T>(cells, [=](int64_t i, auto part) {
    const V g = part.load(gy + i);
    part.store(gx + i, part.load(x + i) > V{} ? g : g * Simd<T>::splat(slope));
  });
}

template <class T>
void sigmoid_y(int64_t cells, const T* x, T* y) {
  using V = typename Simd<T>::V;
  const V one = Simd<T>::splat(1);
  over_cells<T>(cells, [=](int64_t i, auto part) {
    part.store(y + i, one / (one + exponential<T>(-part.load(x + i))));
  });
}

template <class T>
void sigmoid_x(int64_t cells, const T* gy, const T* y, T* gx) {
  using V = typename Simd<T>::V;
  over_cells<T>(cells, [=](int64_t i, auto part) {
    const V v = part.load(y + i);
    part.store(gx + i, part.load(gy + i) * (v - v * v));
  });
}

}  // namespace ROT180_ISA
}  // namespace rot180
