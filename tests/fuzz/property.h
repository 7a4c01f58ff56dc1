#pragma once
// What a fuzz target demands of the code under it, apart from not crashing. Knows no input.

#include <cstdlib>
#include <iostream>

/// Ends the process in a way that libFuzzer reports with the input, where `holds` is false.
inline void property(bool holds, const char* sentence) {
  if (holds) return;
  std::cerr << "violated: " << sentence << std::endl;
  std::abort();
}
