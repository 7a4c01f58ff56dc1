// A cruncher of somebody's own: this file, and two lines of meson.
#include <cruncher/program.h>

#include <sstream>

namespace {

cruncher::TaskResult run(const ipc::Json& params, cruncher::Progress& progress) {
  std::istringstream text(params.at("text").get<std::string>());
  int count = 0;
  for (std::string word; text >> word;) ++count;
  progress.report(1);
  return ipc::Json{{"count", count}};
}

constexpr cruncher::Task count_words{
    "count_words", "Counts the words of a text",
    R"({"type":"object","required":["text"],"properties":{"text":{"type":"string"}}})",
    R"({"type":"object","properties":{"count":{"type":"integer"}}})", run};

}  // namespace

CRUNCHER_TASKS(&count_words)
