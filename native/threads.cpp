// How a call runs. `epoch` is odd while chunks may be claimed, and even otherwise. A worker that sees an odd epoch first
// counts itself as active and looks again: the caller, which makes the epoch even and then waits for active workers
// only, therefore never misses one, and never waits for one that came too late.
#include "threads.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif
#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace rot180 {
namespace {

constexpr int SPINS = 4000;  // about 50 microseconds: longer than the pause between the layers of a small network

inline void pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

thread_local bool inside = false;  // a call, or a worker: what it calls runs on this thread alone

struct Pool {
  std::atomic<uint64_t> epoch{0};
  std::atomic<int64_t> next{0};
  std::atomic<int> active{0}, sleeping{0};
  std::atomic<bool> busy{false};
  int64_t count = 0;
  int helpers = 0;  // how many workers may help with this call
  Chunk chunk = nullptr;
  void* job = nullptr;
  std::mutex mutex;
  std::condition_variable wake;
  int workers = 0;

  void claim() {
    const int64_t n = count;
    for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < n;) chunk(i, job);
  }

  void work(int number, uint64_t seen) {
    inside = true;
    for (;;) {
      uint64_t now;
      for (int spins = 0; (now = epoch.load()) == seen;) {
        if (++spins < SPINS) {
          pause();
          continue;
        }
        std::unique_lock<std::mutex> lock(mutex);
        sleeping.fetch_add(1);
        wake.wait(lock, [&] { return epoch.load() != seen; });
        sleeping.fetch_sub(1);
        spins = 0;
      }
      seen = now;
      if (!(now & 1)) continue;
      active.fetch_add(1);
      if (epoch.load() == now && number < helpers) claim();
      active.fetch_sub(1);
    }
  }

  void start(int wanted) {
    try {
      for (; workers < wanted; ++workers) {
        std::thread([this, number = workers, seen = epoch.load()] { work(number, seen); }).detach();
      }
    } catch (const std::system_error&) {
      // The system gives no more threads: fewer workers do the same chunks.
    }
  }

  void run(int64_t n, int allowed, Chunk f, void* j) {
    count = n;
    helpers = allowed;
    chunk = f;
    job = j;
    next.store(0, std::memory_order_relaxed);
    epoch.fetch_add(1);
    if (sleeping.load()) {
      { std::lock_guard<std::mutex> lock(mutex); }  // whoever is about to sleep has looked at the epoch, or sleeps
      wake.notify_all();
    }
    claim();
    epoch.fetch_add(1);
    while (active.load()) pause();
  }
};

// Never destroyed: a worker may still wait when the process ends. A forked child has no workers, so it gets a new pool.
std::atomic<Pool*> pool{nullptr};
std::atomic<int> asked{0};

void forget_pool() { pool.store(new Pool); }

Pool& the_pool() {
  Pool* found = pool.load(std::memory_order_acquire);
  if (found) return *found;
  static std::once_flag once;
  std::call_once(once, [] {
    pool.store(new Pool);
#if !defined(_WIN32)
    pthread_atfork(nullptr, nullptr, forget_pool);
#endif
  });
  return *pool.load(std::memory_order_acquire);
}

}  // namespace

int num_threads() {
  const int n = asked.load(std::memory_order_relaxed);
  if (n > 0) return n;
  const unsigned cores = std::thread::hardware_concurrency();
  return cores ? static_cast<int>(cores) : 1;
}

void set_num_threads(int n) { asked.store(n, std::memory_order_relaxed); }

void run_chunks(int64_t count, Chunk chunk, void* job) {
  const int threads = num_threads();
  if (count > 1 && threads > 1 && !inside) {
    Pool& p = the_pool();
    bool busy = false;
    if (p.busy.compare_exchange_strong(busy, true)) {
      p.start(threads - 1);
      inside = true;
      p.run(count, threads - 1, chunk, job);
      inside = false;
      p.busy.store(false);
      return;
    }
  }
  for (int64_t i = 0; i < count; ++i) chunk(i, job);
}

}  // namespace rot180
