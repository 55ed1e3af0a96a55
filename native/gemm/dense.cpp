#include "gemm/dense.h"

#include "gemm/dot_products.h"
#include "gemm/matrix_product.h"

namespace rot180 {
namespace ROT180_ISA {
namespace {

// A gather from rows of `length` cells, with a single tap.
struct PlainRows {
  int64_t shift = 0;
  ptrdiff_t offset = 0;

  Gather gather(int64_t length) const {
    Gather g{};
    g.images = 1;
    g.grid[0] = g.grid[1] = g.size[0] = g.size[1] = 1;
    g.grid[2] = g.size[2] = length;
    g.line[0] = g.line[1] = length;
    g.line[2] = 1;
    for (AxisTaps& taps : g.taps) taps = {1, &shift, &offset};
    g.inside = true;
    return g;
  }
};

// out[m, q] = sum over k of a[m * row + k * step] * rows[k, q]
template <class T>
void multiply_rows(int64_t rows, int64_t depth, const T* a, ptrdiff_t row, ptrdiff_t step, const T* source,
                   int64_t length, T* out) {
  const PlainRows plain;
  const int32_t tap = 0;
  Product<T> p{};
  p.rows = rows;
  p.channels = depth;
  p.weights = {a, row, step, &tap};
  p.from = plain.gather(length);
  p.source = source;
  p.source_channel = length;
  p.to = {0, {length, length, 1}};
  p.out = out;
  p.out_row = length;
  run(&p, 1);
}

}  // namespace

template <class T>
void dense_y(const Geometry& g, const T* x, const T* w, const T* bias, bool relu, T* y) {
  const int64_t inputs = g.channels * g.x_cells();
  const PlainRows plain;
  TransposedProduct<T> p{};
  p.rows = g.images;
  p.channels = g.outputs;
  p.y = x;
  p.y_row = inputs;
  p.from = plain.gather(inputs);
  p.source = w;
  p.source_channel = inputs;
  p.out = y;
  p.out_row = g.outputs;
  run(p);
  if (!bias && !relu) return;
  for (int64_t n = 0; n < g.images; ++n, y += g.outputs)
    for (int64_t o = 0; o < g.outputs; ++o) {
      const T sum = y[o] + (bias ? bias[o] : T{});
      y[o] = relu && sum < T{} ? T{} : sum;
    }
}

template <class T>
void dense_x(const Geometry& g, const T* y, const T* w, T* x) {
  multiply_rows(g.images, g.outputs, y, g.outputs, 1, w, g.channels * g.x_cells(), x);
}

template <class T>
void dense_w(const Geometry& g, const T* x, const T* y, T* w) {
  multiply_rows(g.outputs, g.images, y, 1, g.outputs, x, g.channels * g.x_cells(), w);
}

template void dense_y(const Geometry&, const float*, const float*, const float*, bool, float*);
template void dense_y(const Geometry&, const double*, const double*, const double*, bool, double*);
template void dense_x(const Geometry&, const float*, const float*, float*);
template void dense_x(const Geometry&, const double*, const double*, double*);
template void dense_w(const Geometry&, const float*, const float*, float*);
template void dense_w(const Geometry&, const double*, const double*, double*);

}  // namespace ROT180_ISA
}  // namespace rot180
