// NumPy arrays as the kernels take and return them, and the instruction set in use: what the bindings share.
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

// Lets other Python threads run during its scope. If Python ends meanwhile, it ends this thread by unwinding it, which
// C++ would answer by ending the whole process in error: instead the thread waits for the end, as from Python 3.14 on.
class WithoutGil {
 public:
  WithoutGil() : state_(PyEval_SaveThread()) {}
  ~WithoutGil() {
    try {
      PyEval_RestoreThread(state_);
    } catch (...) {
      for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    }
  }
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;

 private:
  PyThreadState* state_;
};

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
  const NumPy& numpy = NumPy::get();
  const std::vector<Py_intptr_t> sizes(shape.begin(), shape.end());
  const int flags = C_CONTIGUOUS | ALIGNED | WRITEABLE;
  nanobind::object array = nanobind::steal(
      numpy.make(numpy.array, (int)sizes.size(), sizes.data(), number_of<T>(), nullptr, block, 0, flags, nullptr));
  if (!array.is_valid() || numpy.set_base(array.ptr(), owner.release().ptr())) nanobind::raise_python_error();
  return Out<T>(std::move(array), static_cast<T*>(block));
}

template <class T>
std::vector<size_t> shape_of(const In<T>& a) {
  std::vector<size_t> shape(a.ndim());
  for (size_t i = 0; i < shape.size(); ++i) shape[i] = a.shape(i);
  return shape;
}

extern const Isa* active;  // bind.cpp

// A contraction but for its window: what the choice of an algorithm depends on beside it.
struct Call {
  Kernel kernel;
  int64_t images, channels, outputs;
  bool single;
};

// A Window as the kernels take it; sizes that belong to arrays are filled in by each call.
struct Shape {
  Geometry g;
  size_t ndim;
  Algorithm algorithm;
  mutable std::vector<Call> announced;
};

std::vector<size_t> array_shape(int64_t n, int64_t channels, const int64_t* size, size_t ndim);

template <class T>
const Layers<T>& layers() {
  if constexpr (sizeof(T) == 4)
    return *active->layers32;
  else
    return *active->layers64;
}

template <class T>
using Maybe = std::optional<In<T>>;

template <class T>
const T* cells(const Maybe<T>& a) {
  return a ? a->data() : nullptr;
}

template <class A, class B>
void same_size(const A& a, const B& b) {
  need(a.size() == b.size(), "the arrays must be of one shape");
}

void bind_norm(nanobind::module_& m);    // bind_norm.cpp
void bind_layers(nanobind::module_& m);  // bind_layers.cpp

}  // namespace rot180
