// Jobs as another user than the server's: what they are, and what they cannot do to the server. Attacks come
// from a Python cruncher, as a task of anybody's could make them.

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "server/process/confinement.h"
#include "tests/end_to_end/job.h"
#include "tests/harness/command.h"
#include "tests/harness/needs_root.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

constexpr char kNobody[] = "nobody";
constexpr uid_t kNobodysId = 65534;

// Answers each method with what the body of it says, or the name of its error.
constexpr char kAttacker[] = R"x(#!/usr/bin/python3
import ctypes, json, os, resource, signal, sys

def lines(): return [line.split() for line in open('/proc/self/status')]
def word(name): return next(line[1:] for line in lines() if line[0] == name)

def who(): return {'uid': os.getresuid(), 'gid': os.getresgid(), 'groups': os.getgroups(), 'home': os.environ.get('HOME'),
                   'capabilities': {name: word(name + ':')[0] for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb')},
                   'no_new_privs': word('NoNewPrivs:')[0]}
def stop_server(): os.kill(os.getppid(), signal.SIGSTOP)
def limit_server(): resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (8, 8))
def renice_server(): os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)
def move_server(): os.sched_setaffinity(os.getppid(), {0})
def idle_server(): os.sched_setscheduler(os.getppid(), os.SCHED_IDLE, os.sched_param(0))
def renice_all(): os.setpriority(os.PRIO_USER, 0, 19)
def renice_group():
    os.setpgid(0, os.getpgid(os.getppid()))
    os.setpriority(os.PRIO_PGRP, 0, 19)
def call(number, *arguments):
    if ctypes.CDLL(None, use_errno=True).syscall(number, *arguments) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
def slow_files_of_server(): call(251, 1, os.getppid(), 3 << 13)  # ioprio_set
def make_namespace(): call(272, 0x10000000)  # unshare
def share_memory(): call(29, 0, 4096, 0o1600)  # shmget
def open_queue(): call(240, b'cruncherd', os.O_CREAT, 0o600, None)  # mq_open
def keep_key(): call(248, b'user', b'cruncherd', b'x', 1, -4)  # add_key
def govern_itself():
    os.setpriority(os.PRIO_PROCESS, 0, 19)
    os.sched_setaffinity(0, os.sched_getaffinity(0))
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    os.getpriority(os.PRIO_PROCESS, os.getppid())
def read_server():
    with open(f'/proc/{os.getppid()}/mem', 'rb') as memory: return memory.read(1).hex()
def trace_server():
    if ctypes.CDLL(None, use_errno=True).ptrace(16, os.getppid(), 0, 0) != 0: raise OSError(ctypes.get_errno(), '')
def become_root(): os.setuid(0)

def siblings():
    for name in filter(str.isdigit, os.listdir('/proc')):
        try: stat = open(f'/proc/{name}/stat').read()
        except OSError: continue
        if int(stat.rsplit(')', 1)[1].split()[1]) == os.getppid() and int(name) != os.getpid(): yield int(name)
def each_sibling(attack):
    errors = set()
    for pid in siblings():
        try: attack(pid); errors.add('none')
        except ProcessLookupError: pass
        except OSError as error: errors.add(type(error).__name__)
    return sorted(errors)
class Part(ctypes.Structure): _fields_ = [('base', ctypes.c_void_p), ('size', ctypes.c_size_t)]
def read_memory(pid):
    address = int(open(f'/proc/{pid}/maps').readline().split('-')[0], 16)
    there, here = Part(address, 8), ctypes.create_string_buffer(8)
    own = Part(ctypes.addressof(here), 8)
    if ctypes.CDLL(None, use_errno=True).process_vm_readv(pid, ctypes.byref(own), 1, ctypes.byref(there), 1, 0) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
def read_siblings(): return each_sibling(read_memory)
def stop_siblings(): return each_sibling(lambda pid: os.kill(pid, signal.SIGSTOP))
def wait(): import time; time.sleep(20)

methods = {f.__name__: f for f in (who, stop_server, limit_server, renice_server, move_server, idle_server, renice_all, renice_group, slow_files_of_server, make_namespace, share_memory, open_queue, keep_key, govern_itself, read_server, trace_server, become_root, read_siblings, stop_siblings, wait)}
request = json.loads(sys.stdin.readline() or sys.exit())
if request['method'] == 'rpc.discover':
    result = {'openrpc': '1.3.2', 'info': {'title': 't', 'version': '1'}, 'methods': [{'name': name, 'params': []} for name in methods]}
else:
    try: result = {'did': methods[request['method']]()}
    except Exception as error: result = {'error': type(error).__name__}
print(json.dumps({'jsonrpc': '2.0', 'id': request['id'], 'result': result}), flush=True)
print(flush=True)
)x";

