# No function of the kernels' objects may be shared with another object: of such weak symbols the linker keeps one, maybe
# the one with instructions that the machine lacks (simd.h). Those within the namespace of an instruction set are its own.
foreach(object ${OBJECTS})
  execute_process(COMMAND ${NM} --defined-only ${object} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]* [WVuvw] [^\n]*" weak "${symbols}")
  list(FILTER weak EXCLUDE REGEX "6rot180(6avx512|4avx2|8baseline|4neon)|DW\\.ref\\.__gxx_personality_v0")
  if(weak)
    list(JOIN weak "\n" lines)
    message(FATAL_ERROR "${object} shares\n${lines}\nMake it ROT180_INLINE, or compile it once.")
  endif()
endforeach()
