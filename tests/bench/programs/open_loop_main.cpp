// open_loop --port P [--path /] [--method GET] [--body FILE] [--rate 100] [--seconds 1] [--connections 16]
// [--realtime] Sends an open-loop load to 127.0.0.1 and prints what came of it as one JSON object on stdout.

#include <arpa/inet.h>
#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "open_loop.h"

namespace {

using nlohmann::json;

struct Options {
  bench::Load load;
  bool realtime = false;
};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Options read_options(int argc, char** argv) {
  std::map<std::string, std::string> given;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name != "--realtime" && i + 1 == argc) throw std::runtime_error(name + " needs a value");
    given[name] = name == "--realtime" ? "yes" : argv[++i];
  }
  auto value_of = [&](const char* name, std::string otherwise) {
    auto found = given.extract(name);
    return found ? found.mapped() : otherwise;
  };
  Options options;
  const auto port = value_of("--port", "0");
  const auto method = value_of("--method", "GET");
  const auto body = value_of("--body", "");
  auto& load = options.load;
  load.request = method + " " + value_of("--path", "/") + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n";
  if (!body.empty()) {
    const auto content = read_file(body);
    load.request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(content.size()) +
                    "\r\n\r\n" + content;
  } else {
    load.request += "\r\n";
  }
  load.server.sin_family = AF_INET;
  load.server.sin_port = htons(static_cast<std::uint16_t>(std::stoul(port)));
  load.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  load.rate = std::stod(value_of("--rate", "100"));
  load.seconds = std::stod(value_of("--seconds", "1"));
  load.patience = std::stod(value_of("--patience", "5"));
  load.connections = static_cast<unsigned>(std::stoul(value_of("--connections", "16")));
  options.realtime = value_of("--realtime", "") == "yes";
  if (!given.empty()) throw std::runtime_error("unknown option " + given.begin()->first);
  return options;
}

/// Ahead of every ordinary thread, so that what is measured is the server's waiting and not the client's own.
bool become_realtime() {
  const sched_param parameters{.sched_priority = 10};
  return mlockall(MCL_CURRENT | MCL_FUTURE) == 0 && sched_setscheduler(0, SCHED_FIFO, &parameters) == 0;
}

/// Percentiles by nearest rank.
json summary(std::vector<double> milliseconds) {
  if (milliseconds.empty()) return {{"count", 0}};
  std::sort(milliseconds.begin(), milliseconds.end());
  auto at = [&](double share) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(milliseconds.size())));
    return milliseconds[std::max<std::size_t>(rank, 1) - 1];
  };
  return {{"count", milliseconds.size()},
          {"min", milliseconds.front()},
          {"p50", at(0.5)},
          {"p90", at(0.9)},
          {"p99", at(0.99)},
          {"p999", at(0.999)},
          {"max", milliseconds.back()}};
}

}  // namespace

int main(int argc, char** argv) try {
  const auto options = read_options(argc, argv);
  const bool realtime = options.realtime && become_realtime();
  const auto samples = bench::send_open_loop(options.load);
  std::vector<double> all;
  std::map<int, std::vector<double>> by_status;
  std::map<int, std::size_t> in_time;  // ended before the last request was due: what counts as throughput
  for (const auto& sample : samples) {
    all.push_back(sample.milliseconds);
    by_status[sample.status].push_back(sample.milliseconds);
    in_time[sample.status] += sample.ended <= options.load.seconds;
  }
  json report = {{"rate", options.load.rate},
                 {"seconds", options.load.seconds},
                 {"realtime", realtime},
                 {"unanswered", by_status[0].size()},
                 {"latency_ms", summary(std::move(all))},
                 {"by_status", json::object()}};
  for (auto& [status, times] : by_status) {
    if (status == 0) continue;
    auto& entry = report["by_status"][std::to_string(status)] = summary(std::move(times));
    entry["in_time"] = in_time[status];
  }
  std::puts(report.dump().c_str());
} catch (const std::exception& error) {
  std::fprintf(stderr, "open_loop: %s\n", error.what());
  return 2;
}
