// Memory that is kept for the next call. glibc gives arrays of megabytes back to the system at every free, and then the
// next step of a training run pays for page faults (three quarters of its time, in one measurement).
#pragma once
#include <cstddef>

#include "simd/inline.h"

namespace rot180 {

// At least `bytes` bytes, 64-byte aligned, contents arbitrary; nullptr if the system has none. Give it back with release.
void* acquire(size_t bytes);
void release(void* block) noexcept;

// Gives all kept blocks back to the system.
void trim();

// How many bytes are kept.
size_t kept();

// A block for the duration of a scope. Nothing of it may be compiled once per instruction set: see simd.h.
class Scratch {
 public:
  explicit Scratch(size_t bytes);  // throws std::bad_alloc
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  template <class T>
  ROT180_INLINE T* as() const {
    return static_cast<T*>(block_);
  }

 private:
  void* block_;
};

}  // namespace rot180
