#pragma once
// Reads one request from bytes that come in any portions: HeadScanner checks the head's bytes, Beast's parser
// does the framing, the field rules of RFC 9112 and 9110 are here. Knows no socket and no time. Used by
// connection.h, one per request.

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ipc/growth.h"
#include "server/front_door/exchange.h"
#include "server/front_door/head_scanner.h"

namespace front_door {

class RequestReader : private boost::beast::http::basic_parser<true> {
  using Parser = boost::beast::http::basic_parser<true>;

 public:
  /// `application` says how much content the request may have.
  RequestReader(const Limits& limits, Application& application);

  enum class Step { need_head, need_body, complete, refused };

  /// Takes what it can use from the front of `bytes`; what is left must stand at the front of the next call's
  /// bytes. After complete or refused it must not be called again.
  Step advance(std::string_view bytes, std::size_t& used);

  /// The request, whole once complete; without its body, but with all else, once the step was need_body.
  Request& request() { return request_; }
  std::size_t body_size() const { return request_.body.size(); }
  /// Bytes of memory that the request takes, and of these its body.
  std::size_t memory() const { return request_.memory() - request_.body.capacity() + body_memory(); }
  std::size_t body_memory() const { return body_growth_.memory(request_.body); }
  /// What has come of the body. More of it begins anew.
  std::string release_body();
  /// What the application says of its content; valid once the step was need_body.
  const ContentTerms& terms() const { return terms_; }
  /// The length that the client announced; nothing for chunks.
  std::optional<std::uint64_t> content_length() const;
  /// What the version and the Connection field say (RFC 9112 section 9.3); Beast would count Proxy-Connection
  /// in.
  bool keeps_alive() const;
  /// The client says that it would keep the connection, which in HTTP/1.1 goes without saying.
  bool asks_to_keep_alive() const;
  /// The client waits for 100 (Continue) before it sends its body.
  bool expects_continue() const { return seen_.expects_continue; }
  const Refusal& refusal() const { return refusal_; }

 private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;

  // Of the fields that say how the request is framed and for whom it is.
  struct FieldsSeen {
    std::optional<std::string> host, transfer_encoding;
    std::string connection_options;
    bool authorization = false;
    bool content_length = false;
    bool expects_continue = false;
  };

  Step parse(std::string_view bytes, std::size_t& used);
  void note_request_line(std::string_view bytes);
  Step refuse(Refusal refusal);
  Refusal explain(const error_code& error) const;
  void fail(error_code& error, int status, std::string detail, std::string_view reason = "bad_request");
  void check_head(error_code& error);
  void announce(std::uint64_t bytes, error_code& error);
  void read_target(error_code& error);
  void drop_fields_of_this_hop();

  void on_request_impl(boost::beast::http::verb, string_view method, string_view target, int version,
                       error_code& error) override;
  void on_field_impl(boost::beast::http::field, string_view name, string_view value,
                     error_code& error) override;
  void on_header_impl(error_code& error) override;
  std::size_t on_body_impl(string_view body, error_code&) override;
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& size, error_code&) override;
  void on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& error) override;
  void on_finish_impl(error_code&) override {}

  const Limits& limits_;
  Application& application_;
  ContentTerms terms_;
  std::uint64_t announced_ = 0;  // bytes of content, by Content-Length or by chunks up to now
  HeadScanner scanner_;
  Request request_;
  ipc::Growth body_growth_;
  FieldsSeen seen_;
  std::string_view input_;  // of the put() under way
  bool was_chunk_header_ = false;
  bool head_scanned_ = false;
  bool head_done_ = false;
  Refusal refusal_;
};

}  // namespace front_door
