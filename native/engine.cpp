#include "engine.h"

#include <cstring>

namespace rot180 {

bool runs_here(const Isa& isa) {
#if defined(ROT180_X86)
  __builtin_cpu_init();
  if (!std::strcmp(isa.name, "avx512"))
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma");
  if (!std::strcmp(isa.name, "avx2")) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  (void)isa;
  return true;  // baseline, neon: every machine that this was compiled for
}

const Isa* const* all_isas() {
#if defined(ROT180_X86)
  static const Isa best = avx512::isa(), good = avx2::isa(), least = baseline::isa();
  static const Isa* const all[] = {&best, &good, &least, nullptr};
#else
#if defined(ROT180_ARM)
  static const Isa only = neon::isa();
#else
  static const Isa only = baseline::isa();
#endif
  static const Isa* const all[] = {&only, nullptr};
#endif
  return all;
}

const Isa* choose_isa(const char* wanted, const char** reason) {
  const bool any = !wanted || !*wanted;
#if defined(ROT180_X86)
  *reason = "there is no such instruction set; there are avx512, avx2 and baseline";
#else
  *reason = "there is no such instruction set; leave ROT180_ISA unset";
#endif
  for (const Isa* const* isa = all_isas(); *isa; ++isa) {
    if (!any && std::strcmp(wanted, (*isa)->name)) continue;
    if (runs_here(**isa)) return *isa;
    *reason = "this machine does not have it";
  }
  return nullptr;
}

}  // namespace rot180
