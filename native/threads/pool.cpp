// How a call runs. `epoch` is odd while chunks may be claimed, and even otherwise. A worker that sees an odd epoch first
// counts itself as active and looks again: the caller, which makes the epoch even and then waits for active workers
// only, therefore never misses one, and never waits for one that came too late.
//
// A worker without work looks for some for a moment, then sleeps. One whose number is beyond what set_num_threads
// allows is parked: it sleeps until it is allowed again.
#include "threads/pool.h"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif
#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace rot180 {
namespace {

// A worker waits in place for about 50 microseconds, which is longer than the pause between the layers of a small
// network: first for itself, then letting others run. Without the second part a neighbour that keeps the cores busy costs
// a third of the time, because a thread that waits holds the core on which the other one should finish.
constexpr int PAUSES = 200, YIELDS = 2000;

inline void wait_in_place(int round) {
  if (round >= PAUSES) return std::this_thread::yield();
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// To claim a chunk takes a tenth of a microsecond where threads compete for it, as long as it takes to move a small plane.
constexpr int64_t CLAIMS = 32;  // about so many of each thread, at most

// The part of the chunks that is one thread's own. It begins there, and then helps the others: as calls mostly go through
// the images in order, what a layer reads is still in the cache of the core that wrote it.
struct alignas(64) Own {
  std::atomic<int64_t> next;
  int64_t end;
};

thread_local bool inside = false;  // a call, or a worker: what it calls runs on this thread alone

struct Pool {
  std::atomic<uint64_t> epoch{0};
  std::atomic<int> active{0}, sleeping{0};
  std::atomic<int> helpers{0};  // how many workers may help
  std::atomic<bool> busy{false}, failed{false};
  std::vector<Own> own;  // of the caller and the workers
  size_t parts = 0;      // how many of them have chunks
  int64_t at_once = 1;   // how many a claim takes
  Chunk chunk = nullptr;
  void* job = nullptr;
  std::exception_ptr failure;
  std::mutex mutex;
  std::condition_variable wake, unpark;
  int workers = 0;

  // What a chunk throws (Scratch, when memory is short) ends the call: no further chunk begins, and run throws it again.
  void claim(size_t first) {
    try {
      for (size_t i = 0; i < parts; ++i) work_off(own[(first + i) % parts]);
    } catch (...) {
      if (!failed.exchange(true)) failure = std::current_exception();
      for (size_t i = 0; i < parts; ++i) own[i].next.store(own[i].end, std::memory_order_relaxed);
    }
  }

  void work_off(Own& part) {
    const int64_t end = part.end, some = at_once;
    if (part.next.load(std::memory_order_relaxed) >= end) return;
    for (int64_t i; (i = part.next.fetch_add(some, std::memory_order_relaxed)) < end;)
      for (const int64_t last = i + some < end ? i + some : end; i < last; ++i) chunk(i, job);
  }

  void work(int number, uint64_t seen) {
    inside = true;
    for (;;) {
      seen = await(number, seen);
      if (!(seen & 1)) continue;
      active.fetch_add(1);
      if (epoch.load() == seen && number < helpers.load()) claim(static_cast<size_t>(number) + 1);
      active.fetch_sub(1);
    }
  }

  // The next epoch after `seen`.
  uint64_t await(int number, uint64_t seen) {
    for (int round = 0; round < PAUSES + YIELDS; ++round) {
      if (const uint64_t now = epoch.load(); now != seen && number < helpers.load()) return now;
      wait_in_place(round);
    }
    std::unique_lock<std::mutex> lock(mutex);
    unpark.wait(lock, [&] { return number < helpers.load(); });
    sleeping.fetch_add(1);
    wake.wait(lock, [&] { return epoch.load() != seen || number >= helpers.load(); });
    sleeping.fetch_sub(1);
    return epoch.load();
  }

  // Whether there are as many helpers as wanted, or will be.
  bool start(int wanted) {
    try {
      if (helpers.load() != wanted) {
        std::vector<Own> each(static_cast<size_t>(wanted) + 1);
        std::lock_guard<std::mutex> lock(mutex);
        own.swap(each);
        helpers.store(wanted);
        wake.notify_all();
        unpark.notify_all();
      }
      for (; workers < wanted; ++workers) {
        std::thread([this, number = workers, seen = epoch.load()] { work(number, seen); }).detach();
      }
    } catch (const std::system_error&) {
      // The system gives no more threads: fewer workers do the same chunks.
    } catch (const std::bad_alloc&) {
      return false;
    }
    return true;
  }

  void run(int64_t n, Chunk f, void* j) {
    parts = n < static_cast<int64_t>(own.size()) ? static_cast<size_t>(n) : own.size();
    const int64_t each = n / static_cast<int64_t>(parts), over = n % static_cast<int64_t>(parts);
    int64_t begin = 0;
    for (size_t i = 0; i < parts; ++i) {
      own[i].next.store(begin, std::memory_order_relaxed);
      own[i].end = begin += each + (static_cast<int64_t>(i) < over);
    }
    at_once = each / CLAIMS + 1;
    chunk = f;
    job = j;
    epoch.fetch_add(1);
    if (const int asleep = sleeping.load()) {
      { std::lock_guard<std::mutex> lock(mutex); }  // whoever is about to sleep has looked at the epoch, or sleeps
      if (n - 1 >= asleep) wake.notify_all();
      else for (int64_t i = 1; i < n; ++i) wake.notify_one();
    }
    claim(0);
    epoch.fetch_add(1);
    for (int round = 0; active.load(); round += round < PAUSES) wait_in_place(round);
  }

  // What run threw away, if anything; the next call begins without it.
  std::exception_ptr take_failure() {
    return failed.exchange(false) ? std::exchange(failure, nullptr) : nullptr;
  }
};

// Never destroyed: a worker may still wait when the process ends. A forked child has no workers, so it makes a new one.
std::atomic<Pool*> pool{nullptr};
std::atomic<int> asked{0};

#if !defined(_WIN32)
void forget_pool() { pool.store(nullptr); }
const int watching_forks = pthread_atfork(nullptr, nullptr, forget_pool);
#endif

Pool& the_pool() {
  Pool* found = pool.load(std::memory_order_acquire);
  if (found) return *found;
  Pool* made = new Pool;
  if (pool.compare_exchange_strong(found, made)) return *made;
  delete made;
  return *found;
}

}  // namespace

int num_threads() {
  const int n = asked.load(std::memory_order_relaxed);
  if (n > 0) return n;
  static const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return cores > 0 ? cores : 1;
}

void set_num_threads(int n) { asked.store(n, std::memory_order_relaxed); }

void run_chunks(int64_t count, Chunk chunk, void* job) {
  const int threads = num_threads();
  if (count > 1 && threads > 1 && !inside) {
    Pool& p = the_pool();
    bool busy = false;
    if (p.busy.compare_exchange_strong(busy, true)) {
      const bool ready = p.start(threads - 1);
      if (ready) {
        inside = true;
        p.run(count, chunk, job);
        inside = false;
      }
      const std::exception_ptr failure = p.take_failure();
      p.busy.store(false);
      if (failure) std::rethrow_exception(failure);
      if (ready) return;
    }
  }
  for (int64_t i = 0; i < count; ++i) chunk(i, job);
}

}  // namespace rot180
