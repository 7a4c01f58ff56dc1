// Where the server listens, whom it tells that it is ready, and how it leaves.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "tests/end_to_end/front_door/plain_socket.h"
#include "tests/harness/command.h"
#include "tests/harness/http_client.h"
#include "tests/harness/needs_root.h"
#include "tests/harness/process_table.h"
#include "tests/harness/running_server.h"
#include "tests/harness/started_process.h"
#include "tests/harness/temporary_directory.h"

using namespace std::chrono_literals;
using front_door_test::is_readable;
using front_door_test::PlainSocket;
using harness::cruncherd_path;
using harness::HttpClient;
using harness::run_command;
using harness::RunningServer;
using harness::TemporaryDirectory;

namespace {

const std::string kGetAndClose = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// A socket of this test's own that is bound to a free port or to a path, with that as its name.
struct BoundSocket {
  int descriptor = -1;
  std::uint16_t port = 0;

  explicit BoundSocket(int type, const std::string& path = "") {
    descriptor = socket(path.empty() ? AF_INET : AF_UNIX, type | SOCK_CLOEXEC, 0);
    sockaddr_un local{.sun_family = AF_UNIX, .sun_path = {}};
    sockaddr_in loopback{};
    loopback.sin_family = AF_INET;
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::strncpy(local.sun_path, path.c_str(), sizeof local.sun_path - 1);
    const auto* address = path.empty() ? reinterpret_cast<const sockaddr*>(&loopback)
                                       : reinterpret_cast<const sockaddr*>(&local);
    REQUIRE(bind(descriptor, address, path.empty() ? sizeof loopback : sizeof local) == 0);
    if (type == SOCK_STREAM) REQUIRE(listen(descriptor, 511) == 0);
    socklen_t size = sizeof loopback;
    if (path.empty()) getsockname(descriptor, reinterpret_cast<sockaddr*>(&loopback), &size);
    port = ntohs(loopback.sin_port);
  }
  ~BoundSocket() { close(descriptor); }
  BoundSocket(const BoundSocket&) = delete;
  BoundSocket& operator=(const BoundSocket&) = delete;
};

void check_refused_start(const std::vector<std::string>& flags, const std::string& named) {
  std::vector<std::string> command = {cruncherd_path()};
  command.insert(command.end(), flags.begin(), flags.end());
  const auto result = run_command(command);
  CHECK(result.exit_code == 2);
  CHECK_MESSAGE(result.err.find(named) != std::string::npos, result.err);
  CHECK_MESSAGE(std::count(result.err.begin(), result.err.end(), '\n') == 1, result.err);
}

bool is_refused(std::uint16_t port) {
  try {
    HttpClient client(port);
    return false;
  } catch (const std::exception&) {
    return true;
  }
}

}  // namespace

TEST_CASE("--port 0 takes a free port and says which, so that two servers never meet") {
  RunningServer one, other;
  CHECK(one.port() != other.port());
  CHECK(one.logs("listening on http://127.0.0.1:" + std::to_string(one.port())));
  CHECK(HttpClient(one.port()).get("/").status == 200);
  CHECK(HttpClient(other.port()).get("/").status == 200);
}

TEST_CASE("a server on ::1 speaks IPv6") {
  RunningServer server({"--host", "::1"});
  CHECK(server.logs("listening on http://[::1]:"));
  PlainSocket client(server.port(), {.to = "::1"});
  client.send(kGetAndClose);
  CHECK(client.read_to_end().starts_with("HTTP/1.1 200"));
  CHECK(is_refused(server.port()));
}

TEST_CASE("a host name stands for all of its addresses, at the same port") {
  RunningServer server({"--host", "localhost"});
  CHECK(HttpClient(server.port()).get("/").status == 200);
}

TEST_CASE("an address that is not this machine's is refused in one sentence that names the flag") {
  check_refused_start({"--port", "0", "--host", "192.0.2.1"}, "--host");
  check_refused_start({"--port", "0", "--host", "no such host"}, "--host");
}

TEST_CASE("a second server on a taken port is refused in one sentence that names the port") {
  RunningServer first;
  const auto port = std::to_string(first.port());
  check_refused_start({"--port", port}, port);
  check_refused_start({"--port", port, "--reuse-port"}, port);
  CHECK(HttpClient(first.port()).get("/").status == 200);
}

TEST_CASE("servers that were all told --reuse-port share a port, and one can go without the others") {
  RunningServer first({"--reuse-port"});
  const auto port = std::to_string(first.port());
  RunningServer second({"--reuse-port", "--port", port});
  CHECK(second.port() == first.port());
  CHECK(first.stop() == 0);
  for (int i = 0; i < 20; ++i) CHECK(HttpClient(second.port()).get("/").status == 200);
}

