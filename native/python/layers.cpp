// The bindings of activations, losses, max pooling and optimiser steps. The Python callers check shapes; these
// functions check sizes, so that no kernel accesses memory outside its arrays.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "python/arrays.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace rot180;

namespace {

// ---- sums and activations ----

template <class T>
Out<T> add(In<T> a, In<T> b) {
  require_same_size(a, b);
  Out<T> sum = make_array<T>(shape_of(a));
  ReleaseGil free;
  layers<T>().add((int64_t)a.size(), a.data(), b.data(), sum.data());
  return sum;
}

template <class T>
void add_over(InPlace<T> a, In<T> b) {
  require_same_size(a, b);
  ReleaseGil free;
  layers<T>().add((int64_t)a.size(), a.data(), b.data(), a.data());
}

template <class T>
Out<T> relu_y(In<T> x) {
  Out<T> y = make_array<T>(shape_of(x));
  ReleaseGil free;
  layers<T>().relu_y((int64_t)x.size(), x.data(), y.data());
  return y;
}

template <class T>
Out<T> relu_x(In<T> gy, In<T> y) {
  require_same_size(gy, y);
  Out<T> gx = make_array<T>(shape_of(y));
  ReleaseGil free;
  layers<T>().relu_x((int64_t)y.size(), gy.data(), y.data(), gx.data());
  return gx;
}

template <class T>
void relu_x_over(InPlace<T> gy, In<T> y) {
  require_same_size(gy, y);
  ReleaseGil free;
  layers<T>().relu_x((int64_t)y.size(), gy.data(), y.data(), gy.data());
}

template <class T>
Out<T> leaky_relu_y(In<T> x, double slope) {
  Out<T> y = make_array<T>(shape_of(x));
  ReleaseGil free;
  layers<T>().leaky_relu_y((int64_t)x.size(), x.data(), (T)slope, y.data());
  return y;
}

template <class T>
Out<T> leaky_relu_x(In<T> gy, In<T> x, double slope) {
  require_same_size(gy, x);
  Out<T> gx = make_array<T>(shape_of(x));
  ReleaseGil free;
  layers<T>().leaky_relu_x((int64_t)x.size(), gy.data(), x.data(), (T)slope, gx.data());
  return gx;
}

template <class T>
void leaky_relu_x_over(InPlace<T> gy, In<T> x, double slope) {
  require_same_size(gy, x);
  ReleaseGil free;
  layers<T>().leaky_relu_x((int64_t)x.size(), gy.data(), x.data(), (T)slope, gy.data());
}

template <class T>
Out<T> sigmoid_y(In<T> x) {
  Out<T> y = make_array<T>(shape_of(x));
  ReleaseGil free;
  layers<T>().sigmoid_y((int64_t)x.size(), x.data(), y.data());
  return y;
}

template <class T>
Out<T> sigmoid_x(In<T> gy, In<T> y) {
  require_same_size(gy, y);
  Out<T> gx = make_array<T>(shape_of(y));
  ReleaseGil free;
  layers<T>().sigmoid_x((int64_t)y.size(), gy.data(), y.data(), gx.data());
  return gx;
}

// ---- windows of maxima ----

Geometry pool_geometry(const Shape& s, size_t images, size_t channels) {
  Geometry g = s.g;
  g.images = (int64_t)images;
  g.channels = (int64_t)channels;
  require((g.kernel[2] - 1) * g.dilation[2] < MOST_EXTENT, "the pooling windows are too wide");
  return g;
}

template <class A>
void require_cells(const Geometry& g, const A& a, int64_t plane) {
  require((int64_t)a.size() == g.images * g.channels * plane, "the shape of an array does not match its window");
}

template <class T>
Out<T> max_y(In<T> x, const Shape& s) {
  const Geometry g = pool_geometry(s, x.shape(0), x.shape(1));
  require_cells(g, x, g.x_cells());
  Out<T> y = make_array<T>(array_shape(g.images, g.channels, g.y, s.ndim));
  ReleaseGil free;
  layers<T>().max_y(g, x.data(), y.data());
  return y;
}

template <class T, class Tap>
nb::object taps_of(const Shape& s, const Geometry& g, const In<T>& x) {
  Out<Tap> taps = make_array<Tap>(array_shape(g.images, g.channels, g.y, s.ndim));
  {
    ReleaseGil free;
    layers<T>().max_taps(g, x.data(), taps.data());
  }
  return nb::cast(taps);
}

template <class T>
nb::object max_taps(In<T> x, const Shape& s) {
  const Geometry g = pool_geometry(s, x.shape(0), x.shape(1));
  require_cells(g, x, g.x_cells());
  return g.taps() < FEW_TAPS ? taps_of<T, uint8_t>(s, g, x) : taps_of<T, int32_t>(s, g, x);
}

template <class T, class Tap>
Out<T> max_x(In<T> y, In<Tap> taps, const Shape& s) {
  const Geometry g = pool_geometry(s, y.shape(0), y.shape(1));
  require_cells(g, y, g.y_cells());
  require_cells(g, taps, g.y_cells());
  require((g.taps() < FEW_TAPS) == (sizeof(Tap) == 1),
          "taps must be uint8 if the kernel has fewer than 256 taps, otherwise int32");
  Out<T> x = make_array<T>(array_shape(g.images, g.channels, g.x, s.ndim));
  ReleaseGil free;
  layers<T>().max_x(g, y.data(), taps.data(), x.data());
  return x;
}

// ---- losses ----

template <class T>
double squared_error_y(In<T> x, In<T> t) {
  require_same_size(x, t);
  ReleaseGil free;
  return layers<T>().squared_error_y((int64_t)x.size(), x.data(), t.data());
}

template <class T>
Out<T> squared_error_x(In<T> x, In<T> t, double scale) {
  require_same_size(x, t);
  Out<T> gx = make_array<T>(shape_of(x));
  ReleaseGil free;
  layers<T>().squared_error_x((int64_t)x.size(), x.data(), t.data(), (T)scale, gx.data());
  return gx;
}

// The numbers of rows and classes of x. Checks the targets.
template <class T>
std::pair<int64_t, int64_t> rows_of(const In<T>& x, const In<int64_t>& t) {
  require(x.ndim() == 2 && x.shape(1) && t.size() == x.shape(0),
          "x must have shape (rows, classes), and t one class per row");
  const int64_t rows = (int64_t)x.shape(0), classes = (int64_t)x.shape(1);
  for (int64_t r = 0; r < rows; ++r) require(t.data()[r] >= 0 && t.data()[r] < classes, "t must hold classes");
  return {rows, classes};
}

template <class T>
Out<T> cross_entropy_y(In<T> x, In<int64_t> t, Maybe<T> factors) {
  const auto [rows, classes] = rows_of(x, t);
  require(!factors || (int64_t)factors->size() == rows, "factors must have one value per row");
  Out<T> losses = make_array<T>({x.shape(0)});
  ReleaseGil free;
  layers<T>().cross_entropy_y(rows, classes, x.data(), t.data(), cells(factors), losses.data());
  return losses;
}

template <class T>
Out<T> cross_entropy_x(In<T> scale, In<T> x, In<int64_t> t) {
  const auto [rows, classes] = rows_of(x, t);
  require((int64_t)scale.size() == rows, "scale must have one value per row");
  Out<T> gx = make_array<T>(shape_of(x));
  ReleaseGil free;
  layers<T>().cross_entropy_x(rows, classes, scale.data(), x.data(), t.data(), gx.data());
  return gx;
}

// ---- updates of many parameters, in place ----

template <class A, class B>
void require_same_sizes(const std::vector<A>& many, const std::vector<B>& others) {
  bool same = many.size() == others.size();
  for (size_t i = 0; same && i < many.size(); ++i) same = many[i].size() == others[i].size();
  require(same, "the arrays must have the same size");
}

template <class T>
using Several = std::vector<InPlace<T>>;

template <class T>
void sgd(Several<T> d, std::vector<In<T>> g, std::optional<Several<T>> v,
         std::tuple<double, double, double, double> numbers, std::tuple<bool, bool, bool> choices) {
  require_same_sizes(d, g);
  if (v) require_same_sizes(d, *v);
  const auto [rate, decay, keep, gain] = numbers;
  const auto [nesterov, maximize, first] = choices;
  const SgdStep<T> step{(T)rate, (T)decay, (T)keep, (T)gain, nesterov, maximize, first};
  ReleaseGil free;
  for (size_t i = 0; i < d.size(); ++i)
    layers<T>().sgd((int64_t)d[i].size(), step, g[i].data(), d[i].data(), v ? (*v)[i].data() : nullptr);
}

template <class T>
void adam(Several<T> d, std::vector<In<T>> g, Several<T> m, Several<T> v, std::optional<Several<T>> most,
          std::tuple<double, double, double, double, double, double, double, double> numbers, bool maximize) {
  require_same_sizes(d, g);
  require_same_sizes(d, m);
  require_same_sizes(d, v);
  if (most) require_same_sizes(d, *most);
  const auto [decay, keep, gain, keep_square, gain_square, correction, eps, size] = numbers;
  const AdamStep<T> step{(T)decay,       (T)keep,       (T)gain, (T)keep_square,
                         (T)gain_square, (T)correction, (T)eps,  (T)size,        maximize};
  ReleaseGil free;
  for (size_t i = 0; i < d.size(); ++i)
    layers<T>().adam((int64_t)d[i].size(), step, g[i].data(), d[i].data(), m[i].data(), v[i].data(),
                     most ? (*most)[i].data() : nullptr);
}

template <class T>
void add_type(nb::module_& m) {
  m.def("add", add<T>, "a"_a.noconvert(), "b"_a.noconvert());
  m.def("add_over", add_over<T>, "a"_a.noconvert(), "b"_a.noconvert());
  m.def("relu_y", relu_y<T>, "x"_a.noconvert());
  m.def("relu_x", relu_x<T>, "gy"_a.noconvert(), "y"_a.noconvert());
  m.def("relu_x_over", relu_x_over<T>, "gy"_a.noconvert(), "y"_a.noconvert());
  m.def("leaky_relu_y", leaky_relu_y<T>, "x"_a.noconvert(), "slope"_a);
  m.def("leaky_relu_x", leaky_relu_x<T>, "gy"_a.noconvert(), "x"_a.noconvert(), "slope"_a);
  m.def("leaky_relu_x_over", leaky_relu_x_over<T>, "gy"_a.noconvert(), "x"_a.noconvert(), "slope"_a);
  m.def("sigmoid_y", sigmoid_y<T>, "x"_a.noconvert());
  m.def("sigmoid_x", sigmoid_x<T>, "gy"_a.noconvert(), "y"_a.noconvert());
  m.def("cross_entropy_y", cross_entropy_y<T>, "x"_a.noconvert(), "t"_a.noconvert(), "factors"_a.none().noconvert());
  m.def("cross_entropy_x", cross_entropy_x<T>, "scale"_a.noconvert(), "x"_a.noconvert(), "t"_a.noconvert());
  m.def("squared_error_y", squared_error_y<T>, "x"_a.noconvert(), "t"_a.noconvert());
  m.def("squared_error_x", squared_error_x<T>, "x"_a.noconvert(), "t"_a.noconvert(), "scale"_a);
  m.def("max_y", max_y<T>, "x"_a.noconvert(), "shape"_a);
  m.def("max_taps", max_taps<T>, "x"_a.noconvert(), "shape"_a);
  m.def("max_x", max_x<T, uint8_t>, "y"_a.noconvert(), "taps"_a.noconvert(), "shape"_a);
  m.def("max_x", max_x<T, int32_t>, "y"_a.noconvert(), "taps"_a.noconvert(), "shape"_a);
  m.def("sgd", sgd<T>, "d"_a.noconvert(), "g"_a.noconvert(), "v"_a.none().noconvert(), "numbers"_a, "choices"_a);
  m.def("adam", adam<T>, "d"_a.noconvert(), "g"_a.noconvert(), "m"_a.noconvert(), "v"_a.noconvert(),
        "most"_a.none().noconvert(), "numbers"_a, "maximize"_a);
}

}  // namespace

void rot180::bind_layers(nb::module_& m) {
  add_type<float>(m);
  add_type<double>(m);
}
