#include "server/telemetry/log_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "tests/harness/temporary_directory.h"

namespace telemetry {
namespace {

using harness::text_of;

// What this process writes to stderr meanwhile.
class Stderr {
 public:
  explicit Stderr(const std::string& path) : path_(path), before_(::dup(STDERR_FILENO)) {
    const loop::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    ::dup2(file.get(), STDERR_FILENO);
  }
  ~Stderr() { ::dup2(before_.get(), STDERR_FILENO); }
  std::string text() const { return text_of(path_); }

 private:
  std::string path_;
  loop::UniqueFd before_;
};

// Of the files that this process writes; the signal that comes with it ignored, as in the server.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    set(bytes);
  }
  ~FileSizeLimit() { set(RLIM_INFINITY); }
  void set(rlim_t bytes) {
    const rlimit limit{bytes, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
};

TEST_CASE("a line that was torn by a full disk is ended before the next") {
  const harness::TemporaryDirectory directory;
  const auto path = (directory.path() / "log").string();
  const Stderr errors((directory.path() / "stderr").string());
  LogFile file(path);
  FileSizeLimit limit(100);
  file.write_or_count(std::string(60, 'a'));
  file.write_or_count(std::string(60, 'b'));
  file.write_or_count(std::string(60, 'c'));
  CHECK(file.lost() == 2);
  limit.set(RLIM_INFINITY);
  file.write_or_count("d");
  CHECK(text_of(path) == std::string(60, 'a') + "\n" + std::string(39, 'b') + "\nd\n");
  CHECK(errors.text() == "cruncherd: --log-file '" + path + "': File too large; lines are lost\n");
}

TEST_CASE("a device that is full is told once, and each line counts as lost") {
  const harness::TemporaryDirectory directory;
  const Stderr errors((directory.path() / "stderr").string());
  LogFile file("/dev/full");
  for (int i = 0; i < 3; ++i) file.write_or_count("x");
  CHECK(file.lost() == 3);
  CHECK(errors.text() == "cruncherd: --log-file '/dev/full': No space left on device; lines are lost\n");
}

TEST_CASE("a FIFO without a reader is opened at once, and keeps what comes until there is one") {
  const harness::TemporaryDirectory directory;
  const auto path = (directory.path() / "fifo").string();
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  LogFile file(path);
  file.write_or_count("early");
  CHECK(file.lost() == 0);
  const loop::UniqueFd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  char text[16];
  REQUIRE(::read(reader.get(), text, sizeof text) == 6);
  CHECK(std::string(text, 6) == "early\n");
}

}  // namespace
}  // namespace telemetry
