"""Runs the Python cruncher that PROTOCOL.md shows, exactly as it stands there, by the rules that are stated there."""
import json
import re
import subprocess
import sys
import tempfile


def ask(program, *messages):
    """One process, a line for each message; the next one is written once the answer and the empty line are read."""
    with subprocess.Popen([sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for message in messages:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert answer["jsonrpc"] == "2.0" and answer["id"] == message["id"], answer
            assert process.stdout.readline() == "\n", "no empty line says that this was all"
        process.stdin.close()
        assert process.stdout.read() == "", "it wrote more than its answers"
        assert process.wait(timeout=10) == 0
    return answer


def request(method, params):
    return {"jsonrpc": "2.0", "id": "x", "method": method, "params": params}


with open(sys.argv[1], encoding="utf-8") as document:
    examples = re.findall(r"```python\n(.*?)```", document.read(), re.DOTALL)
assert len(examples) == 1, "PROTOCOL.md has one Python example"
assert examples[0].count("\n") <= 40, "the example is to have at most 40 lines"

with tempfile.NamedTemporaryFile("w", suffix=".py") as program:
    program.write(examples[0])
    program.flush()

    found = ask(program.name, request("rpc.discover", {}))["result"]
    assert found["openrpc"].startswith("1.3"), found
    assert [method["name"] for method in found["methods"]] == ["count_words"], found
    assert found["methods"][0]["x-params-schema"]["required"] == ["text"], found
    assert found["x-jobs-per-process"] is True, found

    assert ask(program.name, request("count_words", {"text": "to be or not"}))["result"]["words"] == 4
    assert ask(program.name, request("no_such_task", {}))["error"]["code"] == -32601
    words = request("count_words", {"text": "to be or not"})
    assert ask(program.name, words, request("no_such_task", {}), words)["result"]["words"] == 4, "the third job"
    assert ask(program.name, request("count_words", {}))["error"]["code"] == -32000

    unused = subprocess.run([sys.executable, program.name], stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
    assert unused.returncode == 0 and unused.stdout == b"", unused
