// A cruncher whose params or result hold bytes, called with these as they are.

#include <doctest/doctest.h>

#include "tests/end_to_end/job.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

TEST_CASE("Accept: a picture in a result comes as the picture") {
  const RunningServer server({"--spares", "0"});
  HttpClient client(server.port());
  const Json params{{"width", 20}, {"height", 10}};
  const auto json = client.post("/tasks/mandelbrot", params);
  CHECK(json.field("Content-Type") == "application/json");
  CHECK(json.field("Vary") == "Accept");
  const auto png = client.post("/tasks/mandelbrot", params, {{"Accept", "image/png"}});
  CHECK(png.status == 200);
  CHECK(png.field("Content-Type") == "image/png");
  CHECK(png.body.starts_with("\x89PNG"));
  CHECK(png.has("Server-Timing"));
  const auto any = client.post("/tasks/mandelbrot", params, {{"Accept", "image/png, */*"}});
  CHECK(any.field("Content-Type") == "application/json");
  const auto wrong = client.post("/tasks/mandelbrot", {{"width", -1}}, {{"Accept", "image/png"}});
  CHECK(outcome_of(wrong) == "422 invalid_params");
}

TEST_CASE("a params schema with one such member takes a content of its type, the rest from the query") {
  const harness::TemporaryDirectory directory;
  const auto cruncher = directory.write("sizes", R"(#!/usr/bin/python3
import base64, json, sys
request = json.loads(sys.stdin.readline())
if request["method"] == "rpc.discover":
    schema = {"type": "object", "required": ["data"], "additionalProperties": False, "properties": {
        "data": {"type": "string", "contentEncoding": "base64", "contentMediaType": "application/pdf"},
        "pages": {"type": "integer", "maximum": 9}}}
    result = {"openrpc": "1.2.6", "info": {"title": "t", "version": "1"}, "methods": [
        {"name": "size", "params": [], "x-params-schema": schema, "result": {"name": "r", "schema": {}}}]}
else:
    params = request["params"]
    result = [len(base64.b64decode(params["data"])), params.get("pages")]
print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}) + "\n", flush=True)
)",
                                        true);
  const RunningServer server({"--cruncher", cruncher, "--memory", "0", "--spares", "0"});
  HttpClient client(server.port());
  const auto post = [&](const char* target, const char* type, const std::string& content) {
    return client.request("POST", target,
                          {{"Content-Type", type}, {"Content-Length", std::to_string(content.size())}},
                          content);
  };
  CHECK(post("/tasks/size?pages=7", "application/pdf", std::string(70'001, '\xff')).json().at("result") ==
        Json{70'001, 7});
  CHECK(post("/tasks/size", "application/pdf", "").json().at("result") == Json{0, nullptr});
  CHECK(outcome_of(post("/tasks/size?pages=10", "application/pdf", "x")) == "422 invalid_params");
  CHECK(outcome_of(post("/tasks/size?other=1", "application/pdf", "x")) == "422 invalid_params");
  CHECK(outcome_of(post("/tasks/size", "image/png", "x")) == "415 unsupported_media_type");
  CHECK(post("/tasks/size", "application/json", R"({"data":"aGk="})").json().at("result") ==
        Json{2, nullptr});
}

}  // namespace
}  // namespace end_to_end
