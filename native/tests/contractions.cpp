// Every contraction by every algorithm and instruction set against plain loops, exactly: on small integers nothing is
// rounded. The arrays end where a page ends that may not be read, and then begin where one begins, so that a read
// beyond either end stops the program even where no sanitizer looks.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#if !defined(_WIN32)
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "check.h"
#include "engine.h"
#include "threads.h"

using namespace rot180;

namespace {

// ---- arrays between pages that may not be read ----

size_t margin = 0;  // bytes between an array and the pages around it

template <class T>
class Guarded {
 public:
  Guarded(int64_t count, bool at_end) : count_(count) {
#if defined(_WIN32)
    data_ = static_cast<T*>(std::malloc(bytes() + 1));
#else
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    inner_ = (bytes() + 2 * margin + page - 1) / page * page;
    total_ = inner_ + 2 * page;
    base_ = static_cast<char*>(mmap(nullptr, total_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CHECK(base_ != MAP_FAILED);
    if (inner_) CHECK(mprotect(base_ + page, inner_, PROT_READ | PROT_WRITE) == 0);
    data_ = reinterpret_cast<T*>(base_ + page + (at_end ? inner_ - margin - bytes() : margin));
#endif
  }
#if defined(_WIN32)
  ~Guarded() { std::free(data_); }
#else
  ~Guarded() { munmap(base_, total_); }
#endif
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  T* data() { return data_; }
  const T* data() const { return data_; }
  int64_t count() const { return count_; }
  size_t bytes() const { return sizeof(T) * (size_t)count_; }

 private:
  int64_t count_;
  T* data_;
  char* base_ = nullptr;
  size_t inner_ = 0, total_ = 0;
};

// ---- the reference: the trilinear form as a list of triples ----

// Calls triple(y cell, x cell, w cell) for every product of the form.
template <class Triple>
void each_triple(const Geometry& g, Triple triple) {
  const int64_t C = g.group_channels(), O = g.group_outputs(), xs = g.x_cells(), ys = g.y_cells(), taps = g.taps();
  for (int64_t p = 0; p < ys; ++p)
    for (int64_t k = 0; k < taps; ++k) {
      const int64_t at[3] = {p / (g.y[1] * g.y[2]), p / g.y[2] % g.y[1], p % g.y[2]};
      const int64_t tap[3] = {k / (g.kernel[1] * g.kernel[2]), k / g.kernel[2] % g.kernel[1], k % g.kernel[2]};
      int64_t cell = 0;
      bool inside = true;
      for (int a = 0; a < 3; ++a) {
        const int64_t i = g.stride[a] * at[a] + g.dilation[a] * tap[a] - g.padding[a];
        inside = inside && i >= 0 && i < g.x[a];
        cell = cell * g.x[a] + i;
      }
      if (!inside) continue;
      for (int64_t n = 0; n < g.images; ++n)
        for (int64_t o = 0; o < g.outputs; ++o)
          for (int64_t c = 0; c < C; ++c)
            triple((n * g.outputs + o) * ys + p, (n * g.channels + o / O * C + c) * xs + cell, (o * C + c) * taps + k);
    }
}

struct Expected {
  std::vector<int64_t> y, x, w;
};

template <class T>
struct Arrays {
  Guarded<T> x, w, y, bias;

  Arrays(const Geometry& g, bool at_end, std::mt19937& random)
      : x(g.images * g.channels * g.x_cells(), at_end),
        w(g.outputs * g.group_channels() * g.taps(), at_end),
        y(g.images * g.outputs * g.y_cells(), at_end),
        bias(g.outputs, at_end) {
    for (Guarded<T>* a : {&x, &w, &y, &bias})  // multiples of 4: Winograd halves sums twice
      for (int64_t i = 0; i < a->count(); ++i) a->data()[i] = (T)((int)(random() % 9) - 4) * 4;
  }

  Expected expected(const Geometry& g) const {
    Expected e;
    e.y.resize((size_t)y.count());
    e.x.resize((size_t)x.count());
    e.w.resize((size_t)w.count());
    each_triple(g, [&](int64_t iy, int64_t ix, int64_t iw) {
      e.y[(size_t)iy] += (int64_t)x.data()[ix] * (int64_t)w.data()[iw];
      e.x[(size_t)ix] += (int64_t)y.data()[iy] * (int64_t)w.data()[iw];
      e.w[(size_t)iw] += (int64_t)x.data()[ix] * (int64_t)y.data()[iy];
    });
    return e;
  }
};

// ---- what is compared ----

std::string text(const Geometry& g) {
  std::string s = "images " + std::to_string(g.images) + ", channels " + std::to_string(g.channels) + ", outputs " +
                  std::to_string(g.outputs) + ", groups " + std::to_string(g.groups);
  const std::pair<const char*, const int64_t*> axes[] = {{"x", g.x},           {"y", g.y},
                                                         {"kernel", g.kernel}, {"stride", g.stride},
                                                         {"dilation", g.dilation}, {"padding", g.padding}};
  for (const auto& [name, v] : axes)
    s += std::string(", ") + name + " " + std::to_string(v[0]) + "x" + std::to_string(v[1]) + "x" + std::to_string(v[2]);
  return s;
}

struct Run {
  const Isa* isa;
  Algorithm algorithm;
  const Geometry& g;
};

template <class T, class Value>
void compare(const Run& run, const char* what, const Guarded<T>& found, Value expected) {
  // The large tiles divide by 6: nothing of them is exact. Their error is seen against the largest possible sum.
  const double most = 16.0 * 16.0 * 9 * (double)std::max(run.g.channels, run.g.outputs);
  const double tolerance = run.algorithm == Algorithm::winograd4 ? 2e-6 * most : 0;
  for (int64_t i = 0; i < found.count(); ++i) {
    if (std::abs((double)found.data()[i] - (double)expected(i)) <= tolerance) continue;
    std::fprintf(stderr, "%s %s %s of %d bytes: cell %lld is %g and should be %g; %s\n", run.isa->name,
                 name_of(run.algorithm), what, (int)sizeof(T), (long long)i, (double)found.data()[i],
                 (double)expected(i), text(run.g).c_str());
    std::_Exit(1);
  }
}

template <class T>
void contract(const Run& run, const Kernels<T>& k, const Arrays<T>& a, const Expected& e, bool at_end) {
  const Geometry& g = run.g;
  Guarded<T> y(a.y.count(), at_end), x(a.x.count(), at_end), w(a.w.count(), at_end);
  for (Guarded<T>* out : {&y, &x, &w}) std::memset(out->data(), 0xff, out->bytes());  // NaN: every cell must be written
  k.conv_y(run.algorithm, g, a.x.data(), a.w.data(), nullptr, false, y.data());
  compare(run, "conv_y", y, [&](int64_t i) { return e.y[(size_t)i]; });
  k.conv_y(run.algorithm, g, a.x.data(), a.w.data(), a.bias.data(), true, y.data());
  compare(run, "conv_y with bias and relu", y, [&](int64_t i) {
    const int64_t sum = e.y[(size_t)i] + (int64_t)a.bias.data()[i / g.y_cells() % g.outputs];
    return sum < 0 ? 0 : sum;
  });
  k.conv_x(run.algorithm, g, a.y.data(), a.w.data(), x.data());
  compare(run, "conv_x", x, [&](int64_t i) { return e.x[(size_t)i]; });
  k.conv_w(run.algorithm, g, a.x.data(), a.y.data(), w.data());
  compare(run, "conv_w", w, [&](int64_t i) { return e.w[(size_t)i]; });
}

int64_t contracted = 0;

template <class T>
void try_geometry(const Geometry& g, const std::vector<const Isa*>& isas, bool at_end, std::mt19937& random) {
  const Arrays<T> arrays(g, at_end, random);
  const Expected expected = arrays.expected(g);
  for (const Isa* isa : isas)
    for (Algorithm a : {Algorithm::automatic, Algorithm::direct, Algorithm::dense, Algorithm::winograd,
                        Algorithm::winograd4, Algorithm::depthwise}) {
      if (!fits(a, Kernel::y, g, sizeof(T) == 4)) continue;
      const Run run{isa, a, g};
      if constexpr (sizeof(T) == 4)
        contract<float>(run, isa->f32, arrays, expected, at_end);
      else
        contract<double>(run, isa->f64, arrays, expected, at_end);
      ++contracted;
    }
}

// ---- geometries ----

struct Axis {
  int64_t x, kernel, stride, dilation, before, after;
};

Geometry geometry(int64_t images, int64_t per_group, int64_t out_per_group, int64_t groups,
                  std::initializer_list<Axis> axes) {
  Geometry g;
  g.images = images;
  g.groups = groups;
  g.channels = per_group * groups;
  g.outputs = out_per_group * groups;
  int a = 3 - (int)axes.size();
  for (const Axis& axis : axes) {
    g.x[a] = axis.x;
    g.kernel[a] = axis.kernel;
    g.stride[a] = axis.stride;
    g.dilation[a] = axis.dilation;
    g.padding[a] = axis.before;
    const int64_t room = axis.x + axis.before + axis.after - axis.dilation * (axis.kernel - 1) - 1;
    g.y[a] = room < 0 ? 0 : room / axis.stride + 1;
    ++a;
  }
  return g;
}

// Whatever a draw may miss.
std::vector<Geometry> corners() {
  std::vector<Geometry> all;
  for (int64_t n : {1, 2, 5, 13, 33}) all.push_back(geometry(n, 19, 27, 1, {}));        // a linear layer
  for (int64_t n : {1, 3}) all.push_back(geometry(n, 2, 3, 4, {}));                     // in groups
  for (int64_t side = 1; side < 36; ++side) {                                           // tails of a vector
    const Axis same{side, 3, 1, 1, 1, 1};
    all.push_back(geometry(2, 5, 7, 1, {{3, 3, 1, 1, 1, 1}, same}));
    all.push_back(geometry(1, 1, 1, 6, {{3, 3, 1, 1, 1, 1}, same}));
    all.push_back(geometry(1, 1, 2, 3, {{2, 2, 1, 1, 0, 0}, {side + 2, 3, 2, 1, 0, 1}}));
    all.push_back(geometry(2, 3, 4, 1, {{side, 1, 1, 1, 0, 0}}));
  }
  for (int64_t channels : {1, 15, 16, 17, 29}) {                                        // tails of a tile
    all.push_back(geometry(2, channels, 33 - channels, 1, {{8, 3, 1, 1, 1, 1}, {9, 3, 1, 1, 1, 1}}));
    all.push_back(geometry(9, channels, channels, 1, {{7, 3, 1, 1, 2, 2}, {10, 3, 1, 1, 0, 2}}));
  }
  all.push_back(geometry(2, 33, 17, 1, {{6, 6, 1, 1, 0, 0}, {5, 5, 1, 1, 0, 0}}));      // covers x
  all.push_back(geometry(1, 2, 2, 1, {{5, 3, 1, 1, 4, 4}, {5, 2, 1, 1, 3, 3}}));        // more padding than kernel
  all.push_back(geometry(1, 2, 2, 1, {{4, 1, 7, 1, 0, 0}, {4, 1, 9, 1, 0, 0}}));        // a stride beyond x
  all.push_back(geometry(1, 1, 1, 1, {{9000, 4200, 1, 1, 10, 0}}));                     // a long kernel
  all.push_back(geometry(1, 20, 3, 1, {{2, 2, 1, 1, 1, 1}, {3, 3, 2, 1, 1, 1}, {4, 2, 1, 2, 1, 1}}));
  all.push_back(geometry(1, 3, 64, 1, {{30, 7, 2, 1, 3, 3}, {31, 7, 2, 1, 3, 3}}));     // a stem
  return all;
}

// One channel of x per group: the paths of depthwise.h, around the width of a vector and the lines it sums together.
std::vector<Geometry> depthwise() {
  std::vector<Geometry> all;
  for (int64_t side = 1; side < 36; ++side) {
    const int64_t before = side % 4, after = side / 2 % 4;
    const Axis halved{side + 2, 3, 2, 1, before, after};
    all.push_back(geometry(2, 1, 1, 5, {{side % 11 + 3, 3, 1, 1, after, before}, {side, 3, 1, 1, 1, 1}}));
    all.push_back(geometry(2, 1, 1, 5, {{side % 11 + 3, 3, 2, 1, after, before}, halved}));
    all.push_back(geometry(1, 1, 3, 2, {{side % 11 + 3, 3, 2, 1, 1, 1}, halved}));
    all.push_back(geometry(1, 1, 1, 2, {{side % 7 + 3, 3, 1, 1, 1, 1}, halved}));
    all.push_back(geometry(1, 1, 2, 2, {{side % 7 + 5, 5, 2, 1, 2, 2}, {side + 4, 5, 2, 1, before, after}}));
    all.push_back(geometry(1, 1, 1, 2, {{side % 7 + 4, 2, 2, 1, 0, 1}, {side + 4, 4, 2, 1, before, after}}));
    all.push_back(geometry(2, 1, 1, 2, {{side % 7 + 5, 5, 1, 1, 2, 1}, {side + 4, 5, 1, 1, before, after}}));
  }
  all.push_back(geometry(70, 1, 1, 3, {{7, 3, 1, 1, 1, 1}, {7, 3, 1, 1, 1, 1}}));       // many planes in a chunk
  all.push_back(geometry(1, 1, 2, 50, {{14, 3, 2, 1, 1, 1}, {14, 3, 2, 1, 1, 1}}));
  all.push_back(geometry(1, 1, 2, 2, {{9, 3, 1, 3, 3, 3}, {20, 3, 1, 2, 2, 2}}));       // dilated
  all.push_back(geometry(1, 1, 2, 2, {{9, 3, 2, 1, 1, 1}, {20, 3, 2, 2, 2, 2}}));
  all.push_back(geometry(1, 1, 2, 2, {{19, 2, 9, 1, 0, 0}, {20, 3, 9, 1, 1, 1}}));      // too many phases to lie aside
  all.push_back(geometry(1, 1, 2, 2, {{4, 2, 2, 1, 1, 0}, {5, 3, 1, 1, 1, 1}, {17, 3, 2, 1, 1, 1}}));
  return all;
}

Geometry drawn(std::mt19937& random) {
  auto from = [&](int64_t low, int64_t high) { return low + (int64_t)(random() % (uint64_t)(high - low + 1)); };
  const int ndim = (int)from(1, 3);
  const int64_t groups = from(0, 2) ? 1 : from(2, 4);
  Geometry g;
  do {
    Axis axes[3];
    for (Axis& a : axes) a = {from(1, ndim == 1 ? 70 : 12), from(1, 5), from(1, 4), from(1, 3), from(0, 3), from(0, 3)};
    g = ndim == 1 ? geometry(from(1, 4), from(1, 6), from(1, 9), groups, {axes[0]})
        : ndim == 2 ? geometry(from(1, 4), from(1, 6), from(1, 9), groups, {axes[0], axes[1]})
                    : geometry(from(1, 2), from(1, 4), from(1, 5), groups, {axes[0], axes[1], axes[2]});
  } while (g.y[0] < 1 || g.y[1] < 1 || g.y[2] < 1);
  return g;
}

}  // namespace

// `test_contractions 5` tries every fifth geometry, where time is short; `test_contractions 5 65536` leaves so many
// bytes around each array, for qemu-x86_64 7, which reads what a mask forbids.
int main(int count, char** arguments) {
  const size_t step = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 1;
  margin = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 0;
  std::mt19937 random(180);
  std::vector<Geometry> all = corners();
  for (const Geometry& g : depthwise()) all.push_back(g);
  for (int i = 0; i < 150; ++i) all.push_back(drawn(random));
  std::vector<const Isa*> isas;
  for (const Isa* const* isa = all_isas(); *isa; ++isa)
    if (runs_here(**isa)) isas.push_back(*isa);
  int number = 0;
  for (size_t i = 0; i < all.size(); i += step, ++number) {
    const bool at_end = number % 2;
    set_num_threads(1 + number % 3);
    try_geometry<float>(all[i], isas, at_end, random);
    try_geometry<double>(all[i], isas, at_end, random);
  }
  std::printf("contractions: %lld runs are exact on", (long long)contracted);
  for (const Isa* isa : isas) std::printf(" %s", isa->name);
  std::printf("\n");
}
