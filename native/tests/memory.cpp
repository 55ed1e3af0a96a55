// The allocator: blocks are aligned, large enough and never shared; the cache has a limit and returns its blocks.
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "check.h"
#include "memory/allocator.h"

using namespace rot180;

namespace {

void sizes() {
  for (size_t bytes : {0, 1, 63, 64, 4032, 4033, 65536, 65537, 1000000, 100000000}) {
    char* block = static_cast<char*>(acquire(bytes));
    CHECK(block && reinterpret_cast<uintptr_t>(block) % 64 == 0);
    if (bytes) block[0] = block[bytes - 1] = 1;
    release(block);
  }
  release(nullptr);
  for (size_t bytes : {SIZE_MAX, SIZE_MAX - 63, SIZE_MAX - 64, SIZE_MAX / 2, SIZE_MAX / 4}) CHECK(!acquire(bytes));
}

// Allocates and releases blocks of random sizes, and checks that each keeps its contents meanwhile.
void many_blocks() {
  struct Held {
    unsigned char* block;
    size_t bytes;
    unsigned char mark;
  };
  std::mt19937 random(180);
  std::vector<Held> held;
  size_t most = 0, now = 0;
  for (int step = 0; step < 5000; ++step) {
    if (held.size() < 30 && random() % 3) {
      const size_t bytes = 1 + random() % (1u << (4 + random() % 14));
      Held h{static_cast<unsigned char*>(acquire(bytes)), bytes, (unsigned char)step};
      CHECK(h.block);
      std::memset(h.block, h.mark, bytes);
      held.push_back(h);
      now += bytes + 64 < 4096 ? 4096 : (bytes + 64) * 9 / 8;  // a class of sizes is an eighth wide
      most = now > most ? now : most;
    } else if (!held.empty()) {
      const size_t i = random() % held.size();
      const Held h = held[i];
      for (size_t b = 0; b < h.bytes; ++b) CHECK(h.block[b] == h.mark);
      release(h.block);
      now -= h.bytes + 64 < 4096 ? 4096 : (h.bytes + 64) * 9 / 8;
      held[i] = held.back();
      held.pop_back();
      CHECK(cached_bytes() <= 2 * most);
    }
  }
  for (const Held& h : held) release(h.block);
  CHECK(cached_bytes() > 0);
  trim();
  CHECK(cached_bytes() == 0);
}

// Cached blocks of sizes that are no longer used make room for other sizes.
void other_sizes() {
  constexpr size_t MANY = 8, BEFORE = 1 << 20, AFTER = 5 << 20;
  for (size_t scale : {1, 2}) {  // 8 MiB in use at once, and 16 MiB waiting
    void* held[MANY];
    for (size_t i = 0; i < MANY / scale; ++i) held[i] = acquire(BEFORE * scale - 4096);
    for (size_t i = 0; i < MANY / scale; ++i) release(held[i]);
  }
  CHECK(cached_bytes() > 14 * BEFORE);
  release(acquire(AFTER));
  CHECK(cached_bytes() <= 2 * MANY * BEFORE * 9 / 8);
  for (int step = 0; step < 100; ++step) release(acquire(AFTER));
  const size_t waiting = cached_bytes();
  void* again = acquire(AFTER);
  CHECK(cached_bytes() + AFTER <= waiting);  // the block came from the cache
  release(again);
  CHECK(cached_bytes() <= 2 * MANY * BEFORE * 9 / 8);
}

}  // namespace

int main() {
  sizes();
  trim();
  many_blocks();
  trim();
  other_sizes();
  std::printf("memory: blocks are aligned, distinct, cached and returned\n");
}
