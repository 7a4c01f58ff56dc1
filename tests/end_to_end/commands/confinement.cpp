// What a command can reach, and what it cannot.

#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "server/process/confinement.h"
#include "tests/end_to_end/commands/command_server.h"
#include "tests/harness/command.h"

namespace end_to_end {
namespace {

const bool kConfines = process::landlock_version() >= 6;

TEST_CASE("a command reads the system and writes its own folder, and nothing else" *
          doctest::skip(!kConfines)) {
  const harness::TemporaryDirectory outside;
  const auto secret = outside.write("secret", "secret\n");
  const CommandServer server("[task.sh]\nexec = \"sh\"\n[task.free]\nexec = \"sh\"\nconfine = \"off\"\n");
  const auto run = [&](const std::string& script) { return server.post("/tasks/sh", script); };
  CHECK(run("cat /etc/hostname > copy && cat copy && mkdir a && mv copy a/b && ls a").status == 200);
  CHECK(run("echo $HOME $TMPDIR; pwd").body.starts_with(server.scratch().string()));
  CHECK(run("test \"$HOME\" = \"$(pwd)\" && test -w \"$TMPDIR\"").status == 200);
  CHECK(run("cat /dev/stdin < /dev/null > /dev/stdout; cat /proc/cpuinfo > /dev/null").status == 200);
  const std::string attacks[] = {
      "cat " + secret,
      "echo x > " + outside.path().string() + "/new",
      "echo x >> " + secret,
      "ln -s " + secret + " link && cat link",
      "ln " + secret + " link",
      "rm " + secret,
      "ls " + outside.path().string(),
      "ls ..",
      "cat /proc/1/status",
  };
  for (const auto& attack : attacks) {
    CAPTURE(attack);
    const auto refused = run(attack);
    CHECK(outcome_of(refused) == "500 task_failed");
    const auto detail = refused.json().at("detail").get<std::string>();
    // The kernel's word for a link between what may be written and what may not.
    const bool says_so = detail.find("ermission denied") != std::string::npos ||
                         detail.find("cross-device") != std::string::npos;
    CHECK(says_so);
  }
  CHECK(std::filesystem::exists(secret));
  CHECK(server.post("/tasks/free", "cat " + secret).body == "secret\n");
}

TEST_CASE("read and write open what they name" * doctest::skip(!kConfines)) {
  const harness::TemporaryDirectory shared, open;
  shared.write("model", "model\n");
  const CommandServer server("[task.sh]\nexec = \"sh\"\nread = [\"" + shared.path().string() +
                             "\"]\nwrite = [\"" + open.path().string() + "\"]\n");
  const auto in_shared = shared.path().string(), in_open = open.path().string();
  CHECK(server.post("/tasks/sh", "cat " + in_shared + "/model; echo x > " + in_open + "/x").body ==
        "model\n");
  CHECK(std::filesystem::exists(open.path() / "x"));
  CHECK(outcome_of(server.post("/tasks/sh", "echo x > " + in_shared + "/x")) == "500 task_failed");
}

TEST_CASE("a script that exec names by its path may be read" * doctest::skip(!kConfines)) {
  const harness::TemporaryDirectory directory;
  const auto script = directory.write("count.sh", "wc -c\n");
  const CommandServer server("[task.count]\nexec = [\"sh\", \"" + script + "\"]\n");
  CHECK(server.post("/tasks/count", "12345").body == "5\n");
}

// As an editor and a deployment do it: the name is another file's then.
void replace(const std::string& path, const std::string& text) {
  const auto mode = std::filesystem::status(path).permissions();
  std::ofstream(path + ".new") << text;
  std::filesystem::permissions(path + ".new", mode);
  std::filesystem::rename(path + ".new", path);
}

TEST_CASE("a program that is replaced is run as it is now, and what read names is opened anew at SIGHUP" *
          doctest::skip(!kConfines)) {
  const harness::TemporaryDirectory directory;
  const auto tool = directory.write("tool", "#!/bin/sh\necho first\n");
  const auto model = directory.write("model", "first\n");
  std::filesystem::permissions(tool, std::filesystem::perms(0755));
  CommandServer server("[task.tool]\nexec = [\"" + tool + "\"]\n[task.show]\nexec = [\"cat\", \"" + model +
                       "\"]\n");
  const auto shown = [&server] { return server.post("/tasks/show").body; };
  CHECK(server.post("/tasks/tool").body == "first\n");
  CHECK(shown() == "first\n");
  replace(tool, "#!/bin/sh\necho second\n");
  CHECK(server.post("/tasks/tool").body == "second\n");
  replace(model, "second\n");
  CHECK(outcome_of(server.post("/tasks/show")) == "500 task_failed");
  ::kill(server.running().pid(), SIGHUP);
  CHECK(eventually(seconds(10), [&] { return shown() == "second\n"; }));
}

TEST_CASE("a command signals nobody outside, and opens no TCP connection" * doctest::skip(!kConfines)) {
  CommandServer server(
      "[task.sh]\nexec = \"sh\"\n[task.connect]\nexec = [\"/usr/bin/python3\", \"-c\", '''\n"
      "import socket, sys\nsocket.create_connection((\"127.0.0.1\", int(sys.stdin.read())))\n"
      "''']\nmemory = \"0\"\n[task.connected]\nexec = [\"/usr/bin/python3\", \"-c\", '''\n"
      "import socket, sys\nsocket.create_connection((\"127.0.0.1\", int(sys.stdin.read())))\n"
      "''']\nmemory = \"0\"\nnetwork = true\n");
  CHECK(outcome_of(server.post("/tasks/sh", "kill -9 $PPID")) == "500 task_failed");
  CHECK(outcome_of(server.post("/tasks/sh", "kill -9 " + std::to_string(server.running().pid()))) ==
        "500 task_failed");
  CHECK(server.post("/tasks/sh", "sleep 100 & kill $!").status == 200);
  const auto port = std::to_string(server.running().port());
  const auto refused = server.post("/tasks/connect", port);
  CHECK(outcome_of(refused) == "500 task_failed");
  CHECK(refused.json().at("detail").get<std::string>().find("Permission") != std::string::npos);
  CHECK(server.post("/tasks/connected", port).status == 200);
}

// What a server says that is refused its start.
std::string refusal_without_landlock(const std::string& configuration) {
  const harness::TemporaryDirectory directory;
  const auto file = directory.write("cruncherd.toml", configuration);
  const auto result = harness::run_command(
      {WITHOUT_LANDLOCK_PATH, harness::cruncherd_path(), "--port", "0", "--config", file});
  CHECK(result.exit_code == 2);
  CHECK(result.err.find(file) != std::string::npos);
  return result.err;
}

TEST_CASE("without Landlock the start says once that commands are not confined, and they run") {
  const harness::TemporaryDirectory outside;
  const auto config =
      outside.write("cruncherd.toml", "[task.sh]\nexec = \"sh\"\n[task.cat]\nexec = \"cat\"\n");
  const RunningServer server({"--config", config}, {.run_by = WITHOUT_LANDLOCK_PATH});
  const std::string notice = "commands are not confined: this kernel has no Landlock";
  const auto log = server.log();
  CHECK(log.find(notice) != std::string::npos);
  CHECK(log.find(notice) == log.rfind(notice));
  const auto secret = outside.write("secret", "secret\n");
  HttpClient client(server.port());
  CHECK(client.request("POST", "/tasks/sh", {}, "cat " + secret).body == "secret\n");
  CHECK(client.request("POST", "/tasks/cat", {}, "abc").body == "abc");
}

TEST_CASE("confine = \"required\" refuses the start without Landlock, and is served with it") {
  const std::string required =
      "[task.free]\nexec = \"cat\"\nconfine = \"off\"\n[task.sh]\nexec = \"sh\"\nconfine = \"required\"\n";
  const auto refusal = refusal_without_landlock(required);
  CHECK(refusal.find(":4:") != std::string::npos);
  CHECK(refusal.find("[task.sh]") != std::string::npos);
  CHECK(refusal.find("confine = \"required\", but this kernel has no Landlock") != std::string::npos);
  if (!kConfines) return;
  const harness::TemporaryDirectory outside;
  const CommandServer server(required);
  CHECK(outcome_of(server.post("/tasks/sh", "echo x > " + outside.path().string() + "/x")) ==
        "500 task_failed");
  CHECK(server.post("/tasks/sh", "echo x > x; cat x").body == "x\n");
}

// Says of each way whether it was refused.
constexpr char kWays[] = R"toml(
[task.ways]
exec = ["/usr/bin/python3", "-c", """
import ctypes, os, resource, socket, sys
port = int(sys.stdin.read())
libc = ctypes.CDLL(None, use_errno=True)
def mptcp(): socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).connect(("127.0.0.1", port))
def fast_open(): socket.socket(socket.AF_INET, socket.SOCK_STREAM).sendto(b"x", 0x20000000, ("127.0.0.1", port))
def listen(): socket.socket(socket.AF_INET6, socket.SOCK_STREAM).listen(1)
def packets(): socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
def vsock(): socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
def namespace():
    if libc.unshare(0x10000000) != 0: raise OSError(ctypes.get_errno())
def limits(): resource.prlimit(os.getppid(), resource.RLIMIT_CPU)
def memory():
    if libc.shmget(0, 4096, 0o1600) < 0: raise OSError(ctypes.get_errno())
def priority(): os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)
def cores(): os.sched_setaffinity(os.getppid(), os.sched_getaffinity(0))
def death_signal():
    if libc.prctl(1, 0) != 0: raise OSError(ctypes.get_errno())
def group(): os.setpgid(0, os.getpgid(os.getppid()))
for way in (group, mptcp, fast_open, listen, packets, vsock, namespace, limits, memory, priority, cores, death_signal):
    try:
        way()
        print(way.__name__, "done")
    except OSError:
        print(way.__name__, "refused")
socket.socket(socket.AF_UNIX)
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("127.0.0.1", 9))
resource.prlimit(0, resource.RLIMIT_CPU)
if os.fork() == 0: os._exit(0)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""]
memory = "0"
)toml";

TEST_CASE("a command has no other way to TCP, to capabilities of its own, or to others' limits") {
  CommandServer server(kWays);
  const auto answer = server.post("/tasks/ways", std::to_string(server.running().port()));
  CHECK(answer.body ==
        "group refused\nmptcp refused\nfast_open refused\nlisten refused\npackets refused\nvsock refused\n"
        "namespace refused\nlimits refused\nmemory refused\npriority refused\ncores refused\n"
        "death_signal refused\n0\n");
}

// 200 MiB in files that nobody maps.
constexpr char kUnseen[] = R"("""
import os
for i in range(20):
    file = os.memfd_create("unseen")
    for j in range(10): os.write(file, bytes(1 << 20))
""")";

TEST_CASE("a command has no memory in files that nobody has mapped, unless its memory has no bound") {
  CommandServer server(std::string("[task.bounded]\nexec = [\"/usr/bin/python3\", \"-c\", ") + kUnseen +
                       "]\nmemory = \"512MiB\"\n[task.free]\nexec = [\"/usr/bin/python3\", \"-c\", " +
                       kUnseen + "]\nmemory = \"0\"\n");
  const auto refused = server.post("/tasks/bounded", "");
  CHECK(outcome_of(refused) == "500 task_failed");
  CHECK(refused.json().at("detail").get<std::string>().find("not implemented") != std::string::npos);
  CHECK(server.post("/tasks/free", "").status == 200);
}

TEST_CASE("a foreign cruncher signals neither the server nor a launcher" * doctest::skip(!kConfines)) {
  const harness::TemporaryDirectory directory;
  const auto cruncher = directory.write("killer", R"(#!/usr/bin/python3
import json, os, sys
request = json.loads(sys.stdin.readline())
if request["method"] == "rpc.discover":
    result = {"openrpc": "1.2.6", "info": {"title": "t", "version": "1"},
              "methods": [{"name": "kill", "params": [], "result": {"name": "r", "schema": {}}}]}
else:
    result = []
    server = os.getppid()
    children = []
    for task in os.listdir("/proc/%d/task" % server):
        children += open("/proc/%d/task/%s/children" % (server, task)).read().split()
    launchers = [int(pid) for pid in children if open("/proc/%s/comm" % pid).read() == "launcher\n"]
    for pid in [server, launchers[0]]:
        try:
            os.kill(pid, 0)
            result.append("reached")
        except PermissionError:
            result.append("refused")
print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}) + "\n", flush=True)
)",
                                        true);
  const RunningServer server({"--cruncher", cruncher, "--memory", "0"});
  CHECK(run_job(server, "kill").response.json().at("result") == Json{"refused", "refused"});
}

}  // namespace
}  // namespace end_to_end
