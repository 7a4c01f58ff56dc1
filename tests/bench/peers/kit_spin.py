#!/usr/bin/env python3
"""The job of the Python servers as a cruncher of cruncherd, by the kit."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../../ipc/kits"))
from cruncher import serve, task  # noqa: E402


@task
def spin(CPUTimeMs: int):
    end = time.perf_counter() + CPUTimeMs / 1e3
    while time.perf_counter() < end:
        pass
    return {"CPUTimeMs": CPUTimeMs}


serve()
