// Compares every contraction, by every algorithm and on every instruction set, with plain loops. The comparison is
// exact, because small integers are never rounded. Arrays end at, or start after, a page that must not be accessed, so
// that an access beyond either end crashes even without a sanitizer.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#if !defined(_WIN32)
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "check.h"
#include "dispatch/instruction_sets.h"
#include "geometries.h"
#include "paths.h"
#include "threads/pool.h"

using namespace rot180;

namespace {

// ---- arrays between inaccessible pages ----

size_t margin = 0;  // bytes between an array and the inaccessible pages

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
    for (Guarded<T>* a : {&x, &w, &y, &bias})  // multiples of 4: Winograd halves sums two times
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

// ---- comparison ----

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
  // The transforms of the large tiles divide by 6, so they are not exact. The tolerance is relative to the largest
  // possible sum.
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
constexpr int64_t LARGE = 8 << 20;  // geometries with more products are tested once: a sanitizer takes seconds for them

// The paths taken so far on each instruction set, for float32 and float64.
Paths taken[4][2];

// True if the table chooses the direct algorithm for all three contractions: forcing it would repeat the same test.
template <class T>
bool takes_direct(const Geometry& g) {
  bool direct = true;
  for (Kernel k : {Kernel::y, Kernel::x, Kernel::w})
    direct = direct && choose(k, g, sizeof(T) == 4, false) == Algorithm::direct;
  return direct;
}

template <class T>
void try_geometry(const Geometry& g, const std::vector<const Isa*>& isas, bool at_end, std::mt19937& random) {
  const Arrays<T> arrays(g, at_end, random);
  const Expected expected = arrays.expected(g);
  for (size_t i = 0; i < isas.size(); ++i) {
    taken[i][sizeof(T) == 8] |= paths_of(*isas[i], g, arrays.x.data(), arrays.y.data());
    const Isa* isa = isas[i];
    for (Algorithm a : {Algorithm::automatic, Algorithm::direct, Algorithm::dense, Algorithm::winograd,
                        Algorithm::winograd4, Algorithm::depthwise}) {
      if (!fits(a, Kernel::y, g, sizeof(T) == 4) || (a == Algorithm::direct && takes_direct<T>(g))) continue;
      const Run run{isa, a, g};
      if constexpr (sizeof(T) == 4)
        contract<float>(run, isa->f32, arrays, expected, at_end);
      else
        contract<double>(run, isa->f64, arrays, expected, at_end);
      ++contracted;
    }
  }
}

// Fails unless every path of every instruction set was taken.
void check_all_paths_taken(const std::vector<const Isa*>& isas) {
  for (size_t i = 0; i < isas.size(); ++i)
    for (int in_double = 0; in_double < 2; ++in_double)
      for (int path = 0; path < PATHS; ++path) {
        const Paths bit = Paths{1} << path;
        if (!(possible_paths(*isas[i], !in_double) & bit) || taken[i][in_double] & bit) continue;
        std::fprintf(stderr, "no geometry covers %s for %s on %s: add one to geometries.h\n", PATH_NAMES[path],
                     in_double ? "float64" : "float32", isas[i]->name);
        std::_Exit(1);
      }
}

}  // namespace

// `test_contractions 5` tests every fifth geometry, and the thresholds once, to save time. `test_contractions 5 65536`
// leaves 65536 bytes around each array, because qemu-x86_64 7 reads masked lanes, and skips the thresholds: they take
// minutes there and use no other instructions.
int main(int count, char** arguments) {
  const size_t step = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 1;
  margin = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 0;
  std::mt19937 random(180);
  std::vector<Geometry> all = corners();
  for (const Geometry& g : depthwise()) all.push_back(g);
  for (int i = 0; i < 150; ++i) all.push_back(random_geometry(random));
  std::vector<const Isa*> isas;
  for (const Isa* const* isa = all_isas(); *isa; ++isa)
    if (runs_here(**isa)) isas.push_back(*isa);
  int number = 0;
  auto attempt = [&](const Geometry& g, bool at_end, int threads) {
    set_num_threads(threads);
    try_geometry<float>(g, isas, at_end, random);
    try_geometry<double>(g, isas, at_end, random);
  };
  for (size_t i = 0; i < all.size(); i += step, ++number) attempt(all[i], number % 2, 1 + number % 3);
  if (!margin) {
    for (const Geometry& g : thresholds()) {
      attempt(g, true, 1);
      if (step == 1 && g.images * g.y_cells() * g.outputs * g.group_channels() * g.taps() < LARGE) attempt(g, false, 3);
    }
    check_all_paths_taken(isas);
  }
  std::printf("contractions: %lld runs are exact on", (long long)contracted);
  for (const Isa* isa : isas) std::printf(" %s", isa->name);
  std::printf("\n");
}
