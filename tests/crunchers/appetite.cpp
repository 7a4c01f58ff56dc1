#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "tests/crunchers/behaviour.h"
#include "tests/crunchers/writing.h"

namespace unruly {
namespace {

// No appetite is really without end: where the server sets no limit, the test fails and the machine stays up.
constexpr std::size_t kMostMemory = std::size_t{2} << 30;
constexpr std::size_t kLargestFile = std::size_t{256} << 20;
constexpr int kMostFiles = 100'000;
constexpr std::size_t kPortion = std::size_t{1} << 20;

std::optional<Json> eat_memory(const Call& call) {
  for (std::size_t eaten = 0; eaten < kMostMemory; eaten += kPortion) {
    void* const portion = mmap(nullptr, kPortion, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (portion == MAP_FAILED) {
      if (call.params.at("says_so") == false) std::abort();
      write_all(STDOUT_FILENO, error_line(call.id, -32001, "out of memory"));
      return std::nullopt;
    }
    std::memset(portion, 1, kPortion);
  }
  return Json{{"eaten", kMostMemory}};
}

std::optional<Json> keep_memory(const Call& call) {
  const auto bytes = call.params.at("megabytes").get<std::size_t>() << 20;
  static std::vector<std::string> kept;  // what nobody could find again clang would not take at all
  kept.emplace_back(bytes, '\1');
  return Json{{"pid", getpid()}};
}

// Which no limit of private memory bounds.
std::optional<Json> eat_shared_memory(const Call&) {
  for (std::size_t eaten = 0; eaten < kMostMemory; eaten += kPortion) {
    void* const portion = mmap(nullptr, kPortion, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (portion == MAP_FAILED) std::abort();
    std::memset(portion, 1, kPortion);
    usleep(1000);  // a gigabyte a second
  }
  return Json{{"eaten", kMostMemory}};
}

// Pages of a file are no memory of its own, and no reason for its end. The file is its program, which is on
// a disk where /tmp may be memory; mapped so often that it is as much as that.
std::optional<Json> crash_beside_a_file(const Call& call) {
  const auto bytes = call.params.at("megabytes").get<std::size_t>() << 20;
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const auto size = static_cast<std::size_t>(lseek(file, 0, SEEK_END));
  for (std::size_t mapped = 0; mapped < bytes; mapped += size) {
    void* const pages = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (pages == MAP_FAILED) return Json{{"error", std::strerror(errno)}};
  }
  usleep(400'000);  // for longer than the server waits between its looks
  std::abort();
}

// As languages do that have a heap of their own.
std::optional<Json> reserve_addresses(const Call& call) {
  const auto bytes = call.params.at("gigabytes").get<std::size_t>() << 30;
  const void* place = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return Json{{"reserved", place != MAP_FAILED}};
}

std::optional<Json> eat_cpu(const Call& call) {
  const int threads = call.params.at("threads");
  for (int i = 1; i < threads; ++i) std::thread(burn_for_ever).detach();
  burn_for_ever();
}

// The file has no name, so nothing is left of it.
std::optional<Json> eat_disk(const Call&) {
  const int file = open("/tmp", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return Json{{"error", std::strerror(errno)}};
  const std::string portion(kPortion, 'x');
  std::size_t written = 0;
  while (written < kLargestFile && write_all(file, portion)) written += portion.size();
  return Json{{"written", written}, {"error", std::strerror(errno)}};
}

std::optional<Json> eat_descriptors(const Call&) {
  int opened = 0;
  while (opened < kMostFiles && open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) ++opened;
  return Json{{"opened", opened}, {"error", std::strerror(errno)}};
}

}  // namespace

std::vector<Behaviour> appetite() {
  const Json no_params = object_with(Json::object());
  return {
      {"eat_shared_memory", "Shared memory without end, a gigabyte a second.", object_with(Json::object()),
       eat_shared_memory},
      {"crash_beside_a_file", "Has so much of a file mapped, and aborts.",
       object_with({{"megabytes", integer_between(0, 200)}}), crash_beside_a_file},
      {"reserve_addresses", "Addresses that it does not use.",
       object_with({{"gigabytes", integer_between(0, 100)}}), reserve_addresses},
      {"keep_memory", "Answers, and keeps so much.", object_with({{"megabytes", integer_between(0, 2000)}}),
       keep_memory},
      {"eat_memory", "Takes memory until there is none; then says so, or aborts.",
       object_with({{"says_so", {{"type", "boolean"}}}}), eat_memory},
      {"eat_cpu", "Burns CPU time in several threads, for ever.",
       object_with({{"threads", integer_between(1, 64)}}), eat_cpu},
      {"eat_disk", "Writes a file until it may not; then tells how long it got.", no_params, eat_disk},
      {"eat_descriptors", "Opens files until it may not; then tells how many.", no_params, eat_descriptors},
  };
}

}  // namespace unruly
