// Any program as a task: what it is given, and what its client gets.

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/end_to_end/commands/command_server.h"

namespace end_to_end {
namespace {

TEST_CASE("--exec: the content is the program's stdin, its stdout the response's content") {
  const RunningServer server({"--exec", "words=wc -w", "--exec", "copy=cat"});
  HttpClient client(server.port());
  const auto words = client.request("POST", "/tasks/words", {{"Content-Length", "13"}}, "one two three");
  CHECK(words.status == 200);
  CHECK(words.body == "3\n");
  CHECK(words.field("Content-Type") == "application/octet-stream");
  CHECK(words.has("Server-Timing"));
  CHECK(client.request("POST", "/tasks/copy", {{"Content-Length", "0"}}).body.empty());
  CHECK(client.post("/tasks/primes", {{"limit", 100}}).status == 200);  // the cruncher's, beside them
}

TEST_CASE("contents of any size come through as they are") {
  const CommandServer server("[task.copy]\nexec = \"cat\"\nmax_body = \"64MiB\"\nmax_reply = \"64MiB\"\n");
  for (const std::size_t size : {1, 4'096, 40'000, 1'000'000, 1'048'577, 9'000'000}) {
    CAPTURE(size);
    std::string content(size, '\0');
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 31 + i / 251);
    const auto response = server.post("/tasks/copy", content);
    CHECK(response.status == 200);
    CHECK(response.body == content);
  }
  CHECK(eventually(seconds(5), [&] { return server.job_folders().empty(); }));
}

TEST_CASE("stdin can be sought in, whatever the size of the content") {
  const CommandServer server(R"toml(
[task.last]
exec = ["/usr/bin/python3", "-c", "import sys; f = sys.stdin.buffer; f.seek(-3, 2); print(f.read().decode())"]
memory = "0"
max_body = "8MiB"
)toml");
  CHECK(server.post("/tasks/last", "abcdef").body == "def\n");
  CHECK(server.post("/tasks/last", std::string(3'000'000, 'x') + "end").body == "end\n");
}

TEST_CASE("params come from the query, typed by their schemas, in words and in the environment") {
  const CommandServer server(R"toml(
[task.say]
exec = ["sh", "-c", "printf '%s|' \"$@\" $PARAM_SIZE $PARAM_DEEP_BLUE", "sh", "a{size}b", "{text}", "{{text}}"]
params.size = { type = "integer", minimum = 1, maximum = 10, default = 5 }
params.text = { maxLength = 40, default = "" }
params.deep-blue = { type = "boolean", default = false }
)toml");
  CHECK(server.post("/tasks/say").body == "a5b||{text}|5|false|");
  CHECK(server.post("/tasks/say?size=7&text=two%20words;%20rm&deep-blue=true").body ==
        "a7b|two words; rm|{text}|7|true|");
  for (const auto* wrong : {"size=0", "size=x", "size=9;%20rm%20-rf", "size=1&size=2", "text=-write",
                            "text=@/etc/passwd", "text=a%00b", "text=%ff", "deep-blue=1", "other=1"}) {
    CAPTURE(wrong);
    const auto response = server.post(std::string("/tasks/say?") + wrong);
    CHECK(outcome_of(response) == "422 invalid_params");
    CHECK(response.json().at("errors").size() == 1);
  }
}

TEST_CASE(
    "a program's environment is that of --env, of its section and of its params, and nothing of the "
    "server's") {
  const CommandServer server(R"toml(
env = ["OF_ALL=all", "BOTH=all"]
[task.show]
exec = ["env"]
env = ["BOTH=own", "OWN=two words"]
params.size = { default = "5" }
)toml");
  const auto shown = "\n" + server.post("/tasks/show").body;
  for (const auto* line : {"OF_ALL=all", "BOTH=own", "OWN=two words", "PARAM_SIZE=5"}) {
    CAPTURE(line);
    CHECK(shown.find(std::string("\n") + line + "\n") != std::string::npos);
  }
  CHECK(shown.find("CRUNCHERD") == std::string::npos);
}

TEST_CASE("what JSON has no word for is no number") {
  const CommandServer server("[task.say]\nexec = [\"echo\", \"{n}\"]\nparams.n = { type = \"number\" }\n");
  CHECK(server.post("/tasks/say?n=2.5").body == "2.5\n");
  for (const auto* wrong : {"NaN", "nan", "inf", "-Infinity", "1e999", "0x10"}) {
    CAPTURE(wrong);
    CHECK(outcome_of(server.post(std::string("/tasks/say?n=") + wrong)) == "422 invalid_params");
  }
}

TEST_CASE("a param without a default must be given") {
  const CommandServer server("[task.say]\nexec = [\"echo\", \"{text}\"]\nparams.text = {}\n");
  CHECK(outcome_of(server.post("/tasks/say")) == "422 invalid_params");
  CHECK(server.post("/tasks/say?text=x").body == "x\n");
  CHECK(server.post("/tasks/say?text=a-b").body == "a-b\n");
}

TEST_CASE("files in the job's own folder stand for stdin and stdout") {
  const CommandServer server(R"toml(
[task.twice]
exec = ["sh", "-c", 'cat "$1" "$1" > "$2"; echo to nobody', "sh", "{in}", "{out}"]
in = "input file.txt"
out = "twice.txt"
answers = "text/plain; charset=utf-8"
max_body = "8MiB"
)toml");
  const auto twice = server.post("/tasks/twice", "hello");
  CHECK(twice.body == "hellohello");
  CHECK(twice.field("Content-Type") == "text/plain; charset=utf-8");
  const std::string big(3'000'000, 'x');
  CHECK(server.post("/tasks/twice", big).body == big + big);
}

TEST_CASE("a result's file that is not there, or is none, is a bad reply") {
  const CommandServer server(R"toml(
[task.nothing]
exec = "true"
out = "result"
[task.folder]
exec = "mkdir result"
out = "result"
[task.link]
exec = "ln -s /etc/passwd result"
out = "result"
[task.fifo]
exec = "mkfifo result"
out = "result"
)toml");
  for (const auto* task : {"nothing", "folder", "link", "fifo"}) {
    CAPTURE(task);
    CHECK(outcome_of(server.post(std::string("/tasks/") + task)) == "502 bad_reply");
  }
}

TEST_CASE("cgi: the output's header names its type") {
  const CommandServer server(R"toml(
[task.page]
exec = ["printf", 'content-type: text/html\r\nX-Other: 1\r\n\r\n<p>hello']
cgi = true
[task.none]
exec = ["printf", "just text\n\n"]
cgi = true
)toml");
  const auto page = server.post("/tasks/page");
  CHECK(page.field("Content-Type") == "text/html");
  CHECK(page.body == "<p>hello");
  CHECK(outcome_of(server.post("/tasks/none")) == "502 bad_reply");
}

TEST_CASE("a content of another type is refused, with the types that would do") {
  const CommandServer server("[task.copy]\nexec = \"cat\"\naccepts = [\"image/*\", \"text/csv\"]\n");
  auto client = server.client();
  const auto post = [&](const char* type) {
    return client.request("POST", "/tasks/copy", {{"Content-Type", type}, {"Content-Length", "1"}}, "x");
  };
  CHECK(post("image/png").status == 200);
  CHECK(post("text/CSV; charset=utf-8").status == 200);
  const auto refused = post("text/plain");
  CHECK(outcome_of(refused) == "415 unsupported_media_type");
  CHECK(refused.field("Accept") == "image/*, text/csv");
}

TEST_CASE("a content beyond max_body of the task is refused, one below goes beyond --max-body") {
  const CommandServer server(
      "[task.copy]\nexec = \"cat\"\nmax_body = \"2MiB\"\n[task.small]\nexec = \"cat\"\n"
      "max_body = \"10B\"\n[task.usual]\nexec = [\"wc\", \"-c\"]\n",
      {"--max-body", "1000B"});
  CHECK(server.post("/tasks/copy", std::string(1'500'000, 'x')).status == 200);
  CHECK(server.post("/tasks/copy", std::string(2'200'000, 'x')).status == 413);
  CHECK(server.post("/tasks/small", "0123456789a").status == 413);
  CHECK(server.post("/tasks/usual", std::string(5'000'000, 'x')).body == "5000000\n");
}

TEST_CASE("commands stand in /tasks, in /openapi.json and in the metrics") {
  const CommandServer server(R"toml(
[task.thumbnail]
exec = ["cat", "{width}"]
accepts = ["image/*"]
answers = "image/png"
params.width = { type = "integer", default = 200 }
)toml");
  auto client = server.client();
  const auto one = client.get("/tasks/thumbnail").json();
  CHECK(one.at("accepts") == Json{"image/*"});
  CHECK(one.at("answers") == "image/png");
  CHECK(one.at("params").at("properties").at("width").at("default") == 200);
  const auto run = client.get("/openapi.json").json().at("paths").at("/tasks/thumbnail").at("post");
  CHECK(run.at("requestBody").at("content").contains("image/*"));
  CHECK(run.at("responses").at("200").at("content").contains("image/png"));
  const auto& parameters = run.at("parameters");
  CHECK(std::any_of(parameters.begin(), parameters.end(), [](const Json& parameter) {
    return parameter.value("name", "") == "width" && parameter.value("in", "") == "query";
  }));
  server.post("/tasks/thumbnail", "x", {});
  CHECK(client.get("/metrics").body.find("task=\"thumbnail\"") != std::string::npos);
}

TEST_CASE("running bounds a task's jobs at once: its others wait, are counted, and hold up nobody") {
  const CommandServer server(R"toml(
[task.one]
exec = ["sh", "-c", "until [ -e {gate} ]; do sleep 0.05; done"]
params.gate = {}
running = 1
confine = "off"
[task.other]
exec = "cat"
)toml",
                             {"--running", "4", "--waiting", "8", "--wait-timeout", "30s"});
  const harness::TemporaryDirectory directory;
  const auto gate = directory.path().string() + "/gate";
  std::vector<std::future<HttpResponse>> jobs;
  for (int i = 0; i < 3; ++i)
    jobs.push_back(std::async(std::launch::async, [&] { return server.post("/tasks/one?gate=" + gate); }));
  const auto counted = [&](const std::string& state, int count) {
    const auto line = "cruncherd_jobs{state=\"" + state + "\",task=\"one\"} " + std::to_string(count) + "\n";
    return server.client().get("/metrics").body.find(line) != std::string::npos;
  };
  CHECK(eventually(seconds(5), [&] { return counted("running", 1) && counted("waiting", 2); }));
  for (int i = 0; i < 5; ++i) CHECK(server.post("/tasks/other", "abc").body == "abc");
  CHECK(counted("running", 1));
  directory.write("gate", "");
  for (auto& job : jobs) CHECK(outcome_of(job.get()) == "200");
}

}  // namespace
}  // namespace end_to_end
