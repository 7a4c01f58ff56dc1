// Debian's copy of the JSON-Schema-Test-Suite, draft-07, against ipc::Schema. Knows what is passed over, and
// why. Exits with 77 (skipped) where the suite is not installed.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "ipc/schema.h"

namespace {

using ipc::Fit;
using ipc::Json;

constexpr const char* kSuite = "/usr/share/json-schema-test-suite/tests/draft7";
constexpr int kSkipped = 77;

// A check that the server's loop waits for. Unoptimised and sanitized builds take longer.
#if defined(__OPTIMIZE__) && !defined(SANITIZED)
constexpr double kMostSeconds = 0.001;
#else
constexpr double kMostSeconds = 0.1;
#endif

// Undecided by intent: the cruncher checks these.
const std::set<std::string> kUndecided{"pattern.json", "patternProperties.json", "uniqueItems.json"};

// Groups that use the checked-elsewhere keywords beside others.
const std::set<std::string> kUndecidedGroups{
    "additionalProperties being false does not allow other properties",
    "non-ASCII pattern with additionalProperties",
    "properties, patternProperties, additionalProperties interaction",
    "propertyNames validation with pattern",
};

// Schemas that are refused when they are compiled, with a sentence: no other document is fetched.
const std::set<std::string> kRefused{
    "remote ref, containing refs itself",
    "valid definition",
    "invalid definition",
    "validate definition against metaschema",
    "remote ref",
    "fragment within remote ref",
    "ref within remote ref",
    "base URI change",
    "base URI change - change folder",
    "base URI change - change folder in subschema",
    "root ref in remote ref",
    "remote ref with ref to definitions",
};

struct Tally {
  int right = 0, undecided = 0, refused = 0, wrong = 0;
  double slowest = 0;  // seconds
};

void report(const std::string& file, const Json& group, const Json& test, const std::string& what) {
  std::printf("%s: %s: %s: %s\n", file.c_str(), group.at("description").get<std::string>().c_str(),
              test.value("description", "").c_str(), what.c_str());
}

// A list of about 4 KiB that holds `value` again and again.
Json repeated(const Json& value) {
  const auto times = 4096 / (ipc::print_json(value).size() + 1);
  return Json(Json::array_t(times == 0 ? 1 : times, value));
}

void run_test(const std::string& file, const Json& group, const Json& test, const ipc::Schema& schema,
              Tally& tally) {
  const auto& description = group.at("description").get_ref<const std::string&>();
  const auto fit = schema.check(test.at("data"), ipc::steps_for(4096)).fit;
  if (fit == Fit::undecided && (kUndecided.contains(file) || kUndecidedGroups.contains(description))) {
    ++tally.undecided;
  } else if (fit == (test.at("valid").get<bool>() ? Fit::yes : Fit::no)) {
    ++tally.right;
  } else {
    ++tally.wrong;
    report(file, group, test, fit == Fit::undecided ? "undecided" : fit == Fit::yes ? "taken" : "refused");
  }
}

// Each of many items against the schema, three times over.
void measure(const Json& value, const Json& item, Tally& tally) {
  if (ipc::print_json(item).find("$ref") != std::string::npos) return;  // which would lead elsewhere
  const ipc::Schema schema(Json{{"allOf", Json::array_t(3, Json{{"items", item}})}});
  double best = 1;
  for (int i = 0; i < 5; ++i) {  // other processes are about
    const auto start = std::chrono::steady_clock::now();
    schema.check(value, ipc::steps_for(4096));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  tally.slowest = std::max(tally.slowest, best);
}

void run_group(const std::string& file, const Json& group, Tally& tally) {
  try {
    const ipc::Schema schema(group.at("schema"));
    for (const Json& test : group.at("tests")) {
      run_test(file, group, test, schema, tally);
      measure(repeated(test.at("data")), group.at("schema"), tally);
    }
  } catch (const std::invalid_argument& error) {
    if (kRefused.contains(group.at("description").get<std::string>())) {
      ++tally.refused;
    } else {
      ++tally.wrong;
      report(file, group, Json::object(), error.what());
    }
  }
}

}  // namespace

int main() {
  if (!std::filesystem::is_directory(kSuite)) {
    std::printf("SKIPPED: the package json-schema-test-suite is not installed\n");
    return kSkipped;
  }
  Tally tally;
  for (const auto& entry : std::filesystem::directory_iterator(kSuite)) {
    if (!entry.is_regular_file()) continue;  // optional/ is about formats and numbers beyond 64 bits
    std::ifstream file(entry.path());
    const Json groups = Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
    for (const Json& group : groups) run_group(entry.path().filename(), group, tally);
  }
  std::printf("%d right, %d undecided by intent, %d schemas refused by intent, %d wrong; slowest %.3f ms\n",
              tally.right, tally.undecided, tally.refused, tally.wrong, tally.slowest * 1e3);
  return tally.wrong == 0 && tally.right > 0 && tally.slowest < kMostSeconds ? 0 : 1;
}
