#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

#include "tests/end_to_end/front_door/conformance_run.h"
#include "tests/harness/running_server.h"
#include "tests/harness/temporary_directory.h"

using namespace conformance;
using harness::HttpClient;
using harness::RunningServer;
using harness::TemporaryDirectory;

namespace {

// Short requests are cut at every position; the few that are long, at so many positions spread evenly.
constexpr std::size_t kMostSplits = 600;
// A request of 20,000 bytes goes in pieces of some bytes.
constexpr std::size_t kMostPieces = 4'000;

// Whole requests go over TCP, those in pieces over a Unix socket.
struct Servers {
  TemporaryDirectory directory;
  std::string path = directory.path() / "door";
  RunningServer over_tcp{{"--running", "2", "--allowed-host", "*"}};
  RunningServer over_unix{{"--running", "2", "--unix-socket", path}};
};

struct Verdict {
  std::string fault;  ///< "" where none
  std::size_t splits = 0;
};

Verdict judge(const Servers& servers, const Row& row) {
  if (auto fault = fault_when_whole(HttpClient(servers.over_tcp.port()), row); !fault.empty())
    return {"whole: " + fault};
  const auto piece = row.request.size() / kMostPieces + 1;
  if (auto fault = fault_when_cut(HttpClient(servers.path), row, {piece, piece}); !fault.empty())
    return {"byte by byte: " + fault};
  const auto stride = row.request.size() / kMostSplits + 1;
  Verdict verdict;
  for (std::size_t at = 1; at < row.request.size(); at += stride) {
    const auto fault = fault_when_cut(HttpClient(servers.path), row, {at, 0});
    if (!fault.empty()) return {"cut after " + std::to_string(at) + " bytes: " + fault};
    ++verdict.splits;
  }
  return verdict;
}

std::string after_text(After after) {
  return after == After::open ? "open" : after == After::closed ? "closed" : "open or closed";
}

/// One line of the table, in Markdown.
std::string table_line(const Row& row, const Verdict& verdict) {
  std::string answers = row.answers;
  for (std::size_t at = 0; (at = answers.find('|', at)) != std::string::npos; at += 4)
    answers.replace(at, 1, " or ");
  return "| RFC " + row.section + " | " + row.behaviour + " | " + answers + ", " + after_text(row.after) +
         " | " +
         (verdict.fault.empty() ? "yes, cut at " + std::to_string(verdict.splits) + " places too"
                                : "NO, " + verdict.fault) +
         " |";
}

}  // namespace

TEST_CASE("no behaviour stands twice in the conformance table") {
  std::set<std::string> names;
  for (const auto& row : all_rows()) CHECK_MESSAGE(names.insert(row.behaviour).second, row.behaviour);
}

// CONFORMANCE_TABLE=1 prints every row with its result.
TEST_CASE("every row of the conformance table holds: sent whole, byte by byte, and cut at every position") {
  Servers servers;
  const bool print = std::getenv("CONFORMANCE_TABLE") != nullptr;
  if (print) std::cout << "| section | behaviour | answer, connection | holds |\n|---|---|---|---|\n";
  std::size_t held = 0;
  const auto rows = all_rows();
  for (const auto& row : rows) {
    const auto verdict = judge(servers, row);
    CHECK_MESSAGE(verdict.fault.empty(), "RFC ", row.section, ", ", row.behaviour, ": ", verdict.fault);
    if (verdict.fault.empty()) ++held;
    if (print) std::cout << table_line(row, verdict) << '\n';
  }
  if (print) std::cout << '\n' << held << " of " << rows.size() << " rows hold\n";
  CHECK(servers.over_tcp.stop() == 0);
  CHECK(servers.over_unix.stop() == 0);
}
