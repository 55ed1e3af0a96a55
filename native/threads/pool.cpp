// `epoch` is odd while a call runs and chunks may be claimed, and even otherwise. A worker that sees an odd epoch
// counts itself as active and then reads the epoch again. The caller makes the epoch even and then waits for active
// workers only, so it never misses a worker and never waits for one that came too late.
//
// An idle worker spins for a short time, then sleeps. A worker whose number exceeds the limit of set_num_threads is
// parked: it sleeps until the limit rises again.
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

// An idle worker first pauses, then yields its core to other threads, for about a millisecond in all: longer than the
// gap between the layers of a small network. Without the yields, another process that keeps the cores busy costs a
// third of the time, because a waiting thread holds the core on which another thread should finish.
constexpr int PAUSES = 200, YIELDS = 2000;

inline void spin(int round) {
  if (round >= PAUSES) return std::this_thread::yield();
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Claiming a chunk takes 0.1 microseconds when threads compete for it, as long as copying a small plane. So each claim
// takes several chunks.
constexpr int64_t CLAIMS_PER_THREAD = 32;  // approximate upper limit

// One thread's share of the chunks. A thread works on its own share first and then helps the others. Because most calls
// go through the images in order, the inputs of a layer are still in the cache of the core that wrote them.
struct alignas(64) Share {
  std::atomic<int64_t> next;
  int64_t end;
};

thread_local bool in_parallel_region = false;  // true in callers and workers: nested calls run on one thread

struct Pool {
  std::atomic<uint64_t> epoch{0};
  std::atomic<int> active{0}, sleeping{0};
  std::atomic<int> helpers{0};  // the number of workers that may run
  std::atomic<bool> busy{false}, failed{false};
  std::vector<Share> shares;  // one for the caller and one for each worker
  size_t parts = 0;           // the number of shares that have chunks
  int64_t claim_size = 1;     // chunks per claim
  Chunk chunk = nullptr;
  void* job = nullptr;
  std::exception_ptr failure;
  std::mutex mutex;
  std::condition_variable wake, unpark;
  int workers = 0;

  // An exception from a chunk (Scratch throws when memory runs out) ends the call: no further chunk starts, and
  // run_chunks rethrows it to the caller.
  void claim(size_t first) {
    try {
      for (size_t i = 0; i < parts; ++i) run_share(shares[(first + i) % parts]);
    } catch (...) {
      if (!failed.exchange(true)) failure = std::current_exception();
      for (size_t i = 0; i < parts; ++i) shares[i].next.store(shares[i].end, std::memory_order_relaxed);
    }
  }

  void run_share(Share& part) {
    const int64_t end = part.end, some = claim_size;
    if (part.next.load(std::memory_order_relaxed) >= end) return;
    for (int64_t i; (i = part.next.fetch_add(some, std::memory_order_relaxed)) < end;)
      for (const int64_t last = i + some < end ? i + some : end; i < last; ++i) chunk(i, job);
  }

  void work(int number, uint64_t seen) {
    in_parallel_region = true;
    for (;;) {
      seen = wait_for_epoch(number, seen);
      if (!(seen & 1)) continue;
      active.fetch_add(1);
      if (epoch.load() == seen && number < helpers.load()) claim(static_cast<size_t>(number) + 1);
      active.fetch_sub(1);
    }
  }

  // Waits for an epoch after `seen` and returns it.
  uint64_t wait_for_epoch(int number, uint64_t seen) {
    for (int round = 0; round < PAUSES + YIELDS; ++round) {
      if (const uint64_t now = epoch.load(); now != seen && number < helpers.load()) return now;
      spin(round);
    }
    std::unique_lock<std::mutex> lock(mutex);
    unpark.wait(lock, [&] { return number < helpers.load(); });
    sleeping.fetch_add(1);
    wake.wait(lock, [&] { return epoch.load() != seen || number >= helpers.load(); });
    sleeping.fetch_sub(1);
    return epoch.load();
  }

  // Starts workers until there are `wanted`. False if there is no memory for their shares.
  bool start(int wanted) {
    try {
      if (helpers.load() != wanted) {
        std::vector<Share> each(static_cast<size_t>(wanted) + 1);
        std::lock_guard<std::mutex> lock(mutex);
        shares.swap(each);
        helpers.store(wanted);
        wake.notify_all();
        unpark.notify_all();
      }
      for (; workers < wanted; ++workers) {
        std::thread([this, number = workers, seen = epoch.load()] { work(number, seen); }).detach();
      }
    } catch (const std::system_error&) {
      // The system has no more threads: fewer workers share the same chunks.
    } catch (const std::bad_alloc&) {
      return false;
    }
    return true;
  }

  void run(int64_t n, Chunk f, void* j) {
    parts = n < static_cast<int64_t>(shares.size()) ? static_cast<size_t>(n) : shares.size();
    const int64_t each = n / static_cast<int64_t>(parts), remainder = n % static_cast<int64_t>(parts);
    int64_t begin = 0;
    for (size_t i = 0; i < parts; ++i) {
      shares[i].next.store(begin, std::memory_order_relaxed);
      shares[i].end = begin += each + (static_cast<int64_t>(i) < remainder);
    }
    claim_size = each / CLAIMS_PER_THREAD + 1;
    chunk = f;
    job = j;
    epoch.fetch_add(1);
    if (const int asleep = sleeping.load()) {
      { std::lock_guard<std::mutex> lock(mutex); }  // a worker about to sleep has now read the epoch, or sleeps
      if (n - 1 >= asleep) wake.notify_all();
      else for (int64_t i = 1; i < n; ++i) wake.notify_one();
    }
    claim(0);
    epoch.fetch_add(1);
    for (int round = 0; active.load(); round += round < PAUSES) spin(round);
  }

  // The exception of the last call, or null. Clears it for the next call.
  std::exception_ptr take_failure() {
    return failed.exchange(false) ? std::exchange(failure, nullptr) : nullptr;
  }
};

// Never destroyed, because workers may still wait when the process ends. A forked child has no workers, so it makes a
// new pool.
std::atomic<Pool*> pool{nullptr};
std::atomic<int> requested_threads{0};

#if !defined(_WIN32)
void forget_pool() { pool.store(nullptr); }
const int fork_handler = pthread_atfork(nullptr, nullptr, forget_pool);
#endif

Pool& current_pool() {
  Pool* found = pool.load(std::memory_order_acquire);
  if (found) return *found;
  Pool* made = new Pool;
  if (pool.compare_exchange_strong(found, made)) return *made;
  delete made;
  return *found;
}

}  // namespace

int num_threads() {
  const int n = requested_threads.load(std::memory_order_relaxed);
  if (n > 0) return n;
  static const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return cores > 0 ? cores : 1;
}

void set_num_threads(int n) { requested_threads.store(n, std::memory_order_relaxed); }

void run_chunks(int64_t count, Chunk chunk, void* job) {
  const int threads = num_threads();
  if (count > 1 && threads > 1 && !in_parallel_region) {
    Pool& p = current_pool();
    bool busy = false;
    if (p.busy.compare_exchange_strong(busy, true)) {
      const bool ready = p.start(threads - 1);
      if (ready) {
        in_parallel_region = true;
        p.run(count, chunk, job);
        in_parallel_region = false;
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
