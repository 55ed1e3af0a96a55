// What the tests share: a check that says where it failed.
#pragma once
#include <cstdio>
#include <cstdlib>

#define CHECK(condition)                                                                  \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);        \
      std::_Exit(1);                                                                      \
    }                                                                                     \
  } while (false)
