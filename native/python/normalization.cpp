// The bindings of normalisation and of the bias.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/tuple.h>

#include <optional>
#include <tuple>

#include "python/arrays.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace rot180;

namespace {

template <class T>
Groups groups_of(const In<T>& x, bool sample) {
  require(x.ndim() == 4, "x must have shape (N, G, K, S)");
  const int64_t n = (int64_t)x.shape(0), g = (int64_t)x.shape(1), k = (int64_t)x.shape(2), s = (int64_t)x.shape(3);
  if (sample) return {1, n * g, k, s, g};
  require(k == 1, "a group whose statistics are over the batch must have one channel");
  return {n, g, k, s, g};
}

template <class T>
void per_channel(const Groups& g, const Maybe<T>& factor) {
  require(!factor || (int64_t)factor->size() == g.kinds * g.channels, "weight and bias must have shape (1, G, K, 1)");
}

template <class T>
auto norm_y(In<T> x, Maybe<T> weight, Maybe<T> bias, bool sample, double eps) {
  const Groups g = groups_of(x, sample);
  per_channel(g, weight);
  per_channel(g, bias);
  const std::vector<size_t> moments{sample ? x.shape(0) : 1, x.shape(1), 1, 1};
  std::tuple<Out<T>, Out<T>, Out<T>> made(make_array<T>(shape_of(x)), make_array<T>(moments), make_array<T>(moments));
  auto& [y, mean, var] = made;
  T *to = y.data(), *to_mean = mean.data(), *to_var = var.data();
  {
    ReleaseGil free;
    layers<T>().norm_y(g, x.data(), cells(weight), cells(bias), eps, to, to_mean, to_var);
  }
  return made;
}

// The arguments of norm_x other than gy and gx, and its results gweight and gbias.
template <class T>
struct NormGradient {
  Groups groups;
  bool given;
  In<T> x, mean, var;
  Maybe<T> weight;
  double eps;
  std::optional<Out<T>> gweight, gbias;

  NormGradient(In<T> of, Maybe<T> factor, In<T> means, In<T> variances, bool sample, bool constant, double epsilon,
               bool to_weight, bool to_bias)
      : groups(groups_of(of, sample)), given(constant), x(of), mean(means), var(variances), weight(factor),
        eps(epsilon) {
    per_channel(groups, weight);
    require((int64_t)mean.size() == groups.groups && (int64_t)var.size() == groups.groups,
         "mean and var must have one value per group");
    const std::vector<size_t> factors{1, x.shape(1), x.shape(2), 1};
    if (to_weight) gweight = make_array<T>(factors);
    if (to_bias) gbias = make_array<T>(factors);
  }

  void run(const T* gy, T* gx) {
    T *w = gweight ? gweight->data() : nullptr, *b = gbias ? gbias->data() : nullptr;
    ReleaseGil free;
    layers<T>().norm_x(groups, given, gy, x.data(), cells(weight), mean.data(), var.data(), eps, gx, w, b);
  }
};

template <class T>
auto norm_x(In<T> gy, In<T> x, Maybe<T> weight, In<T> mean, In<T> var, bool sample, bool given, double eps,
            std::tuple<bool, bool, bool> needs) {
  require_same_size(gy, x);
  NormGradient<T> gradient(x, weight, mean, var, sample, given, eps, std::get<1>(needs), std::get<2>(needs));
  std::optional<Out<T>> gx;
  if (std::get<0>(needs)) gx = make_array<T>(shape_of(x));
  gradient.run(gy.data(), gx ? gx->data() : nullptr);
  return std::tuple(gx, gradient.gweight, gradient.gbias);
}

// norm_x that overwrites gy with gx. Returns gweight and gbias.
template <class T>
auto norm_x_over(InPlace<T> gy, In<T> x, Maybe<T> weight, In<T> mean, In<T> var, bool sample, bool given, double eps,
                 std::tuple<bool, bool> needs) {
  require_same_size(gy, x);
  NormGradient<T> gradient(x, weight, mean, var, sample, given, eps, std::get<0>(needs), std::get<1>(needs));
  gradient.run(gy.data(), gy.data());
  return std::tuple(gradient.gweight, gradient.gbias);
}

template <class T>
Out<T> affine_y(In<T> x, In<T> scale, In<T> shift) {
  require(x.ndim() == 4, "x must have shape (N, G, K, S)");
  const Groups g{(int64_t)x.shape(0), (int64_t)(x.shape(1) * x.shape(2)), 1, (int64_t)x.shape(3), 1};
  require((int64_t)scale.size() == g.groups && (int64_t)shift.size() == g.groups,
          "scale and shift must have shape (1, G, K, 1)");
  Out<T> y = make_array<T>(shape_of(x));
  ReleaseGil free;
  layers<T>().affine_y(g, x.data(), scale.data(), shift.data(), y.data());
  return y;
}

template <class T>
Out<T> bias_sums(In<T> y) {
  require(y.ndim() >= 2 && y.size(), "y must have shape (N, O, *y_size) and must not be empty");
  const int64_t n = (int64_t)y.shape(0), o = (int64_t)y.shape(1);
  const Groups g{n, o, 1, (int64_t)y.size() / (n * o), o};
  Out<T> sums = make_array<T>({y.shape(1)});
  ReleaseGil free;
  layers<T>().bias_sums(g, y.data(), sums.data());
  return sums;
}

template <class T>
void add_bias(InPlace<T> y, In<T> bias, bool relu) {
  require(y.ndim() >= 2 && y.size() && bias.size() == y.shape(1),
          "bias must have one value per channel of y, and y must not be empty");
  const int64_t n = (int64_t)y.shape(0), o = (int64_t)y.shape(1);
  const Groups g{n, o, 1, (int64_t)y.size() / (n * o), o};
  ReleaseGil free;
  layers<T>().add_bias(g, bias.data(), relu, y.data());
}

template <class T>
void add_type(nb::module_& m) {
  m.def("norm_y", norm_y<T>, "x"_a.noconvert(), "weight"_a.none().noconvert(), "bias"_a.none().noconvert(), "sample"_a,
        "eps"_a);
  m.def("norm_x", norm_x<T>, "gy"_a.noconvert(), "x"_a.noconvert(), "weight"_a.none().noconvert(),
        "mean"_a.noconvert(), "var"_a.noconvert(), "sample"_a, "given"_a, "eps"_a, "needs"_a);
  m.def("norm_x_over", norm_x_over<T>, "gy"_a.noconvert(), "x"_a.noconvert(), "weight"_a.none().noconvert(),
        "mean"_a.noconvert(), "var"_a.noconvert(), "sample"_a, "given"_a, "eps"_a, "needs"_a);
  m.def("affine_y", affine_y<T>, "x"_a.noconvert(), "scale"_a.noconvert(), "shift"_a.noconvert());
  m.def("bias_sums", bias_sums<T>, "y"_a.noconvert());
  m.def("add_bias", add_bias<T>, "y"_a.noconvert(), "bias"_a.noconvert(), "relu"_a);
}

}  // namespace

void rot180::bind_normalization(nb::module_& m) {
  add_type<float>(m);
  add_type<double>(m);
}
