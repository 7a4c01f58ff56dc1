// What each URL answers: statuses, reasons and header fields of the HTTP contract, with the built-in
// cruncher.

#include <doctest/doctest.h>

#include "tests/end_to_end/job.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

// One server for all the cases: none of them leaves a trace. At normal priority, so that a busy machine does
// not starve its crunchers.
const RunningServer& server() {
  static const RunningServer running({"--priority", "normal"});
  return running;
}

HttpResponse raw_post(std::string_view target, std::string_view body,
                      const std::string& type = "application/json") {
  Fields fields;
  if (!type.empty()) fields.emplace_back("Content-Type", type);
  return HttpClient(server().port()).request("POST", target, fields, body);
}

void check_problem(const HttpResponse& response, int status, std::string_view reason) {
  CHECK(response.status == status);
  CHECK(response.field("Content-Type").starts_with("application/problem+json"));
  const auto problem = response.json();
  CHECK(problem.value("type", "") == "about:blank");
  CHECK(problem.value("status", 0) == status);
  CHECK(problem.value("reason", "") == reason);
  CHECK_FALSE(problem.value("title", "").empty());
  CHECK_FALSE(problem.value("detail", "").empty());
}

TEST_CASE("a job's answer holds its result and what it cost") {
  const auto answer = run_job(server(), "primes", {{"limit", 1'000'000}});
  REQUIRE(outcome_of(answer) == "200");
  CHECK(answer.response.field("Content-Type").starts_with("application/json"));
  const auto json = answer.response.json();
  CHECK(json.at("result").at("count") == 78'498);
  for (const auto* member : {"wait_ms", "run_ms", "cpu_ms", "pid"})
    CHECK(json.at("usage").at(member).is_number());
  CHECK(json.at("usage").contains("max_rss_kib"));
  const auto timing = std::string(answer.response.field("Server-Timing"));
  for (const auto* part : {"wait;dur=", "run;dur=", "cpu;dur="})
    CHECK(timing.find(part) != std::string::npos);
}

TEST_CASE("every operation of the description lists its parameters") {
  const auto paths = HttpClient(server().port()).get("/openapi.json").json().at("paths");
  REQUIRE(paths.contains("/blocking"));
  for (const auto& [path, item] : paths.items()) {
    for (const auto& [method, operation] : item.items()) {
      const std::string which = method + " " + path;
      CAPTURE(which);
      const auto parameters = operation.value("parameters", Json::array());
      REQUIRE(parameters.is_array());
      for (const auto& parameter : parameters)
        CHECK((parameter.contains("name") || parameter.contains("$ref")));
    }
  }
  CHECK(paths.at("/tasks/primes").contains("get"));
  CHECK(paths.at("/tasks/primes").contains("post"));
  CHECK(paths.at("/blocking").at("get").at("parameters").at(0).at("name") == "CPUTimeMs");
}

TEST_CASE("params that do not fit the schema are named by pointer, and no process is used for them") {
  const harness::TemporaryDirectory directory;
  const auto program = directory.copy(CRUNCHER_PATH, "cruncher");
  const RunningServer programless({"--cruncher", program, "--spares", "0"});
  directory.remove("cruncher");  // so whatever needs a process fails from here on
  const struct {
    Json params;
    std::string pointer;
  } bad[] = {{{{"limit", "x"}}, "/limit"},
             {{{"limit", -1}}, "/limit"},
             {{{"limit", 1e12}}, "/limit"},
             {Json::object(), "/limit"}};
  for (const auto& one : bad) {
    CAPTURE(one.params.dump());
    const auto response = run_job(programless, "primes", one.params).response;
    check_problem(response, 422, "invalid_params");
    const auto errors = response.json().at("errors");
    REQUIRE(errors.size() >= 1);
    CHECK(errors[0].at("pointer") == one.pointer);
    CHECK_FALSE(errors[0].at("message").get<std::string>().empty());
    CHECK_FALSE(response.json().contains("usage"));
  }
  CHECK(outcome_of(run_job(programless, "primes", {{"limit", 10}})) == "503 cannot_spawn");
}

TEST_CASE("bodies that are no JSON object are refused") {
  check_problem(raw_post("/tasks/primes", "{"), 400, "bad_json");
  check_problem(raw_post("/tasks/primes", "{\"limit\":1}x"), 400, "bad_json");
  check_problem(raw_post("/tasks/primes", "{\"limit\":1,\"limit\":2}"), 400, "bad_json");
  check_problem(raw_post("/tasks/primes", std::string("{\"limit\":1,\"a\":\"\xff\"}")), 400, "bad_json");
  check_problem(raw_post("/tasks/primes", std::string(100'000, '[')), 400, "bad_json");
  check_problem(raw_post("/tasks/primes", "[1]"), 422, "invalid_params");
  check_problem(raw_post("/tasks/primes", "1"), 422, "invalid_params");
}

TEST_CASE("bodies that are too large or of another type are refused") {
  check_problem(raw_post("/tasks/primes", std::string(2 << 20, ' ')), 413, "body_too_large");
  check_problem(raw_post("/tasks/primes", "limit=1", "application/x-www-form-urlencoded"), 415,
                "unsupported_media_type");
  check_problem(raw_post("/tasks/primes", "{\"limit\":1}", "text/plain"), 415, "unsupported_media_type");
  CHECK(raw_post("/tasks/primes", "{\"limit\":10}", "application/json; charset=utf-8").status == 200);
}

TEST_CASE("what is not there is not found") {
  check_problem(raw_post("/tasks/no_such_task", "{}"), 404, "unknown_task");
  HttpClient client(server().port());
  check_problem(client.get("/tasks/no_such_task"), 404, "unknown_task");
  check_problem(client.get("/no/such/route"), 404, "unknown_route");
  check_problem(client.get("/tasks/"), 404, "unknown_route");
}

TEST_CASE("a wrong method is told which ones are right") {
  HttpClient client(server().port());
  const struct {
    std::string method;
    std::string target;
    std::vector<std::string> allowed;
  } cases[] = {{"DELETE", "/tasks/primes", {"GET", "HEAD", "POST"}},
               {"PUT", "/tasks/primes", {"GET", "HEAD", "POST"}},
               {"POST", "/", {"GET", "HEAD"}},
               {"DELETE", "/healthz", {"GET", "HEAD"}},
               {"POST", "/tasks", {"GET", "HEAD"}}};
  for (const auto& wrong : cases) {
    CAPTURE(wrong.method);
    CAPTURE(wrong.target);
    const auto response = client.request(wrong.method, wrong.target, {{"Content-Length", "0"}});
    check_problem(response, 405, "method_not_allowed");
    const std::string allow(response.field("Allow"));
    for (const auto& name : wrong.allowed) CHECK(allow.find(name) != std::string::npos);
    CHECK(allow.find(wrong.method) == std::string::npos);
  }
}

TEST_CASE("HEAD answers as GET does, without a body") {
  HttpClient client(server().port());
  for (const auto* target : {"/", "/tasks", "/tasks/primes", "/healthz", "/readyz"}) {
    CAPTURE(std::string(target));
    const auto head = client.request("HEAD", target);
    const auto get = client.get(target);
    CHECK(head.status == 200);
    CHECK(get.status == 200);
    CHECK_FALSE(get.body.empty());
    CHECK(head.field("Content-Length") == get.field("Content-Length"));
    CHECK(head.field("Content-Type") == get.field("Content-Type"));
  }
}

TEST_CASE("a request id is taken where it is decent, made where there is none, and always returned") {
  HttpClient client(server().port());
  CHECK(client.get("/", {{"X-Request-Id", "a-client's_own.1"}}).field("X-Request-Id") == "a-client's_own.1");
  const std::string first(client.get("/").field("X-Request-Id"));
  const std::string second(client.get("/no/such/route").field("X-Request-Id"));
  CHECK_FALSE(first.empty());
  CHECK_FALSE(second.empty());
  CHECK(first != second);
  CHECK(client.post("/tasks/primes", {{"limit", 10}}, {{"X-Request-Id", "heavy-1"}}).field("X-Request-Id") ==
        "heavy-1");
}

TEST_CASE("the root names the routes, and the catalogue describes the tasks with their schemas") {
  HttpClient client(server().port());
  const auto root = client.get("/");
  CHECK(root.status == 200);
  CHECK(root.body.find("/non-blocking") != std::string::npos);
  const auto tasks = client.get("/tasks").json();
  for (const auto* name : {"spin", "primes", "hash_password", "mandelbrot", "regex_match"}) {
    CAPTURE(std::string(name));
    CHECK(tasks.dump().find(std::string("\"") + name + "\"") != std::string::npos);
    const auto task = client.get(std::string("/tasks/") + name);
    CHECK(task.status == 200);
    CHECK(task.json().dump().find("\"properties\"") != std::string::npos);
  }
}

TEST_CASE("every task of the built-in cruncher works through HTTP") {
  const auto spin = run_job(server(), "spin", {{"CPUTimeMs", 20}});
  CHECK(outcome_of(spin) == "200");
  CHECK(spin.response.json().at("usage").at("cpu_ms").get<double>() >= 18);
  const auto matched =
      run_job(server(), "regex_match", {{"pattern", "(?<year>\\d{4})"}, {"text", "in 2024"}});
  REQUIRE(outcome_of(matched) == "200");
  CHECK(matched.response.body.find("2024") != std::string::npos);
  const auto hashed = run_job(server(), "hash_password", {{"password", "correct horse"}});
  REQUIRE(outcome_of(hashed) == "200");
  CHECK(hashed.response.body.find("$argon2id$") != std::string::npos);
  const auto picture = run_job(server(), "mandelbrot", {{"width", 32}, {"height", 32}});
  REQUIRE(outcome_of(picture) == "200");
  CHECK(picture.response.body.find("iVBORw0KGgo") != std::string::npos);  // a PNG's signature in base64
}

TEST_CASE("a second question mark is a part of the query") {
  HttpClient client(server().port());
  for (const auto* target : {"/readyz?a?b", "/?a?b", "/?a?b"}) {
    CAPTURE(std::string(target));
    CHECK(client.get(target).status == 200);
  }
  CHECK(client.post("/tasks/primes?a?b", {{"limit", 10}}).status == 200);
}

TEST_CASE("a preference that was applied is confirmed, and one that leaves no time starts nothing") {
  const RunningServer spareless({"--spares", "0", "--priority", "normal"});
  HttpClient client(spareless.port());
  const Fields none{{"Prefer", "wait=0"}}, some{{"Prefer", "wait=20"}};
  for (const auto* target : {"/non-blocking?CPUTimeMs=0", "/non-blocking?CPUTimeMs=0&via=thread"}) {
    const auto late = client.get(target, none);
    check_problem(late, 504, "deadline_exceeded");
    CHECK(late.field("Preference-Applied") == "wait=0");
    CHECK_FALSE(late.json().contains("usage"));
  }
  check_problem(client.post("/tasks/primes", {{"limit", 10}}, none), 504, "deadline_exceeded");
  const auto metrics = client.get("/metrics").body;
  CHECK(metrics.find("cruncherd_spawn_seconds_count 0\n") != std::string::npos);
  const auto answered = client.get("/non-blocking?CPUTimeMs=0", some);
  CHECK(answered.status == 200);
  CHECK(answered.field("Preference-Applied") == "wait=20");
}

TEST_CASE("content that is coded, or says no type, is told what is right") {
  HttpClient client(server().port());
  const auto coded = client.post("/tasks/primes", {{"limit", 10}}, {{"Content-Encoding", "gzip"}});
  check_problem(coded, 415, "unsupported_media_type");
  CHECK(coded.field("Accept-Encoding") == "identity");
  CHECK(client.post("/tasks/primes", {{"limit", 10}}, {{"Content-Encoding", "identity"}}).status == 200);
  const auto untyped = raw_post("/tasks/primes", "{}", "");
  check_problem(untyped, 415, "unsupported_media_type");
  CHECK(untyped.field("Accept") == "application/json");
  CHECK(untyped.body.find("Content-Type is missing") != std::string::npos);
}

TEST_CASE("a status line and its problem document have one name for it") {
  HttpClient client(server().port());
  for (const auto& response : {client.post("/tasks/primes", Json::object()), client.get("/nowhere"),
                               client.request("POST", "/tasks/primes", {{"Content-Type", "application/json"}},
                                              std::string(2 << 20, ' '))}) {
    CAPTURE(response.status);
    CHECK(response.reason == response.json().at("title").get<std::string>());
  }
}

TEST_CASE("the root is a page with links for a browser, and JSON for everybody else") {
  HttpClient client(server().port());
  const auto page =
      client.get("/", {{"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}});
  CHECK(page.status == 200);
  CHECK(page.field("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.field("Vary") == "Accept");
  CHECK(page.field("Content-Security-Policy").find("default-src 'none'; style-src 'sha256-") == 0);
  CHECK(page.body.find("<a href=\"./dashboard\">") != std::string::npos);
  CHECK(page.body.find("<!--") == std::string::npos);
  CHECK(page.body.find("/blocking?CPUTimeMs=N") != std::string::npos);
  for (const Fields& fields : {Fields{}, Fields{{"Accept", "*/*"}}, Fields{{"Accept", "application/json"}}}) {
    const auto list = client.get("/", fields);
    CHECK(list.field("Content-Type") == "application/json");
    CHECK(list.json().at("routes").contains("POST /tasks/{name}"));
  }
}

TEST_CASE("the list at the root, and the description, have every route") {
  HttpClient client(server().port());
  const auto routes = client.get("/").json().at("routes");
  const auto paths = client.get("/openapi.json").json().at("paths");
  for (const auto* path : {"/", "/tasks", "/tasks/{name}", "/healthz", "/readyz", "/metrics", "/status",
                           "/status/history", "/dashboard", "/openapi.json"}) {
    CAPTURE(std::string(path));
    CHECK(routes.contains(std::string("GET ") + path));
    CHECK(paths.contains(path));
  }
}

TEST_CASE("one connection carries light and heavy requests in any mixture, pipelined too") {
  HttpClient client(server().port());
  client.send_post("/tasks/primes", {{"limit", 100}});
  client.send_request("GET", "/healthz");
  client.send_post("/tasks/primes", {{"limit", 1000}});
  client.send_request("GET", "/no/such/route");
  CHECK(client.read_response().json().at("result").at("count") == 25);
  CHECK(client.read_response().status == 200);
  CHECK(client.read_response().json().at("result").at("count") == 168);
  CHECK(client.read_response().status == 404);
}

}  // namespace
}  // namespace end_to_end
