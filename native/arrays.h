// NumPy arrays as the kernels take and return them, and the instruction set in use: what the bindings share.
#pragma once
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <new>
#include <stdexcept>
#include <vector>

#include "engine.h"
#include "memory.h"

namespace rot180 {

template <class T>
using In = nanobind::ndarray<const T, nanobind::c_contig, nanobind::device::cpu>;
template <class T>
using InPlace = nanobind::ndarray<T, nanobind::c_contig, nanobind::device::cpu>;
template <class T>
using Out = nanobind::ndarray<nanobind::numpy, T, nanobind::c_contig>;

// A ValueError. Messages for people come from the layers above; these stand between a mistake there and foreign memory.
inline void need(bool fits, const char* what) {
  if (!fits) throw std::invalid_argument(what);
}

template <class T>
Out<T> make_array(const std::vector<size_t>& shape) {
  size_t bytes = sizeof(T);
  for (size_t n : shape)
    if (__builtin_mul_overflow(bytes, n, &bytes)) throw std::bad_alloc();
  void* block = acquire(bytes);
  if (!block) throw std::bad_alloc();
  nanobind::capsule owner(block, [](void* p) noexcept { release(p); });
  return Out<T>(static_cast<T*>(block), shape.size(), shape.data(), owner);
}

template <class T>
std::vector<size_t> shape_of(const In<T>& a) {
  return std::vector<size_t>(a.shape_ptr(), a.shape_ptr() + a.ndim());
}

extern const Isa* active;  // bind.cpp

// A Window as the kernels take it; sizes that belong to arrays are filled in by each call.
struct Shape {
  Geometry g;
  size_t ndim;
  Algorithm algorithm;
};

std::vector<size_t> array_shape(int64_t n, int64_t channels, const int64_t* size, size_t ndim);

void bind_layers(nanobind::module_& m);  // bind_layers.cpp

}  // namespace rot180
