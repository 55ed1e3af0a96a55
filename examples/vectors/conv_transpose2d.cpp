// A transposed convolution with its gradients in C++, tried on the vectors that `rot180 vectors export` wrote:
//
//     g++ -std=c++17 conv_transpose2d.cpp -o answer
//     rot180 vectors export DIR --op conv_transpose2d
//     ./answer DIR
//     rot180 vectors verify DIR
//
// With -DROTATE it makes a mistake that people make, and `verify` says which.
#include "vectors.h"

using vectors::Array;

namespace {

struct Layer {
  int stride[2], padding[2], dilation[2], extra[2], groups;

  explicit Layer(std::map<std::string, std::vector<int>> s) {
    for (int a = 0; a < 2; ++a) {
      stride[a] = s["stride"][a];
      padding[a] = s["padding"][a];
      dilation[a] = s["dilation"][a];
      extra[a] = s["output_padding"][a];
    }
    groups = s["groups"][0];
  }

  int size(int axis, int x, int kernel) const {
    return (x - 1) * stride[axis] - 2 * padding[axis] + dilation[axis] * (kernel - 1) + extra[axis] + 1;
  }

  // Calls each(n, c, i, j, k, r, s, o, p, q) for every product: x[n, c, i, j] * w[c, k, r, s], where k counts the outputs
  // of its group, goes into
  // y[n, o, p, q].
  template <class Each>
  void products(const Array& x, const Array& w, const Array& y, Each each) const {
    const int in_group = x.shape[1] / groups, out_group = w.shape[1];
    for (int n = 0; n < x.shape[0]; ++n)
      for (int c = 0; c < x.shape[1]; ++c)
        for (int i = 0; i < x.shape[2]; ++i)
          for (int j = 0; j < x.shape[3]; ++j)
            for (int o = 0; o < out_group; ++o)
              for (int r = 0; r < w.shape[2]; ++r)
                for (int s = 0; s < w.shape[3]; ++s) {
                  const int p = i * stride[0] - padding[0] + r * dilation[0];
                  const int q = j * stride[1] - padding[1] + s * dilation[1];
                  if (p < 0 || q < 0 || p >= y.shape[2] || q >= y.shape[3]) continue;
                  each(n, c, i, j, o, r, s, c / in_group * out_group + o, p, q);
                }
  }
};

void answer(const std::filesystem::path& folder) {
  const Layer layer(vectors::settings(folder));
  Array x = vectors::read(folder / "x.npy"), w = vectors::read(folder / "w.npy"), b = vectors::read(folder / "b.npy");
  Array dy = vectors::read(folder / "dy.npy");

  const int P = layer.size(0, x.shape[2], w.shape[2]), Q = layer.size(1, x.shape[3], w.shape[3]);
  Array y({x.shape[0], w.shape[1] * layer.groups, P, Q});
  for (int n = 0; n < y.shape[0]; ++n)
    for (int o = 0; o < y.shape[1]; ++o)
      for (int p = 0; p < y.shape[2]; ++p)
        for (int q = 0; q < y.shape[3]; ++q) y.at(n, o, p, q) = b.at(o);
  layer.products(x, w, y, [&](int n, int c, int i, int j, int k, int r, int s, int o, int p, int q) {
    y.at(n, o, p, q) += x.at(n, c, i, j) * w.at(c, k, r, s);
  });

  Array dx(x.shape), dw(w.shape), db(b.shape);
  layer.products(x, w, dy, [&](int n, int c, int i, int j, int k, int r, int s, int o, int p, int q) {
#ifdef ROTATE  // "a backward needs the kernel rotated": not this one
    dx.at(n, c, i, j) += dy.at(n, o, p, q) * w.at(c, k, w.shape[2] - 1 - r, w.shape[3] - 1 - s);
#else
    dx.at(n, c, i, j) += dy.at(n, o, p, q) * w.at(c, k, r, s);
#endif
    dw.at(c, k, r, s) += dy.at(n, o, p, q) * x.at(n, c, i, j);
  });
  for (int n = 0; n < dy.shape[0]; ++n)
    for (int o = 0; o < dy.shape[1]; ++o)
      for (int p = 0; p < dy.shape[2]; ++p)
        for (int q = 0; q < dy.shape[3]; ++q) db.at(o) += dy.at(n, o, p, q);

  std::filesystem::create_directory(folder / "answer");
  vectors::write(folder / "answer" / "y.npy", y);
  vectors::write(folder / "answer" / "dx.npy", dx);
  vectors::write(folder / "answer" / "dw.npy", dw);
  vectors::write(folder / "answer" / "db.npy", db);
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) vectors::fail("usage: answer DIR");
  for (const auto& entry : std::filesystem::directory_iterator(words[1]))
    if (entry.is_directory()) answer(entry.path());
}
