// Blocks have size classes, eight per power of two. Released blocks are cached in one list per class.
//
// Blocks in use and cached blocks together take at most twice the peak of memory in use. With a lower limit, the size
// classes of a training step evict each other, and each step pays for page faults again (20 to 30 MB a step for
// ResNet-20 and DCGAN; with one and a half times the peak, still 2 MB in some runs of a small autoencoder).
//
// When the limit is reached, only stale blocks are evicted, for example those of an earlier batch size. Evicting the
// oldest block whatever its age would be wrong: if the blocks of a step do not all fit, each would be evicted just
// before it is needed again.
#include "memory/allocator.h"

#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if !defined(_WIN32)
#include <pthread.h>
#endif

// Marks the bytes of a block that were not requested, so that AddressSanitizer reports accesses to them.
#if defined(__SANITIZE_ADDRESS__)
#define ROT180_WATCHED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ROT180_WATCHED
#endif
#endif
#if defined(ROT180_WATCHED)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(place, bytes)
#define ASAN_UNPOISON_MEMORY_REGION(place, bytes)
#endif

namespace rot180 {
namespace {

constexpr size_t HEADER = 64;          // bytes before each block, for its Block record; keeps the block aligned
constexpr size_t SMALLEST = 1 << 12;   // the smallest size class
constexpr size_t HUGE_PAGE = 2 << 20;  // blocks of at least this size request huge pages
constexpr int CLASSES = 8 * 44;

// A block is stale when this many times the peak has been requested since its release: a few training steps.
constexpr uint64_t STALE_AFTER = 16;

struct Block {
  int size_class;
  uint64_t requested_before;  // bytes requested in all when the block was released
  Block *next, *previous;     // in the list of its class, latest first
  Block *newer, *older;       // in the list of all cached blocks
};

std::mutex mutex;
Block* cached[CLASSES];
Block *newest = nullptr, *oldest = nullptr;
size_t bytes_cached = 0, bytes_used = 0, most_used = 0;
uint64_t bytes_requested = 0;

#if !defined(_WIN32)
// A fork must not happen while another thread holds the mutex: nothing in the child would unlock it.
void before_fork() { mutex.lock(); }
void after_fork() { mutex.unlock(); }
const int fork_handler = pthread_atfork(before_fork, after_fork, after_fork);
#endif

// Class 8 * e + s holds SMALLEST * 2^e * (1 + s / 8) bytes.
size_t bytes_of(int c) { return (SMALLEST << (c / 8)) / 8 * static_cast<size_t>(8 + c % 8); }

int class_of(size_t bytes) {
  int c = 0;
  while (c + 8 < CLASSES && bytes_of(c + 8) <= bytes) c += 8;
  while (c < CLASSES && bytes_of(c) < bytes) ++c;
  return c;
}

#if defined(__linux__)
// Maps memory directly instead of calling malloc: for blocks aligned to huge pages, glibc's heap keeps the gaps between
// them and the freed blocks. After batches of many sizes it held three times the memory in use and returned none of it.
void* map_huge_pages(size_t bytes) {
  if (bytes > SIZE_MAX - HUGE_PAGE) return nullptr;
  void* found = mmap(nullptr, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (found == MAP_FAILED) return nullptr;
  char* const begin = static_cast<char*>(found);
  const size_t before = (HUGE_PAGE - reinterpret_cast<uintptr_t>(begin) % HUGE_PAGE) % HUGE_PAGE;
  if (before) munmap(begin, before);
  if (before < HUGE_PAGE) munmap(begin + before + bytes, HUGE_PAGE - before);
  madvise(begin + before, bytes, MADV_HUGEPAGE);  // a hint: if it fails, the memory has normal pages
  return begin + before;
}
#endif

void* aligned(size_t bytes) {
#if defined(_WIN32)
  return _aligned_malloc(bytes, 64);
#else
#if defined(__linux__)
  if (bytes >= HUGE_PAGE) return map_huge_pages(bytes);
#endif
  void* p = nullptr;
  return posix_memalign(&p, 64, bytes) == 0 ? p : nullptr;
#endif
}

void return_to_system(Block* p) {
  const size_t bytes = bytes_of(p->size_class);
  ASAN_UNPOISON_MEMORY_REGION(p, bytes);
#if defined(__linux__)
  if (bytes >= HUGE_PAGE) return (void)munmap(p, bytes);
#endif
#if defined(_WIN32)
  _aligned_free(p);
#else
  std::free(p);
#endif
}

void add_to_cache(Block* block) {
  Block*& first = cached[block->size_class];
  block->requested_before = bytes_requested;
  block->previous = nullptr;
  block->next = std::exchange(first, block);
  if (block->next) block->next->previous = block;
  block->newer = nullptr;
  block->older = std::exchange(newest, block);
  (block->older ? block->older->newer : oldest) = block;
  bytes_cached += bytes_of(block->size_class);
}

void remove_from_cache(Block* block) {
  (block->previous ? block->previous->next : cached[block->size_class]) = block->next;
  if (block->next) block->next->previous = block->previous;
  (block->newer ? block->newer->older : newest) = block->older;
  (block->older ? block->older->newer : oldest) = block->newer;
  bytes_cached -= bytes_of(block->size_class);
}

void evict(Block* block) {
  remove_from_cache(block);
  return_to_system(block);
}

void evict_all() {
  while (oldest) evict(oldest);
}

// Evicts stale blocks until `bytes` more may be cached. False if there is no room even then.
bool make_room(size_t bytes) {
  auto fits = [&] { return bytes_cached + bytes_used + bytes <= 2 * most_used; };
  while (!fits() && oldest && bytes_requested - oldest->requested_before > STALE_AFTER * most_used) evict(oldest);
  return fits();
}

}  // namespace

void* acquire(size_t bytes) {
  const int c = bytes < SIZE_MAX - HEADER ? class_of(bytes + HEADER) : CLASSES;
  if (c == CLASSES) return nullptr;
  std::lock_guard<std::mutex> lock(mutex);
  Block* block = cached[c];
  if (block) {
    remove_from_cache(block);
  } else {
    block = static_cast<Block*>(aligned(bytes_of(c)));
    if (!block) {
      evict_all();
      block = static_cast<Block*>(aligned(bytes_of(c)));
      if (!block) return nullptr;
    }
    block->size_class = c;
  }
  bytes_requested += bytes_of(c);
  bytes_used += bytes_of(c);
  if (bytes_used > most_used) most_used = bytes_used;
  char* place = reinterpret_cast<char*>(block) + HEADER;
  ASAN_POISON_MEMORY_REGION(block + 1, bytes_of(c) - sizeof(Block));
  ASAN_UNPOISON_MEMORY_REGION(place, bytes);
  return place;
}

void release(void* p) noexcept {
  if (!p) return;
  Block* block = reinterpret_cast<Block*>(static_cast<char*>(p) - HEADER);
  const size_t bytes = bytes_of(block->size_class);
  std::lock_guard<std::mutex> lock(mutex);
  bytes_used -= bytes;
  if (!make_room(bytes)) return return_to_system(block);
  ASAN_POISON_MEMORY_REGION(p, bytes - HEADER);
  add_to_cache(block);
}

void trim() {
  std::lock_guard<std::mutex> lock(mutex);
  evict_all();
  most_used = bytes_used;
}

size_t cached_bytes() {
  std::lock_guard<std::mutex> lock(mutex);
  return bytes_cached;
}

Scratch::Scratch(size_t bytes) : block_(acquire(bytes)) {
  if (!block_) throw std::bad_alloc();
}

Scratch::~Scratch() { release(block_); }

}  // namespace rot180
