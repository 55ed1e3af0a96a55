// The thread pool: every chunk runs once, whoever calls, however often the number of threads changes, and through
// nested calls, exceptions and forks.
#include <atomic>
#include <cstring>
#include <initializer_list>
#include <new>
#include <thread>
#include <vector>

#if !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "check.h"
#include "memory/allocator.h"
#include "threads/pool.h"

using namespace rot180;

namespace {

template <class F>
void parallel_for(int64_t count, F& f) {
  run_chunks(count, [](int64_t i, void* job) { (*static_cast<F*>(job))(i); }, &f);
}

// Writes to plain memory, so that ThreadSanitizer reports a missing happens-before between a worker and the caller.
void each_index_once(int64_t count) {
  std::vector<int> seen((size_t)count);
  auto mark = [&](int64_t i) { ++seen[(size_t)i]; };
  parallel_for(count, mark);
  for (int n : seen) CHECK(n == 1);
}

void every_count_and_number_of_threads() {
  for (int threads : {1, 2, 3, 7, 33, 2, 1, 5})
    for (int64_t count : {0, 1, 2, 3, 8, 1000}) {
      set_num_threads(threads);
      for (int repeat = 0; repeat < 20; ++repeat) each_index_once(count);
    }
}

void nested() {
  set_num_threads(4);
  std::atomic<int> total{0};
  auto outer = [&](int64_t) {
    auto inner = [&](int64_t) { ++total; };
    parallel_for(10, inner);
  };
  for (int repeat = 0; repeat < 100; ++repeat) parallel_for(10, outer);
  CHECK(total == 100 * 100);
}

void many_callers_while_the_number_of_threads_changes() {
  std::atomic<bool> done{false};
  std::thread changer([&] {
    for (int n = 1; !done; n = n % 6 + 1) {
      set_num_threads(n);
      std::this_thread::yield();
    }
  });
  std::vector<std::thread> callers;
  for (int c = 0; c < 5; ++c)
    callers.emplace_back([c] {
      for (int repeat = 0; repeat < 400; ++repeat) {
        each_index_once(1 + (c + repeat) % 50);
        void* block = acquire((size_t)(repeat * 1000 + c));
        CHECK(block);
        std::memset(block, c, (size_t)(repeat * 1000 + c));
        release(block);
      }
    });
  for (std::thread& caller : callers) caller.join();
  done = true;
  changer.join();
}

void a_chunk_that_throws() {
  for (int threads : {1, 2, 5}) {
    set_num_threads(threads);
    for (int64_t bad : {0, 1, 50, 99}) {
      bool caught = false;
      auto chunk = [&](int64_t i) {
        if (i >= bad) throw std::bad_alloc();
      };
      try {
        parallel_for(100, chunk);
      } catch (const std::bad_alloc&) {
        caught = true;
      }
      CHECK(caught);
      each_index_once(100);
    }
  }
}

#if !defined(_WIN32)
// Calls `run` in a forked child and returns the child's exit status.
template <class F>
int child(F run) {
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (!pid) {
    alarm(60);  // a child that hangs must fail
    run();
    _exit(0);
  }
  int status = 0;
  CHECK(waitpid(pid, &status, 0) == pid);
  return status;
}

void use_everything() {
  for (int repeat = 0; repeat < 20; ++repeat) {
    each_index_once(100);
    void* block = acquire(100000);
    CHECK(block);
    release(block);
  }
}

void a_fork_while_others_work() {
  set_num_threads(3);
  use_everything();
  CHECK(child(use_everything) == 0);
  std::atomic<bool> done{false};
  std::vector<std::thread> others;
  for (int i = 0; i < 3; ++i)
    others.emplace_back([&] {
      while (!done) use_everything();
    });
  for (int repeat = 0; repeat < 30; ++repeat) CHECK(child(use_everything) == 0);
  CHECK(child([] { CHECK(child(use_everything) == 0); }) == 0);  // a child of a child
  done = true;
  for (std::thread& other : others) other.join();
}

void a_fork_within_a_chunk() {
  set_num_threads(3);
  std::atomic<int> failed{0};
  auto chunk = [&](int64_t) { failed += child(use_everything) != 0; };
  parallel_for(6, chunk);
  CHECK(failed == 0);
}

void an_exit_while_workers_sleep_or_work() {
  const int status = child([] {
    set_num_threads(4);
    use_everything();
    std::thread([] {
      for (;;) use_everything();
    }).detach();
    usleep(10000);
    std::exit(0);
  });
  CHECK(status == 0);
}
#endif

}  // namespace

// `test_threads no-forks` leaves out the tests that ThreadSanitizer and qemu-user do not support.
int main(int count, char** arguments) {
  every_count_and_number_of_threads();
  nested();
  many_callers_while_the_number_of_threads_changes();
  a_chunk_that_throws();
  bool forks = count < 2 || std::strcmp(arguments[1], "no-forks");
#if defined(_WIN32)
  forks = false;
#else
  if (forks) {
    a_fork_while_others_work();
    a_fork_within_a_chunk();
    an_exit_while_workers_sleep_or_work();
  }
#endif
  std::printf("threads: chunks, callers and exceptions pass%s\n", forks ? ", forks too" : "; forks not tested");
}
