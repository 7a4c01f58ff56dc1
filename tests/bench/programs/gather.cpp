// gather: stdin to stdout, once all of it is there; static. Under CGI it says first what that is.

#include <unistd.h>

#include <cstdlib>
#include <string>

int main() {
  std::string all;
  if (std::getenv("GATEWAY_INTERFACE")) all = "Content-Type: application/octet-stream\n\n";
  static char bytes[65536];
  ssize_t count;
  while ((count = ::read(0, bytes, sizeof bytes)) > 0) all.append(bytes, static_cast<std::size_t>(count));
  for (std::size_t written = 0; written < all.size();) {
    const auto some = ::write(1, all.data() + written, all.size() - written);
    if (some < 0) return 1;
    written += static_cast<std::size_t>(some);
  }
  return count < 0;
}
