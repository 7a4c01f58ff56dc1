#include "response_reader.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace bench {
namespace {

constexpr std::size_t kMaxHead = 64 * 1024;

/// The value of a field in a whole head, without the white space around it.
std::optional<std::string_view> field(std::string_view head, std::string_view name) {
  for (std::size_t line = head.find("\r\n"); line != std::string_view::npos; line = head.find("\r\n", line)) {
    line += 2;
    auto text = head.substr(line, head.find("\r\n", line) - line);
    if (text.size() <= name.size() || text[name.size()] != ':') continue;
    if (strncasecmp(text.data(), name.data(), name.size()) != 0) continue;
    text.remove_prefix(name.size() + 1);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
  }
  return std::nullopt;
}

bool is(std::optional<std::string_view> value, std::string_view word) {
  return value && value->size() == word.size() && strncasecmp(value->data(), word.data(), word.size()) == 0;
}

template <typename Number>
bool parse(std::string_view text, Number& number, int base) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end != text.data();
}

}  // namespace

bool ResponseReader::feed(std::string_view bytes) {
  while (!bytes.empty() && state_ != State::done && state_ != State::broken) {
    switch (state_) {
      case State::head: {
        const auto before = text_.size();
        text_.append(bytes);
        const auto end = text_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
        if (end == std::string::npos) {
          if (text_.size() > kMaxHead) state_ = State::broken;
          return broken();
        }
        bytes.remove_prefix(end + 4 - before);
        text_.resize(end + 2);
        read_head();
        break;
      }
      case State::sized_body:
      case State::chunk_data: {
        const auto taken = std::min<std::uint64_t>(remaining_, bytes.size());
        bytes.remove_prefix(taken);
        remaining_ -= taken;
        if (remaining_ == 0) state_ = state_ == State::sized_body ? State::done : State::chunk_end;
        break;
      }
      case State::chunk_size:
        if (auto line = next_line(bytes)) read_chunk_size(*line);
        break;
      case State::chunk_end:
        if (next_line(bytes)) state_ = State::chunk_size;
        break;
      case State::trailer:
        if (auto line = next_line(bytes); line && line->empty()) state_ = State::done;
        break;
      case State::until_close:
        return false;
      case State::done:
      case State::broken:
        break;
    }
  }
  return state_ == State::done || state_ == State::broken;
}

void ResponseReader::read_head() {
  const std::string head = std::exchange(text_, {});
  state_ = State::broken;
  if (!head.starts_with("HTTP/1.") || head.size() < 12) return;
  if (!parse(std::string_view(head).substr(9, 3), status_, 10)) return;
  keeps_alive_ = !is(field(head, "Connection"), "close");
  if (is(field(head, "Transfer-Encoding"), "chunked")) {
    state_ = State::chunk_size;
  } else if (auto length = field(head, "Content-Length")) {
    if (parse(*length, remaining_, 10)) state_ = remaining_ == 0 ? State::done : State::sized_body;
  } else {
    keeps_alive_ = false;
    state_ = State::until_close;
  }
}

void ResponseReader::read_chunk_size(std::string_view line) {
  if (!parse(line, remaining_, 16)) {
    state_ = State::broken;
  } else {
    state_ = remaining_ == 0 ? State::trailer : State::chunk_data;
  }
}

/// Moves bytes up to a line's end into text_; the line without its CRLF once it is whole.
std::optional<std::string> ResponseReader::next_line(std::string_view& bytes) {
  const auto end = bytes.find('\n');
  const auto taken = end == std::string_view::npos ? bytes.size() : end + 1;
  text_.append(bytes.substr(0, taken));
  bytes.remove_prefix(taken);
  if (text_.size() > kMaxHead) state_ = State::broken;
  if (end == std::string_view::npos) return std::nullopt;
  text_.pop_back();
  if (text_.ends_with('\r')) text_.pop_back();
  return std::exchange(text_, {});
}

}  // namespace bench
