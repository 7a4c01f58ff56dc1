#include "server/front_door/request_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include "server/front_door/field_rules.h"
#include "server/loop/size_limits.h"

namespace front_door {
namespace http = boost::beast::http;
namespace {

// A chunk's size line with its extensions, or a trailer section: what Beast wants to see in one piece.
constexpr std::size_t kMaxChunkHeader = 4096;

}  // namespace

RequestReader::RequestReader(const Limits& limits, Application& application)
    : limits_(limits), application_(application), scanner_(limits) {
  Parser::header_limit(static_cast<std::uint32_t>(limits.max_head + 1));
  Parser::body_limit(boost::none);  // see announce()
}

RequestReader::Step RequestReader::refuse(Refusal refusal) {
  refusal_ = std::move(refusal);
  return Step::refused;
}

RequestReader::Step RequestReader::advance(std::string_view bytes, std::size_t& used) {
  used = 0;
  if (!head_scanned_) {
    switch (scanner_.scan(bytes)) {
      case HeadScanner::State::more:
        note_request_line(bytes.substr(scanner_.skipped()));
        return Step::need_head;
      case HeadScanner::State::refused:
        note_request_line(bytes.substr(scanner_.skipped()));
        return refuse(scanner_.refusal());
      case HeadScanner::State::complete:
        break;
    }
    head_scanned_ = true;
    bytes.remove_prefix(scanner_.skipped());
    used = scanner_.skipped();
  }
  return parse(bytes, used);
}

// For the answer, and the log, of a request whose head is refused, or will not be whole.
void RequestReader::note_request_line(std::string_view bytes) {
  if (!scanner_.has_request_line() || !request_.method.empty()) return;
  const auto method = bytes.substr(0, bytes.find(' '));
  bytes.remove_prefix(method.size() + 1);
  request_.method = method;
  request_.target = bytes.substr(0, bytes.find(' '));
}

// Beast takes one element at a time: the head, a piece of content, a chunk's size line, the last one with the
// trailers.
RequestReader::Step RequestReader::parse(std::string_view bytes, std::size_t& used) {
  const auto begin = bytes;
  while (!Parser::is_done() && !bytes.empty()) {
    error_code error;
    input_ = bytes;
    was_chunk_header_ = false;
    const auto taken = Parser::put(asio::buffer(bytes.data(), bytes.size()), error);
    used += taken;
    bytes.remove_prefix(taken);
    const bool too_long = (was_chunk_header_ && taken > kMaxChunkHeader) ||
                          (error == http::error::need_more && bytes.size() > kMaxChunkHeader);
    if (too_long)
      return refuse({400, "bad_request",
                     fmt::format("a chunk's size line or the trailer section is longer than {} bytes",
                                 kMaxChunkHeader)});
    if (error == http::error::need_more && head_done_) break;
    if (error) {
      if (!head_done_) note_request_line(begin);
      return refuse(explain(error));
    }
  }
  return Parser::is_done() ? Step::complete : Step::need_body;
}

bool RequestReader::keeps_alive() const {
  if (lists(seen_.connection_options, "close")) return false;
  return request_.minor_version == 1 || asks_to_keep_alive();
}

bool RequestReader::asks_to_keep_alive() const {
  return lists(seen_.connection_options, "keep-alive");
}

Refusal RequestReader::explain(const error_code& error) const {
  if (!refusal_.detail.empty()) return refusal_;
  if (error == http::error::bad_version)
    return {505, "bad_request", "the version is neither HTTP/1.1 nor HTTP/1.0"};
  if (error == http::error::bad_content_length || error == http::error::multiple_content_length)
    return {400, "bad_request",
            "Content-Length is not one decimal number, or stands beside Transfer-Encoding"};
  if (error == http::error::bad_transfer_encoding)
    return {400, "bad_request", "Transfer-Encoding is repeated, or stands beside Content-Length"};
  return {400, "bad_request", fmt::format("malformed request: {}", error.message())};
}

void RequestReader::fail(error_code& error, int status, std::string detail, std::string_view reason) {
  refusal_ = {status, reason, std::move(detail)};
  error = http::error::bad_value;
}

void RequestReader::on_request_impl(http::verb verb, string_view method, string_view target, int version,
                                    error_code& error) {
  request_.method = method;
  request_.target = target;
  request_.minor_version = version % 10;
  const bool known = verb == http::verb::get || verb == http::verb::head || verb == http::verb::post ||
                     verb == http::verb::put || verb == http::verb::delete_ || verb == http::verb::options ||
                     verb == http::verb::trace || verb == http::verb::patch;
  if (!known)
    fail(error, 501, fmt::format("the method {} is not implemented", std::string_view(method)),
         "not_implemented");
}

void RequestReader::on_field_impl(http::field field, string_view name, string_view value, error_code& error) {
  // Trailer fields come here too. They are dropped: nobody here expects any, and merged into the head they
  // would be a way around its checks (RFC 9110 section 6.5.1).
  if (head_done_) {
    // A folded value is put together elsewhere, the others are seen where they came in.
    const bool folded =
        !value.empty() && (value.data() < input_.data() || value.data() >= input_.data() + input_.size());
    if (folded) fail(error, 400, "a trailer field is folded");
    return;
  }
  switch (field) {
    case http::field::host:
      if (seen_.host) return fail(error, 400, "Host is given more than once");
      seen_.host = value;
      if (!is_host(*seen_.host)) return fail(error, 400, "Host is not `uri-host [ \":\" port ]`");
      break;
    case http::field::authorization:  // whose key is it? Each reader would say another
      if (seen_.authorization) return fail(error, 400, "Authorization is given more than once");
      seen_.authorization = true;
      break;
    case http::field::content_length:
      if (seen_.content_length) return fail(error, 400, "Content-Length is given more than once");
      seen_.content_length = true;
      if (!std::all_of(value.begin(), value.end(), [](unsigned char c) { return std::isdigit(c); }))
        return fail(error, 400, "Content-Length is not one decimal number");
      return;
    case http::field::transfer_encoding:
      if (seen_.transfer_encoding) return fail(error, 400, "Transfer-Encoding is given more than once");
      seen_.transfer_encoding = value;
      return;
    case http::field::expect:
      if (request_.minor_version == 0) return;  // RFC 9110 section 10.1.1
      if (!equals(value, "100-continue"))
        return fail(error, 417, "the only expectation that can be met is 100-continue", "expectation_failed");
      seen_.expects_continue = true;
      return;
    case http::field::connection:
      if (!seen_.connection_options.empty()) seen_.connection_options += ',';
      seen_.connection_options += std::string_view(value);
      return;
    case http::field::keep_alive:
    case http::field::proxy_connection:
    case http::field::te:
    case http::field::trailer:
    case http::field::upgrade:
      return;
    default:
      break;
  }
  request_.fields.emplace_back(name, value);
}

void RequestReader::on_header_impl(error_code& error) {
  head_done_ = true;
  check_head(error);
  if (!error) read_target(error);
  if (error) return;
  drop_fields_of_this_hop();
  const auto length = content_length();
  if (Parser::chunked() || length.value_or(0) > 0) terms_ = application_.terms(request_);
  announce(length.value_or(0), error);
}

void RequestReader::announce(std::uint64_t bytes, error_code& error) {
  if (bytes > terms_.most - announced_)
    return fail(error, 413,
                fmt::format("the content is larger than {} bytes ({})", terms_.most, terms_.limited_by),
                "body_too_large");
  announced_ += bytes;
}

std::optional<std::uint64_t> RequestReader::content_length() const {
  const auto length = Parser::content_length();
  if (!length) return std::nullopt;
  return *length;
}

std::string RequestReader::release_body() {
  body_growth_.restart();
  return std::exchange(request_.body, {});
}

void RequestReader::check_head(error_code& error) {
  if (request_.minor_version == 1 && (!seen_.host || seen_.host->empty()))
    return fail(error, 400, seen_.host ? "Host is empty" : "Host is missing (RFC 9112 section 3.2)");
  if (!seen_.transfer_encoding) return;
  // A coding that is not known, or framing that cannot be told, must never be guessed at: RFC 9112
  // section 6.1.
  if (request_.minor_version == 0) return fail(error, 400, "Transfer-Encoding in a message of HTTP/1.0");
  if (seen_.content_length) return fail(error, 400, "Transfer-Encoding stands beside Content-Length");
  if (equals(*seen_.transfer_encoding, "chunked")) return;
  const auto& codings = *seen_.transfer_encoding;
  const auto last = codings.substr(std::min(codings.find_last_of(", \t") + 1, codings.size()));
  const bool chunked_once =
      equals(last, "chunked") && !lists(codings.substr(0, codings.rfind(',') + 1), "chunked");
  if (codings.find(',') != std::string::npos && chunked_once)
    return fail(error, 501, "the only transfer coding that is implemented is chunked", "not_implemented");
  fail(error, 400, "Transfer-Encoding does not end in one chunked coding");
}

// origin-form, absolute-form (its authority stands for Host, RFC 9112 section 3.2.2) or asterisk-form.
void RequestReader::read_target(error_code& error) {
  auto& target = request_.target;
  if (target.front() == '/') {
    if (target.find('#') != std::string::npos) fail(error, 400, "the request target has a fragment");
    return;
  }
  if (target == "*") {
    if (request_.method != "OPTIONS") fail(error, 400, "the target * is for OPTIONS alone");
    return;
  }
  const std::size_t scheme = equals(std::string_view(target).substr(0, 7), "http://")    ? 7
                             : equals(std::string_view(target).substr(0, 8), "https://") ? 8
                                                                                         : 0;
  const auto path = target.find_first_of("/?", scheme);
  const auto authority = target.substr(scheme, std::min(path, target.size()) - scheme);
  if (scheme == 0 || authority.empty() || !is_host(authority) || target.find('#') != std::string::npos)
    return fail(error, 400, "the request target is neither a path nor an http URI");
  for (auto& [name, value] : request_.fields)
    if (equals(name, "host")) value = authority;
  target.erase(0, std::min(path, target.size()));
  if (target.empty() && request_.method == "OPTIONS")
    target.assign(1, '*');
  else if (target.empty() || target.front() == '?')
    target.insert(target.begin(), '/');
}

void RequestReader::drop_fields_of_this_hop() {
  if (seen_.connection_options.empty()) return;
  std::erase_if(request_.fields, [this](const auto& field) {
    return !equals(field.first, "host") && lists(seen_.connection_options, field.first);
  });
}

void RequestReader::on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& error) {
  was_chunk_header_ = true;
  announce(size, error);
  if (error) return;
  const bool control = std::any_of(extensions.begin(), extensions.end(),
                                   [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
  if (control) fail(error, 400, "a chunk extension has a control character");
}

// In chunks, a body does not say how long it will be.
void RequestReader::on_body_init_impl(const boost::optional<std::uint64_t>& size, error_code&) {
  body_growth_ = ipc::Growth(std::min<std::size_t>(size.value_or(kChunkedRoom), terms_.most));
}

std::size_t RequestReader::on_body_impl(string_view body, error_code&) {
  body_growth_.append(request_.body, std::string_view(body));
  return body.size();
}

std::size_t RequestReader::on_chunk_body_impl(std::uint64_t, string_view body, error_code&) {
  body_growth_.append(request_.body, std::string_view(body));
  return body.size();
}

}  // namespace front_door
