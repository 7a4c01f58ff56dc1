// cpp-httplib as distributions build it initialises OpenSSL when it is loaded. This server speaks no TLS (a
// proxy in front of it does), and would pay 1.7 MiB of resident memory for it. The program's own definition
// comes before the shared library's, so nothing is initialised; without TLS in cpp-httplib nobody asks for
// it.

#include <cstdint>

extern "C" int OPENSSL_init_ssl(std::uint64_t, const void*) {
  return 1;
}
