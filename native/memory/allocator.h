// An allocator that caches released blocks. glibc returns arrays of megabytes to the system on every free, and the next
// training step then pays for page faults (three quarters of its time in one measurement).
#pragma once
#include <cstddef>

#include "simd/inline.h"

namespace rot180 {

// At least `bytes` uninitialized bytes, 64-byte aligned; nullptr if memory runs out. Free the block with release.
void* acquire(size_t bytes);
void release(void* block) noexcept;

// Returns all cached blocks to the system.
void trim();

// The size of all cached blocks.
size_t cached_bytes();

// A block for the duration of a scope. Its functions must not be compiled per instruction set: see simd/vector.h.
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
