// Every problem document says in words what its status is.

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "ipc/json.h"
#include "server/front_door/response.h"
#include "server/telemetry/words.h"

namespace routes {
namespace {

// The table "Reasons" of REFERENCE.md: reason, and the statuses that it may come with.
std::map<std::string, std::set<int>> documented() {
  std::map<std::string, std::set<int>> reasons;
  std::ifstream file(REFERENCE_PATH);
  const std::regex row(R"(^\| (`[a-z_`, ]+`) \| ([0-9, ]+) \|.*)"), word("`([a-z_]+)`"), number("[0-9]+");
  for (std::string line; std::getline(file, line);) {
    std::smatch parts;
    if (!std::regex_match(line, parts, row)) continue;
    const auto names = parts[1].str(), statuses = parts[2].str();
    const std::sregex_iterator end;
    for (std::sregex_iterator name(names.begin(), names.end(), word); name != end; ++name)
      for (std::sregex_iterator status(statuses.begin(), statuses.end(), number); status != end; ++status)
        reasons[(*name)[1].str()].insert(std::stoi(status->str()));
  }
  return reasons;
}

TEST_CASE("every reason is documented, and its document has a title") {
  const auto reasons = documented();
  for (const auto& reason : telemetry::kReasons) {
    CAPTURE(reason);
    CHECK(reasons.contains(std::string(reason)));
  }
  for (const auto& entry : reasons) {
    const auto& reason = entry.first;
    for (const int status : entry.second) {
      CAPTURE(reason);
      CAPTURE(status);
      const auto document =
          ipc::Json::parse(front_door::problem_document(status, reason, "why", "1", ipc::Json::object()));
      CHECK_FALSE(document.at("title").get<std::string>().empty());
    }
  }
}

}  // namespace
}  // namespace routes
