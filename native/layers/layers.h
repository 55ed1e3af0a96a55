// The operations of a network other than contractions, as far as a profile of training steps shows that compiling them
// pays. All arrays are C-contiguous. Results do not depend on the number of threads.
#pragma once
#include "window/geometry.h"

namespace rot180 {

constexpr int64_t FEW_TAPS = 256, MOST_EXTENT = 1024;

// The shape of x for normalisation: (images, groups, channels, positions). The cells of a group, in all images, share
// their mean and variance. Weight and bias have shape (kinds, channels); group h uses row h % kinds.
//
//     statistics over the batch     images = N, groups = G, kinds = G, channels = 1
//     statistics of each sample     images = 1, groups = N * G, kinds = G
struct Groups {
  int64_t images = 1, groups = 1, channels = 1, positions = 1, kinds = 1;

  int64_t row() const { return channels * positions; }  // cells of a group in one image
  int64_t cells() const { return images * row(); }      // cells of a group in all images
  int64_t image() const { return groups * row(); }      // cells of an image
};

// The coefficients of one step of Adam, in the precision of the parameters.
template <class T>
struct AdamStep {
  T decay, keep, gain, keep_square, gain_square, correction, eps, size;
  bool maximize;
};

// The coefficients of one step of SGD. `first`: the velocity is not initialised yet.
template <class T>
struct SgdStep {
  T rate, decay, keep, gain;
  bool nesterov, maximize, first;
};

// The functions of one instruction set. A null pointer is an array that is absent, or a result that is not wanted.
template <class T>
struct Layers {
  // y = (x - mean) / sqrt(var + eps) * weight + bias; mean and var (groups)
  void (*norm_y)(const Groups&, const T* x, const T* weight, const T* bias, double eps, T* y, T* mean, T* var);
  // The gradients of norm_y. If `constant`, mean and var do not depend on x.
  void (*norm_x)(const Groups&, bool constant, const T* gy, const T* x, const T* weight, const T* mean, const T* var,
                 double eps, T* gx, T* gweight, T* gbias);
  void (*affine_y)(const Groups&, const T* x, const T* scale, const T* shift, T* y);

  void (*bias_sums)(const Groups&, const T* y, T* sums);  // the sum of each group
  void (*add_bias)(const Groups&, const T* bias, bool relu, T* y);

  void (*relu_y)(int64_t cells, const T* x, T* y);
  void (*relu_x)(int64_t cells, const T* gy, const T* y, T* gx);
  void (*leaky_relu_y)(int64_t cells, const T* x, T slope, T* y);
  void (*leaky_relu_x)(int64_t cells, const T* gy, const T* x, T slope, T* gx);
  void (*sigmoid_y)(int64_t cells, const T* x, T* y);
  void (*sigmoid_x)(int64_t cells, const T* gy, const T* y, T* gx);

  void (*cross_entropy_y)(int64_t rows, int64_t classes, const T* x, const int64_t* t, const T* factors, T* losses);
  void (*cross_entropy_x)(int64_t rows, int64_t classes, const T* scale, const T* x, const int64_t* t, T* gx);

  double (*squared_error_y)(int64_t cells, const T* x, const T* t);  // the sum over all cells
  void (*squared_error_x)(int64_t cells, const T* x, const T* t, T scale, T* gx);

  // Max pooling, with windows of at most MOST_EXTENT columns. Taps are bytes if the kernel has fewer than FEW_TAPS
  // taps, otherwise 32-bit integers.
  void (*max_y)(const Geometry&, const T* x, T* y);
  void (*max_taps)(const Geometry&, const T* x, void* taps);
  void (*max_x)(const Geometry&, const T* y, const void* taps, T* x);

  void (*sgd)(int64_t cells, const SgdStep<T>&, const T* g, T* d, T* v);
  void (*adam)(int64_t cells, const AdamStep<T>&, const T* g, T* d, T* m, T* v, T* most);

  void (*add)(int64_t cells, const T* a, const T* b, T* sum);
};

}  // namespace rot180
