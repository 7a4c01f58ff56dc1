// Any bytes as what comes down a pipe: cut into lines, read as a request and as a reply. Besides not
// crashing, the readers must not depend on how the bytes are portioned, and must read again what they print.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/json.h"
#include "ipc/line_reader.h"
#include "ipc/reply.h"
#include "tests/fuzz/property.h"

namespace {

constexpr std::size_t kMaxLine = 4096;

std::vector<std::string> lines_of(std::string_view bytes, std::size_t portion, bool& overflowed) {
  ipc::LineReader reader(kMaxLine);
  std::vector<std::string> lines;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(portion, bytes.size()))) {
    reader.feed(bytes.substr(0, portion));
    while (auto line = reader.next()) lines.push_back(*std::move(line));
  }
  overflowed = reader.overflowed();
  return lines;
}

void check_printed(const std::string& printed) {
  property(printed.ends_with('\n') && std::count(printed.begin(), printed.end(), '\n') == 1,
           "a message is printed as one line");
}

std::string_view without_end(std::string_view printed) {
  return printed.substr(0, printed.size() - 1);
}

void check_request(std::string_view line) {
  const auto read = ipc::parse_request(line);
  if (const auto* refusal = std::get_if<ipc::Response>(&read)) {
    check_printed(ipc::print_response(*refusal));
    return;
  }
  const auto& request = std::get<ipc::Request>(read);
  const auto printed = ipc::print_request(request);
  check_printed(printed);
  const auto again = ipc::parse_request(without_end(printed));
  const auto* same = std::get_if<ipc::Request>(&again);
  property(same && same->id == request.id && same->method == request.method && same->params == request.params,
           "a printed request reads as it was");
}

bool same_error(const ipc::Error& a, const ipc::Error& b) {
  return a.code == b.code && a.message == b.message && a.data == b.data;
}

// Whether what was read again is the response that was printed.
bool same(const ipc::Answer& read, const ipc::Response& printed) {
  if (read.id != printed.id || read.body.index() != printed.body.index()) return false;
  if (const auto* error = std::get_if<ipc::Error>(&read.body))
    return same_error(*error, std::get<ipc::Error>(printed.body));
  const auto result = ipc::parse_json(std::get<std::string_view>(read.body));
  return std::holds_alternative<ipc::Json>(result) &&
         std::get<ipc::Json>(result) == std::get<ipc::Json>(printed.body);
}

// The result is found as it is built: read by itself, it is the same as within the whole line.
void check_answer(const ipc::Answer& answer, std::string_view line) {
  ipc::Response response{answer.id, ipc::Json()};
  if (const auto* error = std::get_if<ipc::Error>(&answer.body)) {
    response.body = *error;
  } else {
    const auto alone = ipc::parse_json(std::get<std::string_view>(answer.body));
    const auto whole = ipc::parse_json(line);
    property(std::holds_alternative<ipc::Json>(alone) && std::holds_alternative<ipc::Json>(whole) &&
                 std::get<ipc::Json>(alone) == std::get<ipc::Json>(whole).at("result"),
             "a result is the whole of its value");
    response.body = std::get<ipc::Json>(alone);
  }
  const auto printed = ipc::print_response(response);
  check_printed(printed);
  const auto again = ipc::parse_reply(without_end(printed));
  const auto* read = std::get_if<ipc::Answer>(&again);
  property(read && same(*read, response), "a printed response reads as it was");
}

// To pass a part by is neither to be laxer nor to be stricter.
void check_around(std::string_view line) {
  std::string_view value;
  const auto around = ipc::parse_json_around("result", line, value, line.size());
  const auto whole = ipc::parse_json(line);
  property(around.index() == whole.index(), "what is taken whole is taken in parts, and nothing else is");
}

void check_reply(std::string_view line) {
  check_around(line);
  const auto read = ipc::parse_reply(line);
  if (const auto* answer = std::get_if<ipc::Answer>(&read)) {
    check_answer(*answer, line);
  } else if (const auto* progress = std::get_if<ipc::Progress>(&read)) {
    property(!(progress->fraction < 0) && !(progress->fraction > 1), "a progress lies between 0 and 1");
  } else {
    property(!std::get<ipc::Malformed>(read).why.empty(), "a malformed line is explained");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  bool overflowed = false;
  bool overflowed_too = false;
  const auto lines = lines_of(bytes, bytes.size(), overflowed);
  property(lines == lines_of(bytes, 7, overflowed_too) && overflowed == overflowed_too,
           "lines do not depend on how their bytes came");
  for (const auto& line : lines) {
    property(line.size() <= kMaxLine && line.find('\n') == std::string::npos,
             "a line is short and is one line");
    check_request(line);
    check_reply(line);
  }
  // What has no end yet is text from outside as well.
  check_request(bytes);
  check_reply(bytes);
  return 0;
}
