#include "tests/end_to_end/front_door/conformance_row.h"

#include <iterator>

namespace conformance {

Rows all_rows() {
  Rows all;
  for (const auto rows :
       {request_line_rows, target_rows, host_rows, field_rows, content_length_rows, transfer_encoding_rows,
        chunk_rows, connection_rows, expectation_rows, method_rows, pipeline_rows}) {
    auto some = rows();
    all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  return all;
}

std::string get(std::string_view target, std::string_view fields) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

std::string post(std::string_view fields, std::string_view content) {
  return "POST /tasks/spin HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + std::string(fields) +
         "\r\n" + std::string(content);
}

std::string post_chunked(std::string_view chunks) {
  return post("Transfer-Encoding: chunked\r\n", chunks);
}

Check has_field(std::string name, std::string value) {
  return {name + ": " + value, [=](const Answers& answers) { return answers.back().field(name) == value; }};
}

Check has_field_with(std::string name, std::string part) {
  return {name + " with " + part, [=](const Answers& answers) {
            return answers.back().field(name).find(part) != std::string_view::npos;
          }};
}

Check lacks_field(std::string name) {
  return {"no " + name, [=](const Answers& answers) { return !answers.back().has(name); }};
}

Check says(std::string text) {
  return {"a body with " + text,
          [=](const Answers& answers) { return answers.back().body.find(text) != std::string::npos; }};
}

Check lacks_content() {
  return {"no content", [](const Answers& answers) { return answers.back().body.empty(); }};
}

Check answers_ids(std::vector<std::string> ids) {
  std::string wanted = "answers in the order";
  for (const auto& id : ids) wanted += " " + id;
  return {wanted, [ids = std::move(ids)](const Answers& answers) {
            std::vector<std::string> got;
            for (const auto& answer : answers) got.emplace_back(answer.field("X-Request-Id"));
            return got == ids;
          }};
}

}  // namespace conformance