TEST_CASE("a unix socket has the mode that was asked for, serves, and is removed at the end") {
  TemporaryDirectory directory;
  const std::string path = directory.path() / "door";
  RunningServer server({"--unix-socket", path, "--unix-socket-mode", "0620"});
  struct stat file {};
  REQUIRE(stat(path.c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0620);
  CHECK(server.logs("listening on unix:" + path));
  HttpClient client(path);
  CHECK(client.get("/").status == 200);
  CHECK(client.get("/non-blocking?CPUTimeMs=0").status == 200);
  CHECK(server.stop() == 0);
  CHECK(!std::filesystem::exists(path));
}

TEST_CASE("a unix socket is --user's, who removes it at the end" * harness::NeedsRoot()) {
  constexpr uid_t kNobody = 65534;
  TemporaryDirectory directory;
  REQUIRE(chmod(directory.path().c_str(), 01777) == 0);
  const std::string path = directory.path() / "door";
  RunningServer server({"--unix-socket", path, "--user", std::to_string(kNobody)});
  struct stat file {};
  REQUIRE(stat(path.c_str(), &file) == 0);
  CHECK(file.st_uid == kNobody);
  CHECK(HttpClient(path).get("/").status == 200);
  CHECK(server.stop() == 0);
  CHECK(!std::filesystem::exists(path));
}

TEST_CASE("a name that stands twice for one address is listened on once" * harness::NeedsRoot()) {
  TemporaryDirectory directory;
  const auto hosts = directory.write("hosts", "127.0.0.1 twice\n127.0.0.1 twice\n127.0.0.2 twice\n");
  const auto program = directory.write("cruncherd",
                                       "#!/bin/sh\nexec unshare --mount sh -c 'mount --bind " + hosts +
                                           " /etc/hosts && exec " + cruncherd_path() + " \"$@\"' sh \"$@\"\n",
                                       true);
  for (const auto* port : {"0", "18431"}) {
    RunningServer server({"--host", "twice", "--port", port}, {.program = program});
    CHECK(server.logs("http://127.0.0.2:"));
    CHECK(HttpClient(server.port()).get("/").status == 200);
    CHECK(server.stop() == 0);
  }
}

TEST_CASE("the file of a unix socket is replaced where nobody answers on it, and only then") {
  TemporaryDirectory directory;
  const std::string path = directory.path() / "door";
  SUBCASE("a socket that a dead server left behind") {
    { BoundSocket dead(SOCK_STREAM, path); }
    REQUIRE(std::filesystem::exists(path));
    RunningServer server({"--unix-socket", path});
    CHECK(HttpClient(path).get("/").status == 200);
  }
  SUBCASE("a server that lives") {
    RunningServer server({"--unix-socket", path});
    check_refused_start({"--port", "0", "--unix-socket", path}, path);
    CHECK(HttpClient(path).get("/").status == 200);
  }
  SUBCASE("a file that is no socket") {
    directory.write("door", "precious");
    check_refused_start({"--port", "0", "--unix-socket", path}, path);
    CHECK(std::filesystem::file_size(path) == 8);
  }
}

TEST_CASE("a socket that systemd passes is served as it is") {
  BoundSocket passed(SOCK_STREAM);
  harness::ProgramLaunch launch;
  // As systemd does it: the socket is descriptor 3, and LISTEN_PID names the process that it is meant for.
  launch.arguments = {"/bin/sh", "-c", R"(exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0")",
                      cruncherd_path()};
  launch.input = passed.descriptor;
  harness::StartedProcess server(launch);
  HttpClient client(passed.port);  // the kernel takes it in at once, the server when it is ready
  CHECK(client.get("/").status == 200);
  CHECK(client.get("/non-blocking?CPUTimeMs=0").status == 200);
  server.signal(SIGTERM);
  const auto status = server.wait_for_end(10s);
  REQUIRE(status);
  CHECK(harness::exit_code_of(*status) == 0);
}

TEST_CASE("systemd is told READY once the server listens, and STOPPING when it drains") {
  TemporaryDirectory directory;
  const std::string path = directory.path() / "notify";
  BoundSocket notify(SOCK_DGRAM, path);
  RunningServer server({}, {.environment = {{"NOTIFY_SOCKET", path}}});
  const auto next_message = [&] {
    char text[4096] = "";
    if (is_readable(notify.descriptor, 5s)) recv(notify.descriptor, text, sizeof text - 1, 0);
    return std::string(text);
  };
  CHECK(next_message().find("READY=1") != std::string::npos);
  CHECK(HttpClient(server.port()).get("/readyz").status == 200);
  server.signal(SIGTERM);
  CHECK(next_message().find("STOPPING=1") != std::string::npos);
}

TEST_CASE(
    "a draining server closes its listener and its idle connections at once, and answers what it has "
    "received") {
  RunningServer server({"--spares", "0"});
  HttpClient idle(server.port()), silent(server.port()), busy(server.port());
  CHECK(idle.get("/").status == 200);
  busy.send_request("GET", "/non-blocking?CPUTimeMs=1500");
  REQUIRE(harness::eventually(10s, [&] { return !server.processes_left().empty(); }));

  server.signal(SIGTERM);
  CHECK(idle.closed_by_server(1s));
  CHECK(silent.closed_by_server(1s));
  CHECK(is_refused(server.port()));
  CHECK(!server.wait_for_end(0ms));

  const auto answer = busy.read_response();
  CHECK(answer.status == 200);
  CHECK(answer.field("Connection") == "close");
  CHECK(busy.closed_by_server());
  const auto status = server.wait_for_end(5s);
  REQUIRE(status);
  CHECK(harness::exit_code_of(*status) == 0);
}