// Where everybody may execute it.
struct Attacker {
  Attacker() : path(directory.write("attacker", kAttacker, true)) {
    ::chmod(directory.path().c_str(), 0755);
    ::chmod(path.c_str(), 0755);
  }
  harness::TemporaryDirectory directory;
  std::string path;
};

Json result_of(const RunningServer& server, const std::string& task) {
  const auto answer = run_job(server, task);
  CAPTURE(answer.response.body);
  REQUIRE(outcome_of(answer) == "200");
  return answer.response.json().at("result");
}

void check_nobody(const Json& who) {
  for (const auto* kind : {"uid", "gid"})
    for (const auto& id : who.at(kind)) CHECK(id == kNobodysId);
  CHECK(who.at("groups").empty());
  CHECK(who.at("no_new_privs") == "1");
  for (const auto& set : who.at("capabilities").items()) {
    CAPTURE(set.key());
    CHECK(set.value() == "0000000000000000");
  }
}

// CAP_SYS_RESOURCE, which root lacks in many containers.
bool may_limit_others() {
  constexpr int kSysResource = 24;
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "CapEff:" && status >> word) return std::stoull(word, nullptr, 16) >> kSysResource & 1;
  return false;
}

rlimit descriptors_of(pid_t pid) {
  rlimit limit{};
  ::prlimit(pid, RLIMIT_NOFILE, nullptr, &limit);
  return limit;
}

TEST_CASE("a job of --job-user is that user alone, and can do nothing to the server" * harness::NeedsRoot()) {
  const Attacker attacker;
  for (const auto* server_user : {"root", "daemon"}) {
    CAPTURE(std::string(server_user));
    const RunningServer server(
        {"--cruncher", attacker.path, "--job-user", kNobody, "--user", server_user, "--priority", "normal"});
    const auto who = result_of(server, "who").at("did");
    check_nobody(who);
    CHECK(who.at("home") == "/nonexistent");
    const auto before = descriptors_of(server.pid());
    for (const auto* attack : {"stop_server", "limit_server", "renice_server", "move_server", "read_server",
                               "trace_server", "become_root"}) {
      CAPTURE(std::string(attack));
      CHECK(result_of(server, attack) == Json{{"error", "PermissionError"}});
    }
    CHECK(descriptors_of(server.pid()).rlim_cur == before.rlim_cur);
  }
}

#ifdef __x86_64__  // the attacker has the numbers of system calls
TEST_CASE("a foreign cruncher of the server's own user neither limits nor slows it down, nor leaves memory") {
  const Attacker attacker;
  std::vector<std::string> flags = {"--cruncher", attacker.path, "--priority", "normal", "--memory", "0"};
  if (::getuid() == 0) flags.insert(flags.end(), {"--user", kNobody});
  const RunningServer server(flags);
  for (const auto* attack :
       {"limit_server", "renice_server", "move_server", "idle_server", "renice_all", "renice_group",
        "slow_files_of_server", "make_namespace", "share_memory", "open_queue", "keep_key"}) {
    CAPTURE(std::string(attack));
    CHECK(result_of(server, attack) == Json{{"error", "PermissionError"}});
  }
  CHECK(result_of(server, "govern_itself") == Json{{"did", nullptr}});
  flags.insert(flags.end(), {"--launcher", "env"});
  const RunningServer launched(flags);
  CHECK(result_of(launched, "share_memory") == Json{{"did", nullptr}});
}
#endif

TEST_CASE("a job can neither read nor stop those beside it, nor launchers" *
          harness::NeedsRootAndScopes{process::landlock_version() >= 6}) {
  const Attacker attacker;
  const RunningServer server({"--cruncher", attacker.path, "--job-user", kNobody, "--priority", "normal",
                              "--running", "2", "--spares", "2"});
  auto victim = start_job(server, "wait", Json::object(), {{"Prefer", "wait=5"}});
  REQUIRE(eventually(seconds(5), [&] {
    return HttpClient(server.port()).get("/status").json().at("slots").at("running") == 1;
  }));
  for (const auto* attack : {"read_siblings", "stop_siblings"}) {
    CAPTURE(std::string(attack));
    CHECK(result_of(server, attack).at("did") == Json{"PermissionError"});
  }
  CHECK(outcome_of(victim.get()) == "504 deadline_exceeded");
}

