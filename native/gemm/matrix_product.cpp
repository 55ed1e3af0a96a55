#include "gemm/matrix_product.h"

namespace rot180 {
namespace ROT180_ISA {
namespace {

// The positions of one block: their strips in the source, the masks of each tap, and the locations of their results.
template <class T>
struct Block {
  static constexpr int L = Simd<T>::L;
  int pairs;
  bool simple;  // true if every strip is one run
  Strip<T> from[2 * MANY_PAIRS], to[2 * MANY_PAIRS];
  Lanes* reach;

  void find(const Product<T>& p, const Strips<T>& strips, int64_t first_pair, int64_t last_pair) {
    const int taps = p.from.tap_count();
    const int64_t end = p.from.positions();
    pairs = (int)(last_pair - first_pair);
    simple = true;
    for (int s = 0; s < 2 * pairs; ++s) {
      const int64_t q = (first_pair * 2 + s) * L;
      if (q < end) {
        strips.find(q, end, from[s], reach + (p.from.inside ? 0 : s * taps), &to[s]);
      } else {  // the second vector of the last pair may be empty
        from[s] = from[s - 1];
        for (int i = 0; i < from[s].runs; ++i) from[s].run[i].lanes = 0;
        to[s].runs = 0;
        if (!p.from.inside)
          for (int t = 0; t < taps; ++t) reach[s * taps + t] = 0;
      }
      simple = simple && from[s].runs == 1;
    }
  }
};

// A prefetch of the source cells of the block that starts at `pair`, without those that the block before also reads.
template <class T>
Prefetch prefetch_next_block(const Product<T>& p, int64_t pair, int64_t pairs, int64_t tiles) {
  constexpr int64_t L = Simd<T>::L;
  const int64_t q = pair * 2 * L;
  if (q >= p.from.positions() || !exceeds_cache<T>(p.from.images * p.from.image)) return {};
  return make_prefetch(p.source, p.from.last_cell(q), pairs * 2 * L, p.channels, p.source_channel, tiles, p.depth());
}

template <class T>
void multiply_block(const Plan<T>& plan, const Block<T>& block, int64_t b0, int64_t b1, T* packed, Prefetch prefetch) {
  constexpr int L = Simd<T>::L;
  const Product<T>& p = plan.product;
  const int taps = p.from.tap_count();
  const int64_t depth = p.depth(), panel = smaller(DEPTH<T>, depth) * 2 * L;
  const int masks = p.from.inside ? 0 : taps, together = b1 - b0 <= FEW_BLOCKS ? 1 : block.pairs;
  const bool in_place = block.simple && b1 - b0 == 1;
  const Microkernels<T>& kernels = microkernels<T>(plan.a.layout());
  Tile<T> tile{};
  tile.out_row = p.out_row;
  tile.relu = p.relu;
  for (int64_t k0 = 0; k0 == 0 || k0 < depth; k0 += DEPTH<T>) {
    const int64_t count = smaller(DEPTH<T>, depth - k0);
    tile.begin = k0 == 0;
    tile.end = k0 + count >= depth;
    for (int first = 0; first < block.pairs; first += together) {
      const int last = smaller(block.pairs, first + together);
      for (int pair = first; pair < last && !in_place; ++pair)
        pack_panel(block.from + 2 * pair, block.reach + 2 * pair * masks, taps, p.from.inside, p.source, plan.rows + k0,
                   count, packed + (pair - first) * panel);
      for (int64_t b = b0; b < b1; ++b) {
        const int64_t m0 = first_row(p.rows, b), m = first_row(p.rows, b + 1) - m0;
        const T* a = plan.a.block(m0, m, k0);
        tile.out = p.out + m0 * p.out_row;
        tile.bias = p.bias ? p.bias + m0 : nullptr;
        for (int pair = first; pair < last; ++pair) {
          tile.strip = block.to + 2 * pair;
          tile.full = tile.strip[0].full() && tile.strip[1].full();
          if (in_place)
            kernels.in_place[m](count, a, p.source, plan.rows + k0, block.from + 2 * pair,
                                block.reach + 2 * pair * masks, taps, p.from.inside, tile, prefetch);
          else
            kernels.packed[m](count, a, packed + (pair - first) * panel, tile, prefetch);
        }
      }
    }
  }
}

// Computes one span of positions for one part of the rows.
template <class T>
void multiply_span(const Plan<T>& plan, const Strips<T>& strips, int64_t chunk) {
  constexpr int L = Simd<T>::L;
  const Product<T>& p = plan.product;
  const int64_t span = chunk / plan.row_parts, part = chunk % plan.row_parts;
  const int64_t all = row_blocks(p.rows), b0 = all * part / plan.row_parts, b1 = all * (part + 1) / plan.row_parts;
  const int64_t first = plan.blocks * span / plan.spans, last = plan.blocks * (span + 1) / plan.spans;
  const int64_t pairs = ceil_div(p.from.positions(), 2 * L), longest = ceil_div(pairs, plan.blocks);
  const size_t panels = sizeof(T) * (size_t)(smaller(DEPTH<T>, p.depth()) * longest * 2 * L);
  Scratch memory(panels + sizeof(Block<T>) + sizeof(Lanes) * (size_t)(2 * longest * p.from.tap_count()) + 64);
  T* packed = memory.as<T>();
  Block<T>* block = reinterpret_cast<Block<T>*>(memory.as<char>() + panels);
  block->reach = reinterpret_cast<Lanes*>(block + 1);
  for (int64_t i = first; i < last; ++i) {
    const int64_t from = pairs * i / plan.blocks, to = pairs * (i + 1) / plan.blocks;
    block->find(p, strips, from, to);
    const int64_t next = i + 1 < last ? to : pairs;
    multiply_block(plan, *block, b0, b1, packed, prefetch_next_block(p, next, longest, (b1 - b0) * (to - from)));
  }
}

}  // namespace

// Runs several products that write to different places.
template <class T>
void run(const Product<T>* products, int count) {
  size_t bytes = 0;
  auto rounded = [](size_t n) { return (n + 63) / 64 * 64; };
  auto packed_a_of = [](const Product<T>& p) { return PackedA<T>(p.weights, p.rows, p.channels, p.from.tap_count()); };
  for (int i = 0; i < count; ++i)
    bytes += rounded(packed_a_of(products[i]).bytes()) + rounded(sizeof(Row) * (size_t)products[i].depth());
  const size_t plan_bytes = rounded(sizeof(Plan<T>) * (size_t)count);
  Scratch memory(bytes + plan_bytes);
  Plan<T>* plans = memory.as<Plan<T>>();
  char* free = memory.as<char>() + plan_bytes;
  auto take = [&](size_t n) {
    char* place = free;
    free += rounded(n);
    return place;
  };
  int64_t chunks = 0;
  for (int i = 0; i < count; ++i) {
    Plan<T>& plan = plans[i];
    plan = {products[i], packed_a_of(products[i]), nullptr, 0, 0, 0};
    plan.a.pack(reinterpret_cast<T*>(take(plan.a.bytes())));
    plan.rows = reinterpret_cast<Row*>(take(sizeof(Row) * (size_t)products[i].depth()));
    list_rows(products[i].from, products[i].channels, products[i].source_channel, plan.rows);
    cut(plan, count);
    chunks += plan.chunks();
  }
  const Strips<T> strips(products->from, &products->to);  // all products have the same positions
  auto multiply_some = [&](int64_t chunk) {
    const Plan<T>* plan = plans;
    while (chunk >= plan->chunks()) chunk -= (plan++)->chunks();
    multiply_span(*plan, strips, chunk);
  };
  parallel_for(chunks, multiply_some);
}

template void run(const Product<float>*, int);
template void run(const Product<double>*, int);

}  // namespace ROT180_ISA
}  // namespace rot180
