// A small thread pool: workers claim chunks, and the caller never waits for a worker that has not started.
//
// OpenMP is not used: libgomp hangs in a forked child, and in OpenMP one busy core delays every parallel region.
#pragma once
#include <cstdint>

namespace rot180 {

using Chunk = void (*)(int64_t index, void* job);

// Calls chunk(i, job) once for every i in [0, count), on up to num_threads() threads including the caller; returns when
// all are done. The results of a chunk must not depend on which thread runs it. A call from within a chunk, or while
// another Python thread uses the pool, runs on the calling thread alone.
void run_chunks(int64_t count, Chunk chunk, void* job);

int num_threads();
void set_num_threads(int n);

}  // namespace rot180
