#include "server/process/job_folder.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/harness/patience.h"
#include "tests/harness/temporary_directory.h"

namespace process {
namespace {

TEST_CASE("a folder is removed however deep it is, and never what its links point to") {
  const harness::TemporaryDirectory directory;
  directory.write("kept", "kept");
  const auto path = directory.path().string() + "/job";
  const auto job = make_folder(path);
  REQUIRE(job);
  auto at = loop::UniqueFd(::dup(job.get()));
  for (int depth = 0; depth < 3000; ++depth) {  // deeper than there are descriptors, longer than any path
    REQUIRE(::mkdirat(at.get(), "d", 0700) == 0);
    at = loop::UniqueFd(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY));
  }
  REQUIRE(::symlinkat(directory.path().c_str(), at.get(), "out") == 0);
  std::ofstream(path + "/.gone-0") << "a name like those of the removal";
  REQUIRE(::fchmod(job.get(), 0) == 0);
  CHECK(remove_folder(path));
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(std::filesystem::exists(directory.path() / "kept"));
  CHECK(remove_folder(path));  // is not there
}

TEST_CASE("folders that are being removed on the thread do not outlast their owner") {
  const harness::TemporaryDirectory scratch;
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    loop::Loop loop(1);
    {
      JobFolders folders(loop, scratch.path().string(), false);
      for (int job = 0; job < 5; ++job) {
        const auto path = folders.next_path();
        REQUIRE(make_folder(path));
        for (int file = 0; file < 50; ++file) std::ofstream(path + "/" + std::to_string(file));
        folders.remove(path, false);
      }
      std::this_thread::sleep_for(std::chrono::microseconds(200 * round));  // some stop it at work
    }
    CHECK(std::filesystem::is_empty(scratch.path()));
  }
}

TEST_CASE("an empty folder is kept for the next job, one that anything was changed of is not") {
  const harness::TemporaryDirectory scratch;
  loop::Loop loop(1);
  JobFolders folders(loop, scratch.path().string(), false);
  bool may_be_kept = true;
  const auto path_after = [&](auto work) {
    const auto path = folders.next_path();
    const auto folder = make_folder(path);
    REQUIRE(folder);
    work(folder.get());
    folders.remove(path, may_be_kept);
    std::string next;
    harness::eventually(std::chrono::seconds(5), [&] {  // the thread is done when it is gone or given again
      if (!std::filesystem::exists(path)) return true;
      next = folders.next_path();
      return next == path;
    });
    return std::pair(path, next);
  };
  const auto [unchanged, again] = path_after([](int) {});
  CHECK(again == unchanged);
  folders.remove(again, true);
  const auto [written, other] =
      path_after([](int folder) { loop::UniqueFd(::openat(folder, "a", O_CREAT | O_WRONLY, 0600)); });
  CHECK_FALSE(std::filesystem::exists(written));
  const auto [opened, another] = path_after([](int folder) { ::fchmod(folder, 0777); });
  CHECK_FALSE(std::filesystem::exists(opened));
  bool has_attributes = false;
  const auto [marked, third] =
      path_after([&](int folder) { has_attributes = ::fsetxattr(folder, "user.a", "b", 1, 0) == 0; });
  CHECK(std::filesystem::exists(marked) != has_attributes);
  may_be_kept = false;
  const auto [reachable, fourth] = path_after([](int) {});
  CHECK_FALSE(std::filesystem::exists(reachable));
}

TEST_CASE("a folder in which somebody still writes is removed once they have ended") {
  const harness::TemporaryDirectory scratch;
  loop::Loop loop(1);
  JobFolders folders(loop, scratch.path().string(), false);
  const auto path = folders.next_path();
  REQUIRE(make_folder(path));
  std::atomic<bool> writing = true;
  std::thread writer([&] {
    for (int i = 0; writing; ++i) {
      std::error_code ignored;
      std::filesystem::create_directory(path, ignored);  // again, where it has just gone
      std::ofstream(path + "/" + std::to_string(i));
    }
  });
  folders.remove(path, false);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  writing = false;
  writer.join();
  std::ofstream(path + "/last");
  folders.remove(path, false);
  CHECK(harness::eventually(std::chrono::seconds(5), [&] { return !std::filesystem::exists(path); }));
}

TEST_CASE("a start removes what a killed server left, and not what another still has") {
  const harness::TemporaryDirectory scratch;
  loop::Loop loop(1);
  const auto left = scratch.path() / "cruncherd-killed";
  std::filesystem::create_directories(left / "0");
  std::ofstream(left / "0" / "file");
  std::filesystem::create_directory(scratch.path() / "others");
  JobFolders first(loop, scratch.path().string(), false);
  CHECK_FALSE(std::filesystem::exists(left));
  CHECK(std::filesystem::exists(scratch.path() / "others"));
  REQUIRE(make_folder(first.next_path()));
  JobFolders second(loop, scratch.path().string(), false);
  CHECK(make_folder(first.next_path()));
}

TEST_CASE("a file without a name gets one, or is copied where it cannot") {
  const harness::TemporaryDirectory directory;
  const auto folder = make_folder(directory.path().string() + "/job");
  auto nameless = make_nameless_file(folder.get());
  REQUIRE(::pwrite(nameless.get(), "content", 7, 0) == 7);
  const loop::UniqueFd memory(::memfd_create("content", MFD_CLOEXEC));
  REQUIRE(::pwrite(memory.get(), "content", 7, 0) == 7);
  CHECK(put_content(folder.get(), "linked", nameless.get()));
  CHECK(put_content(folder.get(), "copied", memory.get()));
  CHECK(put_content(folder.get(), "none", -1));
  const auto kept = directory.write("kept", "content");
  const loop::UniqueFd named(::open(kept.c_str(), O_RDONLY | O_CLOEXEC));
  CHECK(put_content(folder.get(), "copy_of_kept", named.get()));
  CHECK(std::filesystem::hard_link_count(kept) == 1);
  CHECK(std::filesystem::is_empty(directory.path() / "job" / "none"));
  for (const auto* name : {"linked", "copied", "copy_of_kept"}) {
    std::ifstream file(directory.path() / "job" / name);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "content");
  }
  struct stat status {};
  CHECK(::fstatat(folder.get(), ".", &status, 0) == 0);
  CHECK((status.st_mode & 0777) == 0700);
}

}  // namespace
}  // namespace process
