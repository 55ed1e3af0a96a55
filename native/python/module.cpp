// The module rot180._native: entry points on NumPy arrays, which `rot180.kernels` calls.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "python/arrays.h"
#include "threads/pool.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace rot180;

const Isa* rot180::active_isa = nullptr;

std::vector<size_t> rot180::array_shape(int64_t n, int64_t channels, const int64_t* size, size_t ndim) {
  std::vector<size_t> shape{(size_t)n, (size_t)channels};
  for (size_t a = 3 - ndim; a < 3; ++a) shape.push_back((size_t)size[a]);
  return shape;
}

namespace {

constexpr int64_t MOST = (int64_t{1} << 31) - 1;  // the largest size: the product of two fits 64 bits

Algorithm algorithm_of_name(const std::string& name) {
  for (Algorithm a : {Algorithm::automatic, Algorithm::direct, Algorithm::dense, Algorithm::winograd,
                      Algorithm::winograd4, Algorithm::depthwise, Algorithm::fast})
    if (name == name_of(a)) return a;
  throw std::invalid_argument("unknown algorithm: " + name);
}

Shape make_shape(const std::vector<int64_t>& x, const std::vector<int64_t>& y, const std::vector<int64_t>& kernel,
                 const std::vector<int64_t>& stride, const std::vector<int64_t>& dilation,
                 const std::vector<int64_t>& padding, int64_t groups, const std::string& algorithm) {
  Shape s;
  s.algorithm = algorithm_of_name(algorithm);
  s.ndim = x.size();
  s.g.groups = groups;
  require(s.ndim <= 3 && groups >= 1, "a window needs at most three spatial axes and at least one group");
  for (const std::vector<int64_t>* sizes : {&y, &kernel, &stride, &dilation, &padding})
    require(sizes->size() == s.ndim, "each argument needs one size per spatial axis");
  for (size_t i = 0, a = 3 - s.ndim; i < s.ndim; ++i, ++a) {
    for (int64_t size : {x[i], y[i], kernel[i], stride[i], dilation[i], padding[i] + 1})
      require(size >= 1 && size <= MOST, "sizes must be at least 1 and less than 2 ** 31");
    s.g.x[a] = x[i];
    s.g.y[a] = y[i];
    s.g.kernel[a] = kernel[i];
    s.g.stride[a] = stride[i];
    s.g.dilation[a] = dilation[i];
    s.g.padding[a] = padding[i];
  }
  return s;
}

template <class A>
int64_t axis_size(const A& a, size_t axis) {
  require(a.ndim() > axis, "an array has too few axes");
  return (int64_t)a.shape(axis);
}

template <class A>
void require_shape(const A& a, int64_t first, int64_t second, const int64_t* size, size_t ndim) {
  bool fits = a.ndim() == 2 + ndim && (int64_t)a.shape(0) == first && (int64_t)a.shape(1) == second;
  for (size_t i = 0; fits && i < ndim; ++i) fits = (int64_t)a.shape(2 + i) == size[3 - ndim + i];
  require(fits, "the shape of an array does not match its window");
}

Geometry with_channels(const Shape& s, int64_t images, int64_t channels, int64_t outputs) {
  Geometry g = s.g;
  g.images = images;
  g.channels = channels;
  g.outputs = outputs;
  require(images > 0 && channels > 0 && outputs > 0, "arrays must not be empty");
  require(channels % g.groups == 0 && outputs % g.groups == 0, "the numbers of channels must be divisible by groups");
  return g;
}

template <class T>
const Kernels<T>& kernels() {
  if constexpr (sizeof(T) == 4)
    return active_isa->f32;
  else
    return active_isa->f64;
}

// ---- logging the choice of an algorithm ----

bool operator==(const LoggedCall& a, const LoggedCall& b) {
  return a.kernel == b.kernel && a.images == b.images && a.channels == b.channels && a.outputs == b.outputs &&
         a.single == b.single;
}

std::string in_words(const LoggedCall& call, const Geometry& g, size_t ndim) {
  auto sizes = [ndim](const int64_t* size) {
    std::string text;
    for (size_t a = 3 - ndim; a < 3; ++a) text += (text.empty() ? " " : "x") + std::to_string(size[a]);
    return text;
  };
  auto text = [](int64_t n) { return " " + std::to_string(n); };
  const char* kernel[] = {"conv_y", "conv_x", "conv_w"};
  std::string words = kernel[(int)call.kernel] + std::string(call.single ? " float32:" : " float64:") +
                      text(g.images) + " images, channels" + text(g.channels) + " and" + text(g.outputs);
  if (ndim)
    words += ", x" + sizes(g.x) + ", y" + sizes(g.y) + ", kernel" + sizes(g.kernel) + ", stride" + sizes(g.stride) +
             ", dilation" + sizes(g.dilation) + ", padding" + sizes(g.padding) + ", groups" + text(g.groups);
  return words;
}

// Logs every new combination of arguments once. Most calls equal the last logged call of their window.
template <class T>
void log_once(const Shape& s, Kernel kernel, const Geometry& g) {
  constexpr size_t MOST_CALLS = 256;  // limits the memory of a program whose batch size changes all the time
  const LoggedCall call{kernel, g.images, g.channels, g.outputs, sizeof(T) == 4};
  for (size_t i = s.logged.size(); i > 0; --i)
    if (s.logged[i - 1] == call) return;
  if (s.logged.size() == MOST_CALLS) return;
  s.logged.push_back(call);
  const char* algorithm = name_of(settle(s.algorithm, kernel, g, call.single));
  nb::module_::import_("rot180.kernels.native").attr("log")(in_words(call, g, s.ndim), algorithm, active_isa->name);
}

// ---- the contractions ----

template <class T>
Out<T> conv_y(const Shape& s, In<T> x, In<T> w, std::optional<In<T>> bias, bool relu) {
  const Geometry g = with_channels(s, axis_size(x, 0), axis_size(x, 1), axis_size(w, 0));
  require_shape(x, g.images, g.channels, g.x, s.ndim);
  require_shape(w, g.outputs, g.group_channels(), g.kernel, s.ndim);
  require(!bias || (int64_t)bias->size() == g.outputs, "bias must have one value per channel of y");
  Out<T> y = make_array<T>(array_shape(g.images, g.outputs, g.y, s.ndim));
  log_once<T>(s, Kernel::y, g);
  const T* b = bias ? bias->data() : nullptr;
  ReleaseGil free;
  kernels<T>().conv_y(s.algorithm, g, x.data(), w.data(), b, relu, y.data());
  return y;
}

template <class T>
Out<T> conv_x(const Shape& s, In<T> y, In<T> w) {
  const Geometry g = with_channels(s, axis_size(y, 0), axis_size(w, 1) * s.g.groups, axis_size(w, 0));
  require_shape(y, g.images, g.outputs, g.y, s.ndim);
  require_shape(w, g.outputs, g.group_channels(), g.kernel, s.ndim);
  Out<T> x = make_array<T>(array_shape(g.images, g.channels, g.x, s.ndim));
  log_once<T>(s, Kernel::x, g);
  ReleaseGil free;
  kernels<T>().conv_x(s.algorithm, g, y.data(), w.data(), x.data());
  return x;
}

template <class T>
Out<T> conv_w(const Shape& s, In<T> x, In<T> y) {
  const Geometry g = with_channels(s, axis_size(x, 0), axis_size(x, 1), axis_size(y, 1));
  require_shape(x, g.images, g.channels, g.x, s.ndim);
  require_shape(y, g.images, g.outputs, g.y, s.ndim);
  Out<T> w = make_array<T>(array_shape(g.outputs, g.group_channels(), g.kernel, s.ndim));
  log_once<T>(s, Kernel::w, g);
  ReleaseGil free;
  kernels<T>().conv_w(s.algorithm, g, x.data(), y.data(), w.data());
  return w;
}

template <class T>
void add_type(nb::module_& m) {
  m.def("conv_y", conv_y<T>, "shape"_a, "x"_a.noconvert(), "w"_a.noconvert(), "bias"_a.none().noconvert(), "relu"_a);
  m.def("conv_x", conv_x<T>, "shape"_a, "y"_a.noconvert(), "w"_a.noconvert());
  m.def("conv_w", conv_w<T>, "shape"_a, "x"_a.noconvert(), "y"_a.noconvert());
}

void use_isa(const std::string& name) {
  const char* reason = nullptr;
  const Isa* chosen = choose_isa(name.c_str(), &reason);
  if (!chosen) throw std::invalid_argument("ROT180_ISA=" + name + ": " + reason);
  active_isa = chosen;
}

std::vector<std::string> isas() {
  std::vector<std::string> names;
  for (const Isa* const* isa = all_isas(); *isa; ++isa)
    if (runs_here(**isa)) names.push_back((*isa)->name);
  return names;
}

// `kernel` is "y", "x" or "w".
Kernel kernel_of(char letter) { return letter == 'y' ? Kernel::y : letter == 'x' ? Kernel::x : Kernel::w; }

std::string algorithm(const Shape& s, char kernel, int64_t images, int64_t channels, int64_t outputs, bool single) {
  const Geometry g = with_channels(s, images, channels, outputs);
  return name_of(settle(s.algorithm, kernel_of(kernel), g, single));
}

bool fits_shape(const Shape& s, char kernel, int64_t channels, int64_t outputs, bool single) {
  return fits(s.algorithm, kernel_of(kernel), with_channels(s, 1, channels, outputs), single);
}

}  // namespace

