#include "dispatch/instruction_sets.h"

#include <cstring>

#if defined(ROT180_X86)
#include <cpuid.h>
#endif

namespace rot180 {

#if defined(ROT180_X86)
namespace {

// The features that the processor has and whose registers the system saves on a context switch. The compiler's
// __builtin_cpu_supports would need an extra library under clang-cl.
struct Features {
  bool avx2 = false, avx512 = false;

  Features() {
    unsigned a, b, c, d, states, high;
    if (!__get_cpuid_count(1, 0, &a, &b, &c, &d) || !(c >> 27 & 1)) return;  // OSXSAVE: xgetbv is available
    const bool fma = c >> 12 & 1;
    asm("xgetbv" : "=a"(states), "=d"(high) : "c"(0));
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
    avx2 = fma && (states & 0x6) == 0x6 && (b >> 5 & 1);
    avx512 = fma && (states & 0xe6) == 0xe6 && (b >> 16 & 1) && (b >> 17 & 1) && (b >> 30 & 1) && (b >> 31 & 1);
  }
};

}  // namespace

bool runs_here(const Isa& isa) {
  static const Features features;
  if (!std::strcmp(isa.name, "avx512")) return features.avx512;  // F, DQ, BW and VL
  if (!std::strcmp(isa.name, "avx2")) return features.avx2;
  return true;
}
#else
bool runs_here(const Isa&) { return true; }
#endif

const Isa* const* all_isas() {
#if defined(ROT180_X86)
  static const Isa* const all[] = {&avx512::ISA, &avx2::ISA, &baseline::ISA, nullptr};
#elif defined(ROT180_ARM)
  static const Isa* const all[] = {&neon::ISA, nullptr};
#else
  static const Isa* const all[] = {&baseline::ISA, nullptr};
#endif
  return all;
}

const Isa* choose_isa(const char* wanted, const char** reason) {
  const bool any = !wanted || !*wanted;
#if defined(ROT180_X86)
  *reason = "unknown instruction set; use avx512, avx2 or baseline";
#else
  *reason = "unknown instruction set; leave ROT180_ISA unset";
#endif
  for (const Isa* const* isa = all_isas(); *isa; ++isa) {
    if (!any && std::strcmp(wanted, (*isa)->name)) continue;
    if (runs_here(**isa)) return *isa;
    *reason = "this machine does not support it";
  }
  return nullptr;
}

}  // namespace rot180
