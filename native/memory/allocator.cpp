// Blocks come in classes of size, eight to a power of two, and wait in one list per class. In use and waiting together
// are at most twice as much as was ever in use at once: with less, the classes that a training step goes through push
// each other out, and it faults its pages in anew (20 to 30 MB a step, for ResNet-20 and DCGAN; with half again as much
// still 2 MB in some runs of a small autoencoder). Room is made by blocks that have waited long, such as those of other
// batches and layers than now. Not by the oldest of any age: a step whose blocks do not all fit would lose each of them
// before it comes back to it.
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

// AddressSanitizer is told which bytes of a block were asked for: it would not notice the others otherwise.
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

constexpr size_t HEADER = 64;          // before each block: its class; keeps the block aligned
constexpr size_t SMALLEST = 1 << 12;   // below, a class of its own would only waste
constexpr size_t HUGE_PAGE = 2 << 20;  // from this size on a block is asked to lie in huge pages
constexpr int CLASSES = 8 * 44;

constexpr uint64_t LONG = 16;  // times the most in use at once, taken and given back: a few training steps

struct Block {
  int size_class;
  uint64_t since;  // how much had been asked for when it began to wait
  Block *next, *previous;  // of its class, the latest first
  Block *newer, *older;    // of all that wait
};

std::mutex mutex;
Block* waiting[CLASSES];
Block *newest = nullptr, *oldest = nullptr;
size_t bytes_waiting = 0, bytes_used = 0, most_used = 0;
uint64_t asked_for = 0;

#if !defined(_WIN32)
// A fork waits until no other thread holds the mutex: in the child there would be nobody to unlock it.
void before_fork() { mutex.lock(); }
void after_fork() { mutex.unlock(); }
const int watching_forks = pthread_atfork(before_fork, after_fork, after_fork);
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
// From the system and not from malloc: of blocks that are aligned to huge pages glibc's heap keeps the gaps, and what is
// freed between others. After batches of many sizes it held three times what was in use, and gave none of it back.
void* whole_pages(size_t bytes) {
  if (bytes > SIZE_MAX - HUGE_PAGE) return nullptr;
  void* found = mmap(nullptr, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (found == MAP_FAILED) return nullptr;
  char* const begin = static_cast<char*>(found);
  const size_t before = (HUGE_PAGE - reinterpret_cast<uintptr_t>(begin) % HUGE_PAGE) % HUGE_PAGE;
  if (before) munmap(begin, before);
  if (before < HUGE_PAGE) munmap(begin + before + bytes, HUGE_PAGE - before);
  madvise(begin + before, bytes, MADV_HUGEPAGE);  // a wish; memory is memory if it is not granted
  return begin + before;
}
#endif

void* aligned(size_t bytes) {
#if defined(_WIN32)
  return _aligned_malloc(bytes, 64);
#else
#if defined(__linux__)
  if (bytes >= HUGE_PAGE) return whole_pages(bytes);
#endif
  void* p = nullptr;
  return posix_memalign(&p, 64, bytes) == 0 ? p : nullptr;
#endif
}

void give_back(Block* p) {
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

void put_in_line(Block* block) {
  Block*& first = waiting[block->size_class];
  block->since = asked_for;
  block->previous = nullptr;
  block->next = std::exchange(first, block);
  if (block->next) block->next->previous = block;
  block->newer = nullptr;
  block->older = std::exchange(newest, block);
  (block->older ? block->older->newer : oldest) = block;
  bytes_waiting += bytes_of(block->size_class);
}

void take_from_line(Block* block) {
  (block->previous ? block->previous->next : waiting[block->size_class]) = block->next;
  if (block->next) block->next->previous = block->previous;
  (block->newer ? block->newer->older : newest) = block->older;
  (block->older ? block->older->newer : oldest) = block->newer;
  bytes_waiting -= bytes_of(block->size_class);
}

void drop(Block* block) {
  take_from_line(block);
  give_back(block);
}

void drop_all() {
  while (oldest) drop(oldest);
}

// Whether a block may wait beside the others, once those that have waited long are gone.
bool room_for(size_t bytes) {
  auto fits = [&] { return bytes_waiting + bytes_used + bytes <= 2 * most_used; };
  while (!fits() && oldest && asked_for - oldest->since > LONG * most_used) drop(oldest);
  return fits();
}

}  // namespace

void* acquire(size_t bytes) {
  const int c = bytes < SIZE_MAX - HEADER ? class_of(bytes + HEADER) : CLASSES;
  if (c == CLASSES) return nullptr;
  std::lock_guard<std::mutex> lock(mutex);
  Block* block = waiting[c];
  if (block) {
    take_from_line(block);
  } else {
    block = static_cast<Block*>(aligned(bytes_of(c)));
    if (!block) {
      drop_all();
      block = static_cast<Block*>(aligned(bytes_of(c)));
      if (!block) return nullptr;
    }
    block->size_class = c;
  }
  asked_for += bytes_of(c);
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
  if (!room_for(bytes)) return give_back(block);
  ASAN_POISON_MEMORY_REGION(p, bytes - HEADER);
  put_in_line(block);
}

void trim() {
  std::lock_guard<std::mutex> lock(mutex);
  drop_all();
  most_used = bytes_used;
}

size_t kept() {
  std::lock_guard<std::mutex> lock(mutex);
  return bytes_waiting;
}

Scratch::Scratch(size_t bytes) : block_(acquire(bytes)) {
  if (!block_) throw std::bad_alloc();
}

Scratch::~Scratch() { release(block_); }

}  // namespace rot180
