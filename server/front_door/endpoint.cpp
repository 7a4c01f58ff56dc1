#include "server/front_door/endpoint.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace front_door {
namespace {

// As much as the kernel grants (net.core.somaxconn): a burst must not wait for a SYN to be sent again.
constexpr int kBacklog = 4096;
// Bytes that the kernel holds for a connection beyond those that its window lets out.
constexpr int kMaxUnsent = 32 * 1024;

[[noreturn]] void fail(const std::string& sentence) {
  throw std::runtime_error(sentence);
}

// An address as people see it, and the flags that it comes from: "--" or "--admin-".
struct Shown {
  std::string address;
  std::string_view flags;
};

std::string explain(const Shown& shown) {
  const auto& [address, flags] = shown;
  if (errno == EADDRINUSE)
    return fmt::format("{} is taken by another program: stop it, choose another {}port{}", address, flags,
                       flags == "--" ? ", or give both --reuse-port" : "");
  if (errno == EACCES) return fmt::format("{} needs privileges: choose a {}port above 1023", address, flags);
  return fmt::format("cannot listen on {} ({}host, {}port): {}", address, flags, flags, std::strerror(errno));
}

// A name for people, and whether only this machine reaches it.
void describe(Endpoint& endpoint) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(endpoint.socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    endpoint.name = fmt::format("http://{}:{}", text, ntohs(in.sin_port));
    endpoint.loopback = (ntohl(in.sin_addr.s_addr) >> 24) == 127;
  } else if (address.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
    endpoint.name = fmt::format("http://[{}]:{}", text, ntohs(in.sin6_port));
    endpoint.loopback = IN6_IS_ADDR_LOOPBACK(&in.sin6_addr);
  } else {
    endpoint.name = fmt::format("unix:{}", reinterpret_cast<sockaddr_un&>(address).sun_path);
  }
}

// What every connection inherits from the socket that it came through: a response goes out at once, and what
// the client has no window for yet stays here instead of being copied into the kernel. (A thousand slow
// readers would otherwise fill its memory with hundreds of megabytes, and the copying would be felt by all.)
void set_for_connections(const loop::UniqueFd& socket) {
  const int on = 1, unsent = kMaxUnsent;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

// Without a socket, but with errno, where this machine has no such address.
Endpoint listen_at(const addrinfo& info, bool reuse_port, const Shown& shown) {
  Endpoint endpoint;
  endpoint.socket = loop::UniqueFd(::socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int fd = endpoint.socket.get();
  if (fd < 0 && errno == EAFNOSUPPORT) return {};
  if (fd < 0) fail(explain(shown));
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (reuse_port) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (info.ai_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  const bool bound = ::bind(fd, info.ai_addr, info.ai_addrlen) == 0;
  if (!bound && errno == EADDRNOTAVAIL) return {};
  if (!bound || ::listen(fd, kBacklog) != 0) fail(explain(shown));
  set_for_connections(endpoint.socket);
  describe(endpoint);
  return endpoint;
}

bool is_same_address(const sockaddr* one, const sockaddr* other) {
  if (one->sa_family != other->sa_family) return false;
  if (one->sa_family == AF_INET)
    return reinterpret_cast<const sockaddr_in*>(one)->sin_addr.s_addr ==
           reinterpret_cast<const sockaddr_in*>(other)->sin_addr.s_addr;
  const auto& a = *reinterpret_cast<const sockaddr_in6*>(one);
  const auto& b = *reinterpret_cast<const sockaddr_in6*>(other);
  return IN6_ARE_ADDR_EQUAL(&a.sin6_addr, &b.sin6_addr) && a.sin6_scope_id == b.sin6_scope_id;
}

// Installers put the same line into /etc/hosts twice.
bool came_before(const addrinfo* list, const addrinfo* info) {
  for (; list != info; list = list->ai_next)
    if (is_same_address(list->ai_addr, info->ai_addr)) return true;
  return false;
}

std::uint16_t port_of(const Endpoint& endpoint) {
  return static_cast<std::uint16_t>(std::stoi(endpoint.name.substr(endpoint.name.rfind(':') + 1)));
}

}  // namespace

std::vector<Endpoint> listen_tcp(const std::string& host, std::uint16_t port, bool reuse_port,
                                 std::string_view flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list))
    fail(fmt::format("{}host '{}' is no address of this machine: {}", flags, host, ::gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
  std::vector<Endpoint> endpoints;
  // A name may have addresses of a family that is switched off: one that works is enough.
  std::string missing;
  for (auto* info = list; info; info = info->ai_next) {
    if (came_before(list, info)) continue;
    if (port == 0 && !endpoints.empty()) {
      // A free port was chosen for the first address; the others must have the same one. The port stands at
      // the same place in both families' addresses.
      reinterpret_cast<sockaddr_in*>(info->ai_addr)->sin_port = htons(port_of(endpoints.front()));
    }
    const Shown shown{fmt::format("{}{}{}:{}", info->ai_family == AF_INET6 ? "[" : "", host,
                                  info->ai_family == AF_INET6 ? "]" : "", port),
                      flags};
    auto endpoint = listen_at(*info, reuse_port, shown);
    if (endpoint.socket)
      endpoints.push_back(std::move(endpoint));
    else
      missing = explain(shown);
  }
  if (endpoints.empty()) fail(missing);
  return endpoints;
}

Endpoint listen_unix(const std::string& path, unsigned mode, std::string_view flag) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    fail(fmt::format("{} '{}' must have 1 to {} bytes", flag, path, sizeof address.sun_path - 1));
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const auto* raw = reinterpret_cast<const sockaddr*>(&address);

  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode)) fail(fmt::format("{} '{}' exists and is no socket", flag, path));
    const loop::UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(probe.get(), raw, sizeof address) == 0)
      fail(fmt::format("{} '{}' is in use: another server answers on it", flag, path));
    if (errno != ECONNREFUSED) fail(fmt::format("{} '{}': {}", flag, path, std::strerror(errno)));
    ::unlink(path.c_str());
  }
  Endpoint endpoint;
  endpoint.socket = loop::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Narrow from the first moment on: bind(2) makes the file with what the mask leaves.
  const auto mask = ::umask(0777 & ~mode);
  const bool bound = ::bind(endpoint.socket.get(), raw, sizeof address) == 0;
  ::umask(mask);
  if (!bound || ::listen(endpoint.socket.get(), kBacklog) != 0)
    fail(fmt::format("cannot listen on {} '{}': {}", flag, path, std::strerror(errno)));
  describe(endpoint);
  endpoint.unlink_at_end = path;
  return endpoint;
}

std::vector<Endpoint> inherited_sockets() {
  constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  std::vector<Endpoint> endpoints;
  if (pid && count && std::strtol(pid, nullptr, 10) == ::getpid()) {
    for (int fd = kFirst; fd < kFirst + std::strtol(count, nullptr, 10); ++fd) {
      int listening = 0;
      socklen_t size = sizeof listening;
      if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || !listening)
        fail(fmt::format("descriptor {} of LISTEN_FDS is no listening stream socket", fd));
      Endpoint endpoint;
      endpoint.socket = loop::UniqueFd(fd);
      ::fcntl(fd, F_SETFD, FD_CLOEXEC);
      ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
      set_for_connections(endpoint.socket);  // no effect on a Unix socket
      describe(endpoint);
      endpoints.push_back(std::move(endpoint));
    }
  }
  for (const auto* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  return endpoints;
}

}  // namespace front_door
