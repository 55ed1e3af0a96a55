// Declarations shared by the bindings: NumPy arrays as arguments and results, and the instruction set in use.
#pragma once
#include <chrono>
#include <new>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "dispatch/instruction_sets.h"
#include "memory/allocator.h"
#include "python/numpy.h"

namespace rot180 {

// Releases the GIL for its scope. If Python exits meanwhile, it unwinds this thread, and C++ would then terminate the
// process with an error. Instead, the thread waits for the exit, as Python itself does from version 3.14 on.
class ReleaseGil {
 public:
  ReleaseGil() : state_(PyEval_SaveThread()) {}
  ~ReleaseGil() {
    try {
      PyEval_RestoreThread(state_);
    } catch (...) {
      for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    }
  }
  ReleaseGil(const ReleaseGil&) = delete;
  ReleaseGil& operator=(const ReleaseGil&) = delete;

 private:
  PyThreadState* state_;
};

// Raises a ValueError unless `condition` holds. The Python layers check their arguments and have better messages; these
// checks protect memory from mistakes in those layers.
inline void require(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

template <class T>
Out<T> make_array(const std::vector<size_t>& shape) {
  size_t bytes = sizeof(T);
  for (size_t n : shape)
    if (__builtin_mul_overflow(bytes, n, &bytes)) throw std::bad_alloc();
  void* block = acquire(bytes);
  if (!block) throw std::bad_alloc();
  nanobind::capsule owner(block, [](void* p) noexcept { release(p); });
  const NumPy& numpy = NumPy::get();
  const std::vector<Py_intptr_t> sizes(shape.begin(), shape.end());
  const int flags = C_CONTIGUOUS | ALIGNED | WRITEABLE;
  nanobind::object array = nanobind::steal(
      numpy.make(numpy.array, (int)sizes.size(), sizes.data(), type_number<T>(), nullptr, block, 0, flags, nullptr));
  if (!array.is_valid() || numpy.set_base(array.ptr(), owner.release().ptr())) nanobind::raise_python_error();
  return Out<T>(std::move(array), static_cast<T*>(block));
}

template <class T>
std::vector<size_t> shape_of(const In<T>& a) {
  std::vector<size_t> shape(a.ndim());
  for (size_t i = 0; i < shape.size(); ++i) shape[i] = a.shape(i);
  return shape;
}

extern const Isa* active_isa;  // module.cpp

// The arguments other than the window on which the choice of an algorithm depends.
struct LoggedCall {
  Kernel kernel;
  int64_t images, channels, outputs;
  bool single;
};

// A Window for the kernels. Each call fills in the sizes that come from its arrays.
struct Shape {
  Geometry g;
  size_t ndim;
  Algorithm algorithm;
  mutable std::vector<LoggedCall> logged;
};

std::vector<size_t> array_shape(int64_t n, int64_t channels, const int64_t* size, size_t ndim);

template <class T>
const Layers<T>& layers() {
  if constexpr (sizeof(T) == 4)
    return *active_isa->layers32;
  else
    return *active_isa->layers64;
}

template <class T>
using Maybe = std::optional<In<T>>;

template <class T>
const T* cells(const Maybe<T>& a) {
  return a ? a->data() : nullptr;
}

template <class A, class B>
void require_same_size(const A& a, const B& b) {
  require(a.size() == b.size(), "the arrays must have the same size");
}

void bind_normalization(nanobind::module_& m);  // normalization.cpp
void bind_layers(nanobind::module_& m);         // layers.cpp

}  // namespace rot180
