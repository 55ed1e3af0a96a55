#include "gemm/dot_products.h"

namespace rot180 {
namespace ROT180_ISA {
namespace {

// ---- the tile ----

template <class T, int M, int N>
void dots(int64_t vectors, const T* a, ptrdiff_t a_row, const T* b, ptrdiff_t b_row, T* out, ptrdiff_t out_row) {
  using S = Simd<T>;
  using V = typename S::V;
  V sum[M][N];
  ROT180_UNROLL
  for (int m = 0; m < M; ++m) {
    ROT180_UNROLL
    for (int n = 0; n < N; ++n) sum[m][n] = V{};
  }
  for (int64_t v = 0; v < vectors; ++v, a += S::L, b += S::L) {
    V left[M];
    ROT180_UNROLL
    for (int m = 0; m < M; ++m) left[m] = S::load(a + m * a_row);
    ROT180_UNROLL
    for (int n = 0; n < N; ++n) {
      const V right = *reinterpret_cast<const V*>(b + n * b_row);
      ROT180_UNROLL
      for (int m = 0; m < M; ++m) sum[m][n] += left[m] * right;
    }
  }
  V flat[M * N];
  ROT180_UNROLL
  for (int i = 0; i < M * N; ++i) flat[i] = sum[i / N][i % N];
  T total[(M * N + S::L - 1) / S::L * S::L];
  lane_sums<T, M * N>(flat, total);
  for (int m = 0; m < M; ++m)
    for (int n = 0; n < N; ++n) out[m * out_row + n] += total[m * N + n];
}

template <class T>
struct Dots {
  using Function = void (*)(int64_t, const T*, ptrdiff_t, const T*, ptrdiff_t, T*, ptrdiff_t);
  Function of[DOT_ROWS + 1][DOT_COLUMNS + 1];

