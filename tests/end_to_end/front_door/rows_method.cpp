#include "tests/end_to_end/front_door/conformance_row.h"

namespace conformance {

using enum After;

namespace {

std::string empty_request(const std::string& method, const std::string& target) {
  return method + " " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
}

Rows refused_rows() {
  Rows rows = {
      {"a method that nobody knows is not implemented", "9110 9.1", empty_request("BREW", "/"), "501",
       either},
      {"methods are case-sensitive", "9110 9.1", empty_request("get", "/"), "501", either},
      {"a method that begins like another is another", "9110 9.1", empty_request("GETS", "/"), "501", either},
      {"a method of 300 letters is not implemented", "9112 3", empty_request(std::string(300, 'A'), "/"),
       "400|414|501", either},
      {"a method with a delimiter is refused", "9110 9.1", empty_request("GE(T", "/"), "400", closed},
      {"a method with a byte over 7F is refused", "9110 9.1", empty_request("G\xc3\x89T", "/"), "400",
       closed},
      {"an empty method is refused", "9112 3", empty_request("", "/"), "400", closed},
      {"CONNECT makes no tunnel", "9110 9.3.6", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", "400|405|501",
       either},
      {"TRACE does not echo",
       "9110 9.3.8",
       "TRACE / HTTP/1.1\r\nHost: a\r\nX-Secret: mellon\r\n\r\n",
       "405|501",
       either,
       {{"no echo",
         [](const Answers& answers) { return answers.back().body.find("mellon") == std::string::npos; }}}},
  };
  for (const std::string method : {"POST", "PUT", "DELETE", "PATCH"}) {
    rows.push_back(
        {method + " of / is not allowed",
         "9110 15.5.6",
         empty_request(method, "/"),
         "405",
         open,
         {has_field_with("Allow", "GET"), has_field_with("Allow", "HEAD"), says("method_not_allowed")}});
  }
  rows.push_back({"DELETE of a task is not allowed",
                  "9110 15.5.6",
                  empty_request("DELETE", "/tasks/spin"),
                  "405",
                  open,
                  {has_field_with("Allow", "POST"), has_field_with("Allow", "GET")}});
  return rows;
}

std::string post_of_type(const std::string& type_line) {
  return "POST /tasks/spin HTTP/1.1\r\nHost: a\r\n" + type_line + std::string(kContentLength) + "\r\n" +
         std::string(kContent);
}

Rows head_rows() {
  const auto has_length = Check{"a Content-Length as GET has", [](const Answers& answers) {
                                  return answers.back().field("Content-Length").size() > 1;
                                }};
  return {
      {"HEAD is answered as GET is, without content",
       "9110 9.3.2",
       "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
       "200",
       open,
       {has_length, has_field("Content-Type", "application/json")}},
      {"HEAD of nothing is 404 without content", "9110 9.3.2", "HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n",
       "404", open},
      {"HEAD of a heavy route is answered without content", "9110 9.3.2",
       "HEAD /non-blocking?CPUTimeMs=0 HTTP/1.1\r\nHost: a\r\n\r\n", "200", open},
      {"HEAD without Host is refused without content", "9110 9.3.2", "HEAD / HTTP/1.1\r\n\r\n", "400",
       closed},
  };
}

Rows route_rows() {
  return {
      {"an unknown route is 404", "9110 15.5.5", get("/nowhere"), "404", open, {says("unknown_route")}},
      {"OPTIONS of a route is answered",
       "9110 9.3.7",
       empty_request("OPTIONS", "/"),
       "200|204|405",
       open,
       {has_field_with("Allow", "GET")}},
      {"an unknown task is 404",
       "9110 15.5.5",
       "POST /tasks/nothing HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
       "2\r\n\r\n{}",
       "404",
       open,
       {says("unknown_task")}},
      {"broken JSON is 400 and no framing error",
       "9110 15.5.1",
       post("Content-Length: 3\r\n", "{x}"),
       "400",
       open,
       {says("bad_json")}},
      {"text is no JSON",
       "9110 15.5.16",
       post_of_type("Content-Type: text/plain\r\n"),
       "415",
       open,
       {says("unsupported_media_type")}},
      {"a form is no JSON", "9110 15.5.16",
       post_of_type("Content-Type: application/x-www-form-urlencoded\r\n"), "415", open},
      {"a multipart form is no JSON", "9110 15.5.16",
       post_of_type("Content-Type: multipart/form-data; boundary=x\r\n"), "415", open},
      {"a media type is read in any case", "9110 8.3.1", post_of_type("Content-Type: Application/JSON\r\n"),
       "422", open},
      {"a media type may have a parameter", "9110 8.3.1",
       post_of_type("Content-Type: application/json; charset=utf-8\r\n"), "422", open},
      {"a heavy route is answered",
       "9110 15.3.1",
       get("/non-blocking?CPUTimeMs=0"),
       "200",
       open,
       {says("usage")}},
  };
}

}  // namespace

Rows method_rows() {
  Rows rows = refused_rows();
  for (const auto& more : {head_rows(), route_rows()}) rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace conformance
