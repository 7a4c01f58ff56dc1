// httplib_peer PORT BODY_FILE: what a user of cpp-httplib writes, with its own listener and thread pool. Its
// defaults (8 threads, 5 requests per connection, Nagle's algorithm on) would starve 64 keep-alive clients,
// so they are raised.

#include <httplib.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::ifstream file(argv[2], std::ios::binary);
  const std::string body(std::istreambuf_iterator<char>(file), {});
  httplib::Server server;
  server.new_task_queue = [] { return new httplib::ThreadPool(64); };
  server.set_keep_alive_max_count(1'000'000'000);
  server.set_tcp_nodelay(true);
  server.Get("/", [&](const httplib::Request&, httplib::Response& response) {
    response.set_content(body, "application/json");
  });
  return server.listen("127.0.0.1", std::atoi(argv[1])) ? 0 : 1;
}