TEST_CASE("the cruncher that comes with it, executed or forked, is that user as well" *
          harness::NeedsRoot()) {
  for (const auto* start : {"exec", "fork"}) {
    CAPTURE(std::string(start));
    if (std::string_view(start) == "fork" && !may_limit_others()) continue;
    RunningServer server({"--job-user", kNobody, "--start", start, "--priority", "normal", "--spares", "1"});
    CHECK(outcome_of(run_job(server, "primes", {{"limit", 1000}})) == "200");
    auto job = start_job(server, "spin", {{"CPUTimeMs", 60'000}}, {{"Prefer", "wait=1"}});
    REQUIRE(eventually(seconds(5), [&] {
      for (const auto pid : server.processes_left()) {
        struct stat owner {};
        const auto folder = "/proc/" + std::to_string(pid);
        std::ifstream name(folder + "/comm");
        std::string comm;
        name >> comm;
        if (comm == "cruncher" && ::stat(folder.c_str(), &owner) == 0) return owner.st_uid == kNobodysId;
      }
      return false;
    }));
    CHECK(outcome_of(job.get()) == "504 deadline_exceeded");  // so it can be killed
    CHECK(server.stop() == 0);
    CHECK(server.processes_left().empty());
  }
}

TEST_CASE("a command is that user as well, with its folder, its content and its result, a spare too" *
          harness::NeedsRoot()) {
  const harness::TemporaryDirectory directory;
  const auto config = directory.write("c.toml", R"toml(
[task.who]
exec = ["sh", "-c", "id -u; cat; echo b > b && cat b"]
[task.spare]
exec = ["sh", "-c", "id -u; cat; echo b > b && cat b"]
spares = 1
[task.anew]
exec = ["sh", "-c", "cat /dev/stdin > /dev/stdout"]
[task.litter]
exec = ["sh", "-c", "mkdir a && touch a/b c && chmod 0 a"]
[task.files]
exec = ["sh", "-c", "id -u | cat - a > b"]
in = "a"
out = "b"
)toml");
  for (const auto* server_user : {"root", "daemon"}) {
    CAPTURE(std::string(server_user));
    const harness::TemporaryDirectory scratch;
    std::filesystem::permissions(scratch.path(), std::filesystem::perms(01777));
    const RunningServer server(
        {"--config", config, "--job-user", kNobody, "--user", server_user, "--scratch-dir", scratch.path()});
    const auto answer_of = [&](const std::string& task, const std::string& content) {
      const Fields fields{{"Content-Type", "text/plain"}, {"Content-Length", std::to_string(content.size())}};
      return HttpClient(server.port()).request("POST", "/tasks/" + task, fields, content).body;
    };
    const auto uid = std::to_string(kNobodysId) + "\n";
    const std::string large(2 << 20, 'x');
    for (const auto& content : {std::string("a\n"), large}) {
      CHECK(answer_of("who", content) == uid + content + "b\n");
      CHECK(answer_of("spare", content) == uid + content + "b\n");
      CHECK(answer_of("files", content) == uid + content);
    }
    CHECK(answer_of("files", "") == uid);
    CHECK(answer_of("anew", "a\n") == "a\n");
    CHECK(answer_of("litter", "") == "");
    using Entries = std::filesystem::recursive_directory_iterator;
    const auto is_file = [](const auto& entry) { return entry.is_regular_file(); };
    const auto left = [&] { return std::count_if(Entries(scratch.path()), Entries(), is_file); };
    CHECK(eventually(seconds(5), [&] { return left() == 0; }));
  }
}

TEST_CASE("a job has no capability, also where it runs as root" * harness::NeedsRoot()) {
  const Attacker attacker;
  const RunningServer server({"--cruncher", attacker.path, "--user", "root", "--priority", "normal"});
  const auto who = result_of(server, "who").at("did");
  CHECK(who.at("uid").at(1) == 0);
  for (const auto* set : {"CapPrm", "CapEff", "CapBnd", "CapAmb"})
    CHECK(who.at("capabilities").at(set) == "0000000000000000");
}

TEST_CASE("a program that did not come with the server does not run as root, unless that is asked for" *
          harness::NeedsRoot()) {
  const Attacker attacker;
  const auto refused =
      harness::run_command({"/usr/bin/env", "-u", "CRUNCHERD_USER", harness::cruncherd_path(), "--port", "0",
                            "--cruncher", attacker.path});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("would run as root. Give --job-user") != std::string::npos);
}

TEST_CASE("--job-user of nobody known is refused" * harness::NeedsRoot()) {
  const auto refused =
      harness::run_command({harness::cruncherd_path(), "--port", "0", "--job-user", "no-such-user"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("--job-user 'no-such-user': there is no such user") != std::string::npos);
}

TEST_CASE("--job-user without the right to become somebody else is refused with what is needed" *
          harness::NeedsRoot()) {
  const RunningServer::Launch launch{.user = kNobodysId, .ready_within = seconds(5)};
  CHECK_THROWS_WITH(RunningServer({"--job-user", "daemon"}, launch),
                    doctest::Contains("must be started as root, or with CAP_SETUID"));
}

}  // namespace
}  // namespace end_to_end
