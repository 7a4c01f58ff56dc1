#include "server/routes/httplib_text.h"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <cstring>

#include "server/front_door/response.h"

namespace routes {
namespace {

// A request line that says nothing, and the response's head, in memory. Members are those of every
// httplib::Stream from 0.11 to 0.2x: what a version does not know is never called.
class MemoryStream final : public httplib::Stream {
 public:
  MemoryStream() { written.reserve(512); }

  bool is_readable() const { return true; }
  bool is_writable() const { return true; }
  bool wait_readable() const { return true; }
  bool wait_writable() const { return true; }
  time_t duration() const { return 0; }
  socket_t socket() const { return -1; }
  void get_remote_ip_and_port(std::string&, int&) const {}
  void get_local_ip_and_port(std::string&, int&) const {}

  ssize_t read(char* to, size_t size) {
    const auto part = std::string_view("GET / HTTP/1.1\r\n\r\n").substr(read_);
    const auto count = std::min(size, part.size());
    std::memcpy(to, part.data(), count);
    read_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, size_t size) {
    written.append(from, size);
    return static_cast<ssize_t>(size);
  }

  std::string written;

 private:
  std::size_t read_ = 0;
};

// Its server without its listener: fed from memory, one response at a time. Of the request it sees nothing:
// it would percent-decode fields (a decoded CR LF in an echoed value is a forged field), obey some (Range,
// Accept-Encoding), and copy the content.
class HeadFormer : private httplib::Server {
 public:
  HeadFormer() {
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      response.status = reply_->status;
      for (const auto& [name, value] : reply_->fields) response.headers.emplace(name, value);
      const auto size = reply_->file.fd ? reply_->file.size : reply_->content.size();
      response.headers.emplace("Content-Length", std::to_string(size));
      return HandlerResponse::Handled;
    });
    // What it says of the connection is not for it to know.
    set_post_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      response.headers.erase("Connection");
      if (response.status == 204 || reply_->stream) response.headers.erase("Content-Length");
    });
  }

  std::string form(const Reply& reply) {
    reply_ = &reply;
    MemoryStream stream;
    process(*this, stream);
    auto head = std::move(stream.written);
    head.resize(head.size() - 2);  // the empty line
    // Its phrases are those of an older RFC.
    head.replace(0, head.find('\r'),
                 fmt::format("HTTP/1.1 {} {}", reply.status, front_door::status_phrase(reply.status)));
    return head;
  }

 private:
  // The signature of process_request() grew by four addresses in 0.18.
  template <typename Former, typename Memory>
  static void process(Former& former, Memory& memory) {
    bool closed = false;
    const std::function<void(httplib::Request&)> setup;
    if constexpr (requires { former.process_request(memory, true, closed, setup); })
      former.process_request(memory, true, closed, setup);
    else
      former.process_request(memory, std::string(), 0, std::string(), 0, true, closed, setup);
  }

  const Reply* reply_ = nullptr;
};

}  // namespace

std::string decoded_path(std::string_view path) {
  return httplib::detail::decode_url(std::string(path), false);
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  httplib::Params params;
  httplib::detail::parse_query_text(std::string(query), params);
  const auto found = params.find(std::string(name));
  if (found == params.end()) return std::nullopt;
  return found->second;
}

std::vector<std::pair<std::string, std::string>> query_pairs(std::string_view query) {
  httplib::Params params;
  httplib::detail::parse_query_text(std::string(query), params);
  return {params.begin(), params.end()};
}

std::string form_head(const Reply& reply) {
  static HeadFormer former;  // the loop has one thread
  return former.form(reply);
}

}  // namespace routes
