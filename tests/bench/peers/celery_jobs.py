"""Celery behind HTTP, as bullmq.mjs: `POST /jobs` is answered 202 once Redis has the job, with `?wait` 200 once it is done; `/` gives the given bytes."""

import json
import os
from pathlib import Path

from celery import Celery

LIGHT_BODY = Path(os.environ["LIGHT_BODY"]).read_bytes()
REDIS = f"redis://127.0.0.1:{os.environ['REDIS_PORT']}"
WAIT = 60  # seconds

celery = Celery("celery_jobs", broker=REDIS, backend=REDIS)


@celery.task
def job(arguments):
    return arguments


def application(environ, start_response):
    if environ["REQUEST_METHOD"] == "GET":
        return answer(start_response, "200 OK", LIGHT_BODY)
    accepted = job.delay(json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
    if environ["QUERY_STRING"] != "wait":
        return answer(start_response, "202 Accepted", json.dumps({"id": accepted.id, "state": "queued"}).encode())
    return answer(start_response, "200 OK", json.dumps({"result": accepted.get(timeout=WAIT)}).encode())


def answer(start_response, status, content):
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
    return [content]
