// watchdog_peer PORT BODY_FILE PROGRAM ARGUMENT...: what OpenFaaS's of-watchdog does in its serializing mode.
// Each POST forks the program, writes the content to its stdin, reads its stdout whole, and answers with
// that.

#include <httplib.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace {

// Both pipes at once: each has room for some of it only.
std::string exchange(int in, int out, const std::string& content) {
  std::string result;
  std::vector<char> bytes(65536);
  std::size_t written = 0;
  ::fcntl(in, F_SETFL, O_NONBLOCK);
  for (;;) {
    pollfd ends[] = {{out, POLLIN, 0}, {in, POLLOUT, 0}};
    ::poll(ends, in < 0 ? 1 : 2, -1);
    if (in >= 0 && ends[1].revents) {
      const auto count = ::write(in, content.data() + written, content.size() - written);
      if (count > 0) written += static_cast<std::size_t>(count);
      if (written == content.size() || (count < 0 && errno != EAGAIN)) ::close(std::exchange(in, -1));
    }
    if (!ends[0].revents) continue;
    const auto count = ::read(out, bytes.data(), bytes.size());
    if (count <= 0) break;
    result.append(bytes.data(), static_cast<std::size_t>(count));
  }
  if (in >= 0) ::close(in);
  return result;
}

bool run(char** program, const std::string& content, std::string& result) {
  int in[2], out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) return false;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  pid_t pid = -1;
  const bool started = ::posix_spawnp(&pid, program[0], &actions, nullptr, program, environ) == 0;
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  if (started)
    result = exchange(in[1], out[0], content);
  else
    ::close(in[1]);
  ::close(out[0]);
  int status = 0;
  if (started) ::waitpid(pid, &status, 0);
  return started && status == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  std::signal(SIGPIPE, SIG_IGN);
  std::ifstream file(argv[2], std::ios::binary);
  const std::string light(std::istreambuf_iterator<char>(file), {});
  httplib::Server server;
  server.new_task_queue = [] { return new httplib::ThreadPool(64); };
  server.set_keep_alive_max_count(1'000'000'000);
  server.set_tcp_nodelay(true);
  server.Get("/", [&](const httplib::Request&, httplib::Response& response) {
    response.set_content(light, "application/json");
  });
  server.Post("/job", [&](const httplib::Request& request, httplib::Response& response) {
    std::string result;
    if (run(argv + 3, request.body, result))
      response.set_content(std::move(result), "application/octet-stream");
    else
      response.status = 500;
  });
  return server.listen("127.0.0.1", std::atoi(argv[1])) ? 0 : 1;
}
