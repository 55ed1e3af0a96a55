// NumPy arrays as the kernels take and return them, and the instruction set in use: what the bindings share.
#pragma once
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <new>
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

template <class T>
Out<T> make_array(const std::vector<size_t>& shape) {
  size_t cells = 1;
  for (size_t n : shape) cells *= n;
  void* block = acquire(cells * sizeof(T));
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
