"""The origin's load tool, where npm has installed it for the ecosystem tests: a few seconds of its mixed scenario."""

import asyncio
import json
import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "ecosystem"
PROGRAM = FOLDER / "node_modules" / ".bin" / "artillery"
PHASES = {"config": {"phases": [{"duration": 4, "arrivalRate": 20}]}}
PATIENCE = 60  # seconds


def installed():
    return PROGRAM.exists()


async def run(port, folder):
    """Plays artillery.yml against the server on `port`; one sentence about what artillery saw."""
    report = folder / "artillery.json"
    child = await asyncio.create_subprocess_exec(
        PROGRAM,
        *("run", "--quiet", "--target", f"http://127.0.0.1:{port}", "--output", report),
        *("--overrides", json.dumps(PHASES), FOLDER / "artillery.yml"),
        env={**os.environ, "ARTILLERY_DISABLE_TELEMETRY": "true"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            code = await child.wait()
    finally:
        if child.returncode is None:
            os.killpg(child.pid, 9)
    return sentence(json.loads(report.read_text())["aggregate"], code)


def sentence(aggregate, code):
    counters, summaries = aggregate["counters"], aggregate["summaries"]

    def p99(name):
        return summaries[f"plugins.metrics-by-endpoint.response_time.{name}"]["p99"]

    verdict = "all its conditions held" if code == 0 else f"it ended with {code}"
    return (
        f"artillery: {counters['http.requests']} requests, {counters.get('http.codes.200', 0)} answered 200, "
        f"p99 of light ones {p99('light'):g} ms, of heavy ones {p99('heavy'):g} ms; {verdict}."
    )
