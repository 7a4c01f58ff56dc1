#include "tests/end_to_end/front_door/conformance_row.h"

namespace conformance {

using enum After;

namespace {

std::string named(std::string_view target, const std::string& id) {
  return get(target, "X-Request-Id: " + id + "\r\n");
}

std::string id_of(int number) {
  return std::to_string(number);
}

std::string many(int count) {
  std::string requests;
  for (int i = 0; i < count; ++i) requests += named("/healthz", id_of(i));
  return requests;
}

std::vector<std::string> many_ids(int count) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) ids.push_back(id_of(i));
  return ids;
}

}  // namespace

Rows pipeline_rows() {
  const std::string task = post("X-Request-Id: task\r\n" + std::string(kContentLength), kContent);
  return {
      {"two requests get two answers",
       "9112 9.3.2",
       named("/", "a") + named("/healthz", "b"),
       "200 200",
       open,
       {answers_ids({"a", "b"})}},
      {"fifty requests get fifty answers",
       "9112 9.3.2",
       many(50),
       "(200 ?){50}",
       open,
       {answers_ids(many_ids(50))}},
      {"light requests wait for the heavy one before them",
       "9112 9.3.2",
       named("/non-blocking?CPUTimeMs=5", "heavy") + named("/", "light") + task + named("/nowhere", "none"),
       "200 200 422 404",
       open,
       {answers_ids({"heavy", "light", "task", "none"})}},
      {"heavy requests of one client are answered in order",
       "9112 9.3.2",
       named("/non-blocking?CPUTimeMs=5", "slow") + named("/non-blocking?CPUTimeMs=0", "fast"),
       "200 200",
       open,
       {answers_ids({"slow", "fast"})}},
      {"a chunked request may be followed by another", "9112 9.3.2",
       post_chunked("10\r\n" + std::string(kContent) + "\r\n0\r\n\r\n") + named("/", "next"), "422 200",
       open},
      {"an empty line after content is ignored",
       "9112 2.2",
       task + "\r\n" + named("/", "next"),
       "422 200",
       open,
       {answers_ids({"task", "next"})}},
      {"a good request is answered before the bad one after it", "9112 9.3.2",
       named("/", "good") + get("/ bad"), "200 400", closed},
      {"nothing after a bad request is read", "9112 9.3.2", get("/ bad") + named("/", "good"), "400", closed},
      {"nothing after close is read", "9112 9.6", get("/", "Connection: close\r\n") + named("/", "late"),
       "200", closed},
      {"a heavy request that closes is the last", "9112 9.6",
       get("/non-blocking?CPUTimeMs=0", "Connection: close\r\n") + named("/", "late"), "200", closed},
      {"nothing after a conflict of lengths is read", "9112 6.3",
       post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n") + named("/", "smuggled"),
       "400", closed},
  };
}

}  // namespace conformance
