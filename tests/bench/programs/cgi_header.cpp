// A library for LD_PRELOAD into a CGI server: writes the header that CGI wants before an answer (RFC 3875,
// section 6.2.1) just before the server's child becomes the program. So a cruncher, which prints its answer
// and nothing else, serves as a CGI program as it is, and the server does not pay for a wrapper script or a
// second exec.

#include <dlfcn.h>
#include <unistd.h>

#include <string_view>

namespace {

bool write_header() {
  constexpr std::string_view kHeader = "Content-Type: application/json\r\n\r\n";
  return write(STDOUT_FILENO, kHeader.data(), kHeader.size()) == ssize_t(kHeader.size());
}

}  // namespace

/// Apache's way.
extern "C" int execve(const char* program, char* const arguments[], char* const environment[]) noexcept {
  static const auto next = reinterpret_cast<decltype(&execve)>(dlsym(RTLD_NEXT, "execve"));
  return write_header() ? next(program, arguments, environment) : -1;
}

/// fcgiwrap's way, always with the program's name as the one argument.
extern "C" int execl(const char* program, const char* name, ...) noexcept {
  char* const arguments[] = {const_cast<char*>(name), nullptr};
  return execve(program, arguments, environ);
}
