// Starting: what is refused, with which words, and where the settings come from.

#include <doctest/doctest.h>

#include <fstream>

#include "tests/end_to_end/job.h"
#include "tests/harness/command.h"
#include "tests/harness/needs_root.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

using harness::CommandResult;
using harness::cruncherd_path;
using harness::run_command;

CommandResult start(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {cruncherd_path(), "--port", "0", "--priority", "normal"});
  return run_command(flags);
}

bool mentions(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

TEST_CASE(
    "a cruncher that is missing, not executable or no cruncher is refused at start, with its path and "
    "advice") {
  const harness::TemporaryDirectory directory;
  const std::string programs[] = {directory.path() / "nothing-here",
                                  directory.write("not-executable", "text"),
                                  directory.write("not-a-program", "text", true),
                                  directory.path(),
                                  "/bin/true",
                                  "/bin/cat",
                                  "/bin/false"};
  for (const auto& program : programs) {
    CAPTURE(program);
    const Stopwatch watch;
    const auto result = start({"--cruncher", program});
    CHECK(result.exit_code == 2);
    CHECK(mentions(result.err, program));
    CHECK(mentions(result.err, "--cruncher"));
    CHECK(watch.elapsed() < seconds(15));
  }
}

TEST_CASE("a cruncher that says nothing is refused at start, and does not stay") {
  const harness::TemporaryDirectory directory;
  const auto silent = directory.write("silent", "#!/bin/sh\nexec sleep 600\n", true);
  const auto result = start({"--cruncher", silent});
  CHECK(result.exit_code == 2);
  CHECK(mentions(result.err, silent));
}

TEST_CASE("a task whose name is no part of a path is refused at start") {
  const harness::TemporaryDirectory directory;
  const auto program = directory.write("odd", R"x(#!/bin/sh
read -r line
id=${line#*'"id":"'}
id=${id%%'"'*}
echo '{"jsonrpc":"2.0","id":"'"$id"'","result":{"openrpc":"1.2.6","methods":[{"name":"math/add","params":[]}]}}'
)x",
                                       true);
  const auto result = start({"--cruncher", program});
  CHECK(result.exit_code == 2);
  CHECK(mentions(result.err, "'math/add'"));
}

TEST_CASE("SIGHUP during the start does not end the server") {
  const harness::TemporaryDirectory directory;
  const auto program = directory.write(
      "hanging-up", "#!/bin/sh\nkill -HUP $PPID\nexec " + std::string(CRUNCHER_PATH) + " \"$@\"\n", true);
  const RunningServer server({"--cruncher", program});
  CHECK(HttpClient(server.port()).get("/").status == 200);
}

TEST_CASE("a bad value is refused with the flag, the value and the bounds") {
  const struct {
    std::string flag;
    std::string value;
  } settings[] = {{"--port", "65536"},        {"--port", "-1"},         {"--port", "eighty"},
                  {"--running", "0"},         {"--running", "-3"},      {"--waiting", "-1"},
                  {"--timeout", "0"},         {"--timeout", "soon"},    {"--timeout", "5 parsecs"},
                  {"--timeout", "-5s"},       {"--memory", "1"},        {"--memory", "lots"},
                  {"--max-body", "-1"},       {"--max-reply", "0"},     {"--kill-grace", "x"},
                  {"--max-connections", "0"}, {"--spares", "-1"},       {"--wait-timeout", "1e9x"},
                  {"--priority", "highest"},  {"--loop-priority", "2"}, {"--host", "no host at all"}};
  for (const auto& setting : settings) {
    CAPTURE(setting.flag);
    CAPTURE(setting.value);
    const auto result = run_command({cruncherd_path(), setting.flag + "=" + setting.value});
    CHECK(result.exit_code == 2);
    CHECK(mentions(result.err, setting.flag.substr(2)));
    CHECK(mentions(result.err, setting.value));
  }
}

TEST_CASE("unknown flags and left-over arguments are refused") {
  CHECK(start({"--no-such-flag"}).exit_code == 2);
  CHECK(start({"left-over"}).exit_code == 2);
}

TEST_CASE("--help names every flag of the design and exits with 0") {
  const auto result = run_command({cruncherd_path(), "--help"});
  CHECK(result.exit_code == 0);
  for (const auto* flag : {"--host",           "--port",         "--running",
                           "--waiting",        "--wait-timeout", "--timeout",
                           "--memory",         "--spares",       "--max-body",
                           "--max-reply",      "--kill-grace",   "--drain-timeout",
                           "--header-timeout", "--idle-timeout", "--max-connections",
                           "--cruncher",       "--config",       "--cpu",
                           "--open-files",     "--file-size",    "--priority",
                           "--loop-priority",  "--user"}) {
    CAPTURE(std::string(flag));
    CHECK(mentions(result.out, flag));
  }
}

TEST_CASE("a flag beats the environment, and the environment beats the config file") {
  const harness::TemporaryDirectory directory;
  const auto config = directory.write("cruncherd.conf", "timeout = \"200ms\"\n");
  const auto times_out_at_once = [](const RunningServer& server) {
    return run_job(server, "sleep", {{"ms", 800}}).response.status == 504;
  };
  CHECK(times_out_at_once(UnrulyServer({"--config", config})));
  RunningServer::Launch launch;
  launch.environment = {{"CRUNCHERD_TIMEOUT", "10s"}};
  CHECK_FALSE(times_out_at_once(UnrulyServer({"--config", config}, launch)));
  CHECK(times_out_at_once(UnrulyServer({"--config", config, "--timeout", "200ms"}, launch)));
}

TEST_CASE("bad values in the environment and in the config file are refused like flags") {
  const harness::TemporaryDirectory directory;
  const auto refused = [](const std::string& text, std::string_view word) { return mentions(text, word); };
  const auto bad_value = start({"--config", directory.write("a.conf", "running = \"many\"\n")});
  CHECK(bad_value.exit_code == 2);
  CHECK(refused(bad_value.err, "running"));
  const auto bad_key = start({"--config", directory.write("b.conf", "no-such-key = 1\n")});
  CHECK(bad_key.exit_code == 2);
  CHECK(refused(bad_key.err, "no-such-key"));
  CHECK(start({"--config", directory.path() / "missing.conf"}).exit_code == 2);
  const auto bad_task =
      start({"--config", directory.write("c.conf", "[task.no_such_task]\ntimeout = \"1s\"\n")});
  CHECK(bad_task.exit_code == 2);
  CHECK(refused(bad_task.err, "no_such_task"));
}

TEST_CASE("an error names what the value came from: the flag, the variable, or the place in the file") {
  const auto with = [](std::string variable) {
    return run_command({"/usr/bin/env", std::move(variable), cruncherd_path(), "--cruncher", "/bin/true"})
        .err;
  };
  const auto bad = with("CRUNCHERD_RUNNING=many");
  CHECK(bad.starts_with("cruncherd: CRUNCHERD_RUNNING: 'many'"));
  CHECK_FALSE(mentions(bad, "--running"));
  const harness::TemporaryDirectory directory;
  const auto file = directory.write("c.toml", "port = 0\n[task.spin]\n  timeout = \"soon\"\n");
  const auto result = start({"--config", file});
  CHECK(result.exit_code == 2);
  CHECK(result.err.starts_with("cruncherd: " + file + ":3:"));
  CHECK(mentions(result.err, "timeout: 'soon'"));
}

TEST_CASE("an empty variable is unset, and so is the address that Kubernetes puts into CRUNCHERD_PORT") {
  for (const auto* variable : {"CRUNCHERD_USER=", "CRUNCHERD_CONFIG=", "CRUNCHERD_RUNNING=",
                               "CRUNCHERD_TIMEOUT=", "CRUNCHERD_PORT=tcp://10.96.0.5:8080"}) {
    CAPTURE(std::string(variable));
    const auto result =
        run_command({"/usr/bin/env", variable, cruncherd_path(), "--host", "127.0.0.1", "--unix-socket",
                     "@cruncherd-test-of-variables", "--cruncher", "/bin/true"});
    CHECK(result.exit_code == 2);
    CHECK(mentions(result.err, "/bin/true"));
  }
}

TEST_CASE("an unknown key or flag is refused with the nearest that there is") {
  const harness::TemporaryDirectory directory;
  const auto key = start({"--config", directory.write("a.toml", "log_file = \"x\"\n")});
  CHECK(key.exit_code == 2);
  CHECK(mentions(key.err, "'log-file'"));
  const auto of_task = start({"--config", directory.write("b.toml", "[task.spin]\ntimeuot = \"1s\"\n")});
  CHECK(of_task.exit_code == 2);
  CHECK(mentions(of_task.err, "'timeout'"));
  const auto flag = start({"--runing=2"});
  CHECK(flag.exit_code == 2);
  CHECK(mentions(flag.err, "'running'"));
}

TEST_CASE("a configuration may begin with a byte order mark") {
  const harness::TemporaryDirectory directory;
  const RunningServer server({"--config", directory.write("c.toml", "\xEF\xBB\xBFlog-format = \"json\"\n")});
  CHECK(mentions(server.log(), "{\"time\":"));
}

TEST_CASE("a section of the config file that limits no task of the cruncher is refused, not ignored") {
  const harness::TemporaryDirectory directory;
  const struct {
    std::string text;
    std::string named;
    std::string key;
  } files[] = {{"[task]\ntimeout = \"1ms\"\n", "[task]", "timeout"},
               {"task.timeout = \"1ms\"\n", "[task]", "timeout"},
               {"[task.primes.x]\ntimeout = \"1ms\"\n", "[task.primes.x]", "timeout"},
               {"[task.primes.x]\n", "[task.primes.x]", ""},
               {"[task.primes.x]\n[task.primes.y]\n[task.primes]\n", "[task.primes.x]", ""},
               {"[task.nonesuch]\n", "[task.nonesuch]", ""},
               {"[task.primes]\n[task.nonesuch]\n[task.spin]\n", "[task.nonesuch]", ""}};
  for (const auto& file : files) {
    CAPTURE(file.text);
    const auto path = directory.write("cruncherd.conf", file.text);
    const auto result = start({"--config", path});
    CHECK(result.exit_code == 2);
    CHECK(result.err.starts_with("cruncherd: "));
    CHECK(result.err.find('\n') == result.err.size() - 1);
    CHECK(mentions(result.err, file.named));
    CHECK(mentions(result.err, file.key));
    const bool is_no_task = file.named == "[task.nonesuch]";
    CHECK(mentions(result.err, is_no_task ? "no such task" : "[task.NAME]"));
    CHECK(mentions(result.err, is_no_task ? path + (file.text.starts_with("[task.n") ? ":1:" : ":2:") : ""));
  }
  const auto empty =
      directory.write("empty.conf", "[task.echo]\n[task]\n[task.sleep]\ntimeout = \"200ms\"\n");
  const UnrulyServer server({"--config", empty});
  CHECK(works(server));
  CHECK(run_job(server, "sleep", {{"ms", 800}}).response.status == 504);
}

TEST_CASE("--user may be a number, and who has become it still writes its log to /dev/stdout" *
          harness::NeedsRoot()) {
  for (const auto* number : {"65534", "54321"}) {  // the second has no entry
    CAPTURE(std::string(number));
    const RunningServer server({"--user", number, "--log-file", "/dev/stdout"});
    std::ifstream status("/proc/" + std::to_string(server.pid()) + "/status");
    std::string word, text;
    while (status >> word && word != "Uid:") continue;
    status >> text;
    CHECK(text == number);
    CHECK(HttpClient(server.port()).get("/").status == 200);
  }
}

TEST_CASE("a port that is taken is refused with a sentence that says so") {
  const RunningServer first;
  const auto second = run_command({cruncherd_path(), "--port", std::to_string(first.port())});
  CHECK(second.exit_code == 2);
  CHECK(mentions(second.err, std::to_string(first.port())));
}

TEST_CASE("the spares are up when the server says that it listens") {
  const RunningServer server({"--spares", "3"});
  CHECK(harness::crunchers_of(server.pid()).size() == 3);
}

}  // namespace
}  // namespace end_to_end
