// The description of foreign tasks: every reference in it leads somewhere.

#include "server/routes/openapi.h"

#include <doctest/doctest.h>

namespace routes {
namespace {

using ipc::Json;

// As pydantic 2 writes it, and as a schema that holds itself.
const char kOpenRpc[] = R"({
  "methods": [
    {"name": "resize", "x-params-schema": {
       "$defs": {"Size": {"type": "object", "properties": {"inner": {"$ref": "#/$defs/Size"}}}},
       "type": "object", "properties": {"size": {"$ref": "#/$defs/Size"}}},
     "result": {"name": "r", "schema": {
       "definitions": {"Size": {"type": "integer"}}, "$ref": "#/definitions/Size"}}},
    {"name": "tree", "x-params-schema": {
       "type": "object", "properties": {"child": {"$ref": "#"}, "same": {"$ref": "#/properties/child"}}}},
    {"name": "plain", "x-params-schema": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}}
  ]})";

void collect_references(const Json& value, std::vector<std::string>& found) {
  for (const auto& [key, member] : value.items()) {
    if (key == "$ref" && member.is_string()) found.push_back(member.get<std::string>());
    if (member.is_structured()) collect_references(member, found);
  }
}

TEST_CASE("every reference of the description leads to something in it, $defs and definitions as well") {
  const Catalogue catalogue(Json::parse(kOpenRpc), {}, {});
  const auto document = openapi({}, catalogue);
  std::vector<std::string> references;
  collect_references(document, references);
  CHECK(references.size() > 10);
  for (const auto& reference : references) {
    CAPTURE(reference);
    REQUIRE(reference.starts_with("#/components/"));
    CHECK(document.contains(Json::json_pointer(reference.substr(1))));
  }
  const auto& run = document.at("paths").at("/tasks/plain").at("post");
  CHECK(run.at("responses").contains("202"));
  CHECK(run.at("responses").at("200").at("content").contains("text/event-stream"));
  const auto& schemas = document.at("components").at("schemas");
  CHECK(schemas.contains("resize_params_Size"));
  CHECK(schemas.at("resize_result_Size").at("type") == "integer");
  CHECK_FALSE(schemas.at("resize_params").contains("$defs"));
  CHECK_FALSE(schemas.contains("plain_params"));
}

}  // namespace
}  // namespace routes