NB_MODULE(_native, m) {
  nb::set_leak_warnings(false);  // a Shape in a cache at exit is not a leak
  nb::register_exception_translator([](const std::exception_ptr& p, void*) {
    try {
      std::rethrow_exception(p);
    } catch (const std::bad_alloc&) {
      PyErr_SetString(PyExc_MemoryError,
                      "out of memory: the native engine could not allocate a result or its workspace");
    }
  });
  const char* wanted = std::getenv("ROT180_ISA");
  use_isa(wanted ? wanted : "");
  m.def("isa", [] { return std::string(active_isa->name); });
  m.def("isas", isas);
  m.def("use_isa", use_isa);
  m.def("algorithm", algorithm);
  m.def("where", [](const std::string& name) { return where(algorithm_of_name(name)); });
  m.def("fits", fits_shape);
  nb::class_<Shape>(m, "Shape").def("__init__", [](Shape* s, const std::vector<int64_t>& x, const std::vector<int64_t>& y,
                                                   const std::vector<int64_t>& kernel, const std::vector<int64_t>& stride,
                                                   const std::vector<int64_t>& dilation,
                                                   const std::vector<int64_t>& padding, int64_t groups,
                                                   const std::string& algorithm) {
    new (s) Shape(make_shape(x, y, kernel, stride, dilation, padding, groups, algorithm));
  });
  add_type<float>(m);
  add_type<double>(m);
  bind_normalization(m);
  bind_layers(m);
  m.def("set_num_threads", set_num_threads);
  m.def("num_threads", num_threads);
  m.def("trim", trim);
  m.def("kept", cached_bytes);
}