  template <int M, int N>
  constexpr void fill() {
    of[M][N] = dots<T, M, N>;
    if constexpr (N > 1) fill<M, N - 1>();
    else if constexpr (M > 1) fill<M - 1, DOT_COLUMNS>();
  }
  constexpr Dots() : of() { fill<DOT_ROWS, DOT_COLUMNS>(); }
};

template <class T>
constexpr Dots<T> DOTS{};

// ---- all tiles ----

// How the positions are cut: into blocks of `length` positions, a multiple of L. Only the last block is shorter.
struct Blocks {
  int64_t length, count;
  bool by_image;  // true if each image is cut separately
};

template <class T>
Blocks cut(const Gather& g) {
  constexpr int64_t L = Simd<T>::L, LONGEST = BLOCK_BYTES / (int64_t)sizeof(T);
  const int64_t cells = g.cells();
  const bool by_image = cells >= LONGEST / 2;
  const int64_t whole = by_image ? cells : g.positions();
  int64_t pieces = ceil_div(whole, LONGEST);
  if (!by_image && pieces > 2) pieces = ceil_div(pieces, 4) * 4;  // a multiple of most numbers of threads
  const int64_t length = ceil_div(ceil_div(whole, pieces), L) * L;
  return {length, ceil_div(whole, length) * (by_image ? g.images : 1), by_image};
}

template <class T>
struct DotPlan {
  const TransposedProduct<T>* product;
  const Row* rows;
  const Strips<T>* strips;
  Blocks blocks;
  int64_t parts, groups, groups_per_chunk;
  T* partial;  // (parts, rows, columns) if there are several parts
};

// The rows of Y for one block, padded with zeros to full vectors. Returns Y itself where no padding is needed,
// otherwise a copy.
template <class T>
const T* rows_of_y(const TransposedProduct<T>& p, int64_t q0, int64_t count, T* copy, ptrdiff_t* step) {
  constexpr int64_t L = Simd<T>::L;
  const int64_t cells = p.from.cells();
  const int64_t n0 = q0 / cells, r0 = q0 - n0 * cells;
  if (count % L == 0 && r0 + count <= cells) {
    *step = p.y_row;
    return p.y + n0 * p.y_image + r0;
  }
  for (int64_t done = 0; done < count;) {
    const int64_t n = (q0 + done) / cells, r = q0 + done - n * cells;
    const int64_t piece = smaller(cells - r, count - done);
    const T* from = p.y + n * p.y_image + r;
    for (int64_t m = 0; m < p.rows; ++m) {
      T* to = copy + m * *step + done;
      for (int64_t i = 0; i < piece; ++i) to[i] = from[m * p.y_row + i];
    }
    done += piece;
  }
  for (int64_t m = 0; m < p.rows; ++m)
    for (int64_t i = count; i < ceil_div(count, L) * L; ++i) copy[m * *step + i] = T{};
  return copy;
}

template <class T>
void dot_part(const DotPlan<T>& plan, int64_t chunk) {
  constexpr int64_t L = Simd<T>::L;
  const TransposedProduct<T>& p = *plan.product;
  const int64_t group_chunks = ceil_div(plan.groups, plan.groups_per_chunk);
  const int64_t part = chunk / group_chunks, g0 = chunk % group_chunks * plan.groups_per_chunk;
  const int64_t columns = p.columns();
  const int64_t k0 = g0 * DOT_COLUMNS, k1 = smaller(columns, (g0 + plan.groups_per_chunk) * DOT_COLUMNS);
  T* out = plan.parts > 1 ? plan.partial + part * p.rows * columns : p.out;
  const ptrdiff_t out_row = plan.parts > 1 ? columns : p.out_row;
  for (int64_t m = 0; m < p.rows; ++m)
    for (int64_t k = k0; k < k1; ++k) out[m * out_row + k] = T{};

  const int taps = p.from.inside ? 1 : p.from.tap_count();
  const int64_t length = plan.blocks.length, vectors = length / L;
  const ptrdiff_t padded = length + L;  // rows a power of two apart would be in the same set of the cache
  Scratch memory(sizeof(T) * (size_t)((p.rows + DOT_COLUMNS) * padded) + 64 +
                 (sizeof(Strip<T>) + sizeof(Lanes) * (size_t)taps) * (size_t)vectors);
  T* columns_packed = memory.as<T>();
  T* copy = columns_packed + DOT_COLUMNS * padded;
  Strip<T>* strips = reinterpret_cast<Strip<T>*>(copy + p.rows * padded);
  Lanes* reach = reinterpret_cast<Lanes*>(strips + vectors);

  const int64_t cells = p.from.cells(), positions = p.from.positions();
  const int64_t per_image = plan.blocks.by_image ? ceil_div(cells, length) : 0;
  const int64_t b0 = plan.blocks.count * part / plan.parts, b1 = plan.blocks.count * (part + 1) / plan.parts;
  for (int64_t b = b0; b < b1; ++b) {
    const int64_t q0 = per_image ? b / per_image * cells + b % per_image * length : b * length;
    const int64_t end = per_image ? (b / per_image + 1) * cells : positions;
    const int64_t count = smaller(length, end - q0), used = ceil_div(count, L);
    for (int64_t v = 0; v < used; ++v)
      plan.strips->find(q0 + v * L, q0 + count, strips[v], reach + v * taps * !p.from.inside, nullptr);
    ptrdiff_t step = padded;
    const T* left = rows_of_y(p, q0, count, copy, &step);
    for (int64_t k = k0; k < k1; k += DOT_COLUMNS) {
      const int n = (int)smaller<int64_t>(DOT_COLUMNS, k1 - k);
      pack(strips, (int)used, reach, taps, p.from.inside, p.source, plan.rows + k, n, columns_packed, padded);
      for (int64_t m = 0; m < p.rows; m += DOT_ROWS) {
        const int r = (int)smaller<int64_t>(DOT_ROWS, p.rows - m);
        DOTS<T>.of[r][n](used, left + m * step, step, columns_packed, padded, out + m * out_row + k, out_row);
      }
    }
  }
}

}  // namespace

template <class T>
void run(const TransposedProduct<T>& p) {
  DotPlan<T> plan{};
  plan.product = &p;
  plan.blocks = cut<T>(p.from);
  const int64_t columns = p.columns(), sums = p.rows * columns;
  plan.groups = ceil_div(columns, DOT_COLUMNS);
  plan.parts = larger<int64_t>(1, smaller(smaller(MOST_PARTS, plan.blocks.count), FEW_SUMS / sums));
  // Columns can be divided freely, because no sum runs along them: into as few pieces as keep all threads busy.
  const int64_t wanted = num_threads() > 1 ? ceil_div(2 * num_threads(), plan.parts) : 1;
  plan.groups_per_chunk = ceil_div(plan.groups, smaller(plan.groups, wanted));
  Scratch memory(sizeof(Row) * (size_t)columns + 64 + (plan.parts > 1 ? sizeof(T) * (size_t)(plan.parts * sums) : 0));
  plan.partial = memory.as<T>();
  Row* rows = reinterpret_cast<Row*>(plan.partial + (plan.parts > 1 ? plan.parts * sums : 0));
  rows = reinterpret_cast<Row*>((reinterpret_cast<uintptr_t>(rows) + 15) / 16 * 16);
  list_rows(p.from, p.channels, p.source_channel, rows);
  plan.rows = rows;
  const Strips<T> strips(p.from, nullptr);
  plan.strips = &strips;
  auto some = [&](int64_t chunk) { dot_part(plan, chunk); };
  parallel_for(plan.parts * ceil_div(plan.groups, plan.groups_per_chunk), some);
  if (plan.parts > 1) add_parts(p, plan.partial, plan.parts);
}

template void run(const TransposedProduct<float>&);
template void run(const TransposedProduct<double>&);

}  // namespace ROT180_ISA
}  // namespace rot180
