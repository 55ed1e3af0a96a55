// Dilated convolutions as undilated ones. At dilation d, cells interact only with cells of the same residue modulo d.
// So the convolution splits into d x d undilated ones, on images whose height and width are divided by d. These images
// are stored as the planes of a volume.
#pragma once
#include "window/phase_merge.h"

namespace rot180 {
namespace ROT180_ISA {

// The geometry of the undilated convolutions, with the residues as the first axis.
ROT180_INLINE Geometry undilated(const Geometry& g) {
  const int64_t d = g.dilation[2];
  Geometry plain = g;
  plain.x[0] = plain.y[0] = d * d;
  for (int a = 1; a < 3; ++a) {
    plain.x[a] = ceil_div(g.x[a], d);
    plain.y[a] = ceil_div(g.y[a], d);
    plain.padding[a] = g.padding[a] / d;
    plain.dilation[a] = 1;
  }
  return plain;
}

// An array (images, channels, *size) as such volumes, with zeros where a residue has one line or one cell less.
struct Residues {
  Geometry over;
  PhaseSplit<float> split;

  Residues(const Geometry& g, int64_t channels, const int64_t (&size)[3], const float* array)
      : over(steps(g, channels, size)), split(over, array) {}
  const float* volumes() const { return split.source; }

 private:
  static Geometry steps(const Geometry& g, int64_t channels, const int64_t (&size)[3]) {
    Geometry over;  // its kernel reads every phase
    over.images = g.images;
    over.channels = channels;
    for (int a = 1; a < 3; ++a) {
      over.x[a] = size[a];
      over.kernel[a] = over.stride[a] = g.dilation[2];
    }
    return over;
  }
};

// Merges volumes (images, channels, d * d, ...) into an array (images, channels, *size).
inline void merge_residues(const float* volumes, int64_t planes, int64_t d, const int64_t (&size)[3], float* array) {
  const int64_t high = ceil_div(size[1], d), wide = ceil_div(size[2], d);
  auto plane = [&](int64_t nc) {
    const float* from = volumes + nc * d * d * high * wide;
    for (int64_t h = 0; h < size[1]; ++h) {
      const float* line = from + (h % d * d * high + h / d) * wide;
      float* to = array + (nc * size[1] + h) * size[2];
      if (d == 2) merge_line(line, line + high * wide, size[2], to);
      else
        for (int64_t k = 0; k < size[2]; ++k) to[k] = line[k % d * high * wide + k / d];
    }
  };
  parallel_for(planes, plane);
}

// Computes y from x, or x from y, by the undilated contraction f(undilated geometry, source, results).
template <class F>
void dilated_images(const Geometry& g, bool to_y, const float* source, float* array, F&& f) {
  const Geometry plain = undilated(g);
  const Residues of_source(g, to_y ? g.channels : g.outputs, to_y ? g.x : g.y, source);
  const int64_t planes = g.images * (to_y ? g.outputs : g.channels);
  Scratch results(sizeof(float) * (size_t)(planes * (to_y ? plain.y_cells() : plain.x_cells())));
  f(plain, of_source.volumes(), results.as<float>());
  merge_residues(results.as<float>(), planes, g.dilation[2], to_y ? g.y : g.x, array);
}

// The three contractions, each by the undilated one.
template <class F>
void dilated_y(const Geometry& g, const float* x, float* y, F&& f) {
  dilated_images(g, true, x, y, f);
}
template <class F>
void dilated_x(const Geometry& g, const float* y, float* x, F&& f) {
  dilated_images(g, false, y, x, f);
}
template <class F>
void dilated_w(const Geometry& g, const float* x, const float* y, F&& f) {
  const Residues of_x(g, g.channels, g.x, x), of_y(g, g.outputs, g.y, y);
  f(undilated(g), of_x.volumes(), of_y.volumes());
}

}  // namespace ROT180_ISA
}  // namespace rot180
