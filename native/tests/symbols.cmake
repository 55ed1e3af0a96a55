# Checks that the kernels' object files share no function. The linker keeps one copy of a shared (weak) function, perhaps
# the one with instructions that the machine lacks (simd/vector.h). Functions in the namespace of an instruction set are
# not shared.
foreach(object ${OBJECTS})
  execute_process(COMMAND ${NM} --defined-only ${object} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]* [WVuvw] [^\n]*" weak "${symbols}")
  list(FILTER weak EXCLUDE REGEX "6rot180(6avx512|4avx2|8baseline|4neon)|DW\\.ref\\.__gxx_personality_v0")
  if(weak)
    list(JOIN weak "\n" lines)
    message(FATAL_ERROR "${object} defines shared functions:\n${lines}\nMake them ROT180_INLINE, or compile them once.")
  endif()
endforeach()
