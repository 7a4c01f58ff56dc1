#pragma once
// A database that a test has opened, and jobs to store in it.

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "server/jobs/database.h"
#include "tests/harness/temporary_directory.h"

namespace jobs {

inline Content content_of(std::string bytes) {
  const auto size = bytes.size();
  return {std::move(bytes), {}, size};
}

inline Submission submission_of(const std::string& text, const std::string& key = "") {
  Submission submission;
  submission.id = new_id();
  submission.client = "127.0.0.1";
  submission.task = "primes";
  submission.content_type = "application/json";
  submission.key = key;
  submission.content = content_of(text);
  return submission;
}

inline Ending done_with(std::string result) {
  Ending ending;
  ending.type = "application/json";
  ending.result = content_of(std::move(result));
  return ending;
}

/// One transaction each.
struct Opened {
  explicit Opened(const std::filesystem::path& path) : database(path) {}
  Database database;

  template <typename Work>
  auto operator()(Work work) {
    database.begin();
    auto result = work(database);
    database.commit();
    return result;
  }
  Submitted submit(const Submission& submission, std::uint64_t backlog = 1000) {
    return (*this)([&](Database& d) { return d.submit(submission, 1, backlog); });
  }
  State state(const std::string& id) {
    return (*this)([&](Database& d) { return d.find(id).value().state; });
  }
  std::optional<Begun> start(const std::string& id) {
    return (*this)([&](Database& d) { return d.start(id, 2); });
  }
  bool end(const std::string& id, const Ending& ending, UnixTime at = 3) {
    return (*this)([&](Database& d) { return d.end(id, ending, at); });
  }
  std::string result(const std::string& id) {
    return (*this)([&](Database& d) { return read_all(d.result(d.find(id).value()).value()); });
  }
};

inline std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder / "contents"), {}));
}

}  // namespace jobs
