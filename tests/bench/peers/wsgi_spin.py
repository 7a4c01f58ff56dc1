"""The same job for gunicorn."""
import json
import time
from urllib.parse import parse_qs


def application(environ, start_response):
    milliseconds = int(parse_qs(environ["QUERY_STRING"]).get("CPUTimeMs", ["0"])[0])
    end = time.perf_counter() + milliseconds / 1e3
    while time.perf_counter() < end:
        pass
    content = json.dumps({"CPUTimeMs": milliseconds}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
    return [content]
