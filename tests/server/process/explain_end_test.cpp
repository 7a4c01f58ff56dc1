#include "server/process/explain_end.h"

#include <doctest/doctest.h>

namespace process {
namespace {

WaitStatus killed_by(int signal, long cpu_ms = 0) {
  WaitStatus end;
  end.signal = signal;
  end.usage.ru_utime = {cpu_ms / 1000, cpu_ms % 1000 * 1000};
  return end;
}

WaitStatus exited_with(int code) {
  WaitStatus end;
  end.exit_code = code;
  return end;
}

JobLimits two_cpu_seconds() {
  JobLimits limits;
  limits.cpu = Milliseconds{2000};
  return limits;
}

TEST_CASE(
    "SIGKILL is the CPU limit's where that is about used up, and the kernel's for want of memory elsewhere") {
  const auto late = explain_end(killed_by(SIGKILL, 1950), two_cpu_seconds(), "");
  CHECK(late.reason == Reason::cpu_limit);
  CHECK(late.signal == SIGKILL);
  CHECK(late.detail.find("1950 ms of CPU time (--cpu 2000 ms)") != std::string::npos);
  CHECK(explain_end(killed_by(SIGKILL, 1800), two_cpu_seconds(), "").reason == Reason::memory_limit);
  auto unlimited = two_cpu_seconds();
  unlimited.cpu = Milliseconds{0};
  CHECK(explain_end(killed_by(SIGKILL, 9000), unlimited, "").reason == Reason::memory_limit);
}

TEST_CASE("SIGXCPU is the CPU limit's where there is one, and a crash like any other where there is none") {
  CHECK(explain_end(killed_by(SIGXCPU, 10), two_cpu_seconds(), "").reason == Reason::cpu_limit);
  auto unlimited = two_cpu_seconds();
  unlimited.cpu = Milliseconds{0};
  CHECK(explain_end(killed_by(SIGXCPU, 10), unlimited, "").reason == Reason::crashed);
}

TEST_CASE("another signal is a crash, and that of a file that is too long says so") {
  const auto crash = explain_end(killed_by(SIGSEGV), two_cpu_seconds(), "half a li");
  CHECK(crash.reason == Reason::crashed);
  CHECK(crash.signal == SIGSEGV);
  CHECK(crash.detail == "it was ended by SIGSEGV (Segmentation fault)");
  auto limits = two_cpu_seconds();
  limits.file_size = 4096;
  const auto too_long = explain_end(killed_by(SIGXFSZ), limits, "");
  CHECK(too_long.reason == Reason::crashed);
  CHECK(too_long.detail.find("more than 4096 bytes (--file-size)") != std::string::npos);
}

TEST_CASE(
    "an exit without an answer is a crash, and one in the middle of a line is a bad reply that is quoted") {
  const auto silent = explain_end(exited_with(3), two_cpu_seconds(), "");
  CHECK(silent.reason == Reason::crashed);
  CHECK(silent.exit_code == 3);
  CHECK_FALSE(silent.signal);
  const auto begun = explain_end(exited_with(0), two_cpu_seconds(), "{\"jsonrpc\":");
  CHECK(begun.reason == Reason::bad_reply);
  CHECK(begun.exit_code == 0);
  CHECK(begun.detail.find("in the middle of a line: ") != std::string::npos);
  CHECK(begun.detail.find("jsonrpc") != std::string::npos);
}

}  // namespace
}  // namespace process
