#pragma once
// Marks the test cases that only root can run, such as those that become another user. meson.build runs them
// as a test of their own, which says SKIPPED where nothing in it could be run. Knows no test.

#include <doctest/doctest.h>
#include <unistd.h>

namespace harness {

/// `TEST_CASE("…" * NeedsRoot())`
struct NeedsRoot {
  template <typename Case>
  void fill(Case& to) const {
    doctest::test_suite("needs root").fill(to);
    doctest::skip(getuid() != 0).fill(to);
  }
};

/// The same of those that also need something of the kernel: here that Landlock bounds signals.
struct NeedsRootAndScopes {
  bool has_scopes;
  template <typename Case>
  void fill(Case& to) const {
    doctest::test_suite("needs root and scopes").fill(to);
    doctest::skip(getuid() != 0 || !has_scopes).fill(to);
  }
};

}  // namespace harness
