#include "tests/end_to_end/front_door/conformance_run.h"

#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <stdexcept>

namespace conformance {

using harness::HttpClient;
using harness::HttpResponse;

namespace {

const std::string kProbe =
    "GET /healthz HTTP/1.1\r\nHost: probe\r\nX-Request-Id: probe\r\nConnection: close\r\n\r\n";

struct Reply {
  Answers answers;
  bool probe_answered = false;
};

// Reads until the server closes, so no row needs a time of its own.
Reply read_reply(HttpClient& client, const Row& row) {
  Reply reply;
  for (;;) {
    const bool to_head = row.request.starts_with("HEAD ") && reply.answers.empty();
    auto response = client.try_read_response(to_head);
    if (!response) return reply;
    if (reply.probe_answered) throw std::runtime_error("an answer after the probe's");
    reply.probe_answered = response->field("X-Request-Id") == "probe";
    if (!reply.probe_answered) reply.answers.push_back(*std::move(response));
  }
}

std::string statuses(const Answers& answers) {
  std::string text;
  for (const auto& answer : answers) text += (text.empty() ? "" : " ") + std::to_string(answer.status);
  return text.empty() ? "nothing" : text;
}

auto count_of(const HttpResponse& answer, std::string_view name) {
  return std::count_if(answer.fields.begin(), answer.fields.end(),
                       [&](const auto& field) { return field.first == name; });
}

// What holds for every answer of this server, whatever was asked.
std::string fault_of_any(const HttpResponse& answer) {
  static const std::regex kDate(
      R"((Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT)");
  if (answer.version != "HTTP/1.1") return "an answer of version " + answer.version;
  if (answer.status < 200) return answer.has("Content-Length") ? "an interim answer with content" : "";
  if (count_of(answer, "Date") != 1 || !std::regex_match(std::string(answer.field("Date")), kDate))
    return "an answer without one Date (RFC 9110 6.6.1)";
  if (count_of(answer, "Content-Length") > 1) return "an answer with several lengths";
  if (answer.has("Content-Length") && answer.has("Transfer-Encoding")) return "an answer framed twice";
  if (answer.status < 400) return "";
  if (answer.field("Content-Type") != "application/problem+json")
    return "an error of type " + std::string(answer.field("Content-Type"));
  if (answer.body.empty()) return "";
  const auto problem = answer.json();
  if (problem.value("status", 0) != answer.status || problem.value("reason", "").empty())
    return "a problem document that does not fit: " + answer.body;
  return "";
}

std::string fault_of(const Row& row, const Reply& reply) {
  const auto got = statuses(reply.answers);
  const std::string wanted = ", wanted " + row.answers;
  if (!std::regex_match(got, std::regex(row.answers))) return "got " + got + wanted;
  if (row.after == After::open && !reply.probe_answered) return "got " + got + " and a closed connection";
  if (row.after == After::closed && reply.probe_answered) return "got " + got + " and an open connection";
  for (const auto& answer : reply.answers) {
    if (auto fault = fault_of_any(answer); !fault.empty()) return fault;
    const bool last = &answer == &reply.answers.back();
    const bool says_close = answer.field("Connection") == "close";
    if (last && says_close == reply.probe_answered)
      return "Connection does not say what becomes of the connection (RFC 9112 9.6)";
    if (!last && says_close) return "an answer that says close, and then another";
  }
  if (row.request.starts_with("HEAD ") && !reply.answers.back().body.empty()) return "content after HEAD";
  for (const auto& check : row.checks) {
    if (!check.holds(reply.answers))
      return "lacks " + check.wanted + "; the last content: " + reply.answers.back().body;
  }
  return "";
}

std::string judge(HttpClient& client, const Row& row) {
  try {
    return fault_of(row, read_reply(client, row));
  } catch (const std::exception& error) {
    return error.what();
  }
}

void wait_until_read(int unix_socket) {
  for (int unread = 1; ioctl(unix_socket, SIOCOUTQ, &unread) == 0 && unread > 0;) sched_yield();
}

}  // namespace

std::string fault_when_whole(HttpClient client, const Row& row) {
  client.send(row.request + kProbe);
  return judge(client, row);
}

std::string fault_when_cut(HttpClient client, const Row& row, Cuts cuts) {
  const std::string_view request = row.request;
  std::size_t sent = 0;
  bool connected = true;
  for (auto cut = cuts.first; connected && cut < request.size(); cut += cuts.step) {
    connected = client.send(request.substr(sent, cut - sent));
    wait_until_read(client.descriptor());
    sent = cut;
    if (cuts.step == 0) break;
  }
  if (connected) client.send(std::string(request.substr(sent)) + kProbe);
  return judge(client, row);
}

}  // namespace conformance
