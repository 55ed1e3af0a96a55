// NumPy arrays without NumPy's headers, for a few loads per array. In and InPlace are arguments, Out is a result.
// nanobind's ndarray uses the buffer protocol, which takes half of the time of a small call.
//
// The layout of an array, and the positions of functions in NumPy's table, are the same in all versions from 1.7 on.
// pybind11 relies on them too.
#pragma once
#include <nanobind/nanobind.h>

#include <cstdint>
#include <type_traits>

namespace rot180 {

struct ArrayLayout {
  PyObject_HEAD
  char* data;
  int ndim;
  Py_intptr_t *shape, *strides;
  PyObject* base;
  struct Descr {
    PyObject_HEAD
    PyTypeObject* type;
    char kind, letter, byteorder, former_flags;
    int number;
  }* descr;
  int flags;
};

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
constexpr char FOREIGN_BYTES = '<';
#else
constexpr char FOREIGN_BYTES = '>';
#endif
constexpr int C_CONTIGUOUS = 0x1, ALIGNED = 0x100, WRITEABLE = 0x400;

struct NumPy {
  PyTypeObject* array;  // np.ndarray
  PyObject* (*make)(PyTypeObject*, int ndim, const Py_intptr_t* shape, int number, const Py_intptr_t* strides,
                    void* data, int itemsize, int flags, PyObject* like);
  int (*set_base)(PyObject* array, PyObject* base);  // steals the reference to the base

  static const NumPy& get() {
    static const NumPy found = load();
    return found;
  }

 private:
  static NumPy load() {
    nanobind::object capsule = nanobind::module_::import_("numpy._core._multiarray_umath").attr("_ARRAY_API");
    void** table = static_cast<void**>(PyCapsule_GetPointer(capsule.ptr(), nullptr));
    if (!table) nanobind::raise_python_error();
    return {reinterpret_cast<PyTypeObject*>(table[2]), reinterpret_cast<decltype(make)>(table[93]),
            reinterpret_cast<decltype(set_base)>(table[282])};
  }
};

// NumPy's number of a cell type. C's long and long long are two different types in NumPy.
template <class T>
constexpr int type_number() {
  if constexpr (std::is_same_v<T, float>) return 11;
  else if constexpr (std::is_same_v<T, double>) return 12;
  else if constexpr (std::is_same_v<T, uint8_t>) return 2;
  else if constexpr (std::is_same_v<T, int32_t>) return 5;
  else return sizeof(long) == 8 ? 7 : 9;
}

// An array argument: C-contiguous, aligned, with cells of type T. The caller holds a reference during the call.
template <class T>
class ArrayArgument {
 public:
  static constexpr int NEEDED = C_CONTIGUOUS | ALIGNED | (std::is_const_v<T> ? 0 : WRITEABLE);

  ArrayArgument() = default;
  explicit ArrayArgument(const ArrayLayout* array) : array_(array) {}
  T* data() const { return reinterpret_cast<T*>(array_->data); }
  size_t ndim() const { return (size_t)array_->ndim; }
  size_t shape(size_t axis) const { return (size_t)array_->shape[axis]; }
  size_t size() const {
    size_t cells = 1;
    for (int i = 0; i < array_->ndim; ++i) cells *= (size_t)array_->shape[i];
    return cells;
  }

 private:
  const ArrayLayout* array_ = nullptr;
};

template <class T>
using In = ArrayArgument<const T>;
template <class T>
using InPlace = ArrayArgument<T>;

// An array that is returned to the caller.
template <class T>
class Out {
 public:
  Out() = default;
  Out(nanobind::object array, T* data) : array_(std::move(array)), data_(data) {}
  T* data() const { return data_; }
  nanobind::handle object() const { return array_; }

 private:
  nanobind::object array_;
  T* data_ = nullptr;
};

}  // namespace rot180

namespace nanobind::detail {

template <class T>
struct type_caster<rot180::ArrayArgument<T>> {
  NB_TYPE_CASTER(rot180::ArrayArgument<T>, const_name("numpy.ndarray"))

  bool from_python(handle source, uint8_t, cleanup_list*) noexcept {
    using Cells = std::remove_const_t<T>;
    PyTypeObject* kind = Py_TYPE(source.ptr());
    const rot180::NumPy& numpy = rot180::NumPy::get();
    if (kind != numpy.array && !PyType_IsSubtype(kind, numpy.array)) return false;
    const auto* array = reinterpret_cast<const rot180::ArrayLayout*>(source.ptr());
    const auto* descr = array->descr;
    if ((array->flags & value.NEEDED) != value.NEEDED) return false;
    if (descr->number != rot180::type_number<Cells>() || descr->byteorder == rot180::FOREIGN_BYTES) return false;
    value = rot180::ArrayArgument<T>(array);
    return true;
  }
  static handle from_cpp(const rot180::ArrayArgument<T>&, rv_policy, cleanup_list*) noexcept { return {}; }
};

template <class T>
struct type_caster<rot180::Out<T>> {
  NB_TYPE_CASTER(rot180::Out<T>, const_name("numpy.ndarray"))

  bool from_python(handle, uint8_t, cleanup_list*) noexcept { return false; }
  static handle from_cpp(const rot180::Out<T>& array, rv_policy, cleanup_list*) noexcept {
    return array.object().inc_ref();
  }
};

}  // namespace nanobind::detail
