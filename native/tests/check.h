// An assertion for the tests that reports its location.
#pragma once
#include <cstdio>
#include <cstdlib>

#define CHECK(condition)                                                                  \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);        \
      std::_Exit(1);                                                                      \
    }                                                                                     \
  } while (false)
