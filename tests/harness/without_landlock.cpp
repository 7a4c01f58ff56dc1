// `without_landlock PROGRAM ARGUMENT…`: PROGRAM on a kernel that has no Landlock, as it and all that come
// from it see it.

#include <seccomp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace {

constexpr int kLandlockCreateRuleset = 444;  // the same number everywhere; older headers lack it

bool forbid_landlock() {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  return filter && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), kLandlockCreateRuleset, 0) == 0 &&
         seccomp_load(filter) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: without_landlock PROGRAM [ARGUMENT…]\n", stderr);
    return 2;
  }
  if (forbid_landlock()) ::execv(argv[1], argv + 1);
  std::perror("without_landlock");
  return 1;
}
