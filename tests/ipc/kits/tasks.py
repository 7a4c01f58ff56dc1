#!/usr/bin/env python3
import os
import time
from typing import Annotated, Optional

from cruncher import InvalidParams, progress, serve, task

print("loading", flush=True)


@task
def echo(text: str, least: Annotated[int, {"minimum": 0}] = 7, maybe: Optional[int] = None):
    """Gives back what came."""
    return {"text": text, "least": least, "maybe": maybe}


@task
def grow(number: int):
    return {"next": number + 1}


@task
def noisy():
    print("stray", flush=True)
    os.system("echo stray child; cat")
    return "quiet"


@task
def fails(how: str):
    if how == "invalid":
        raise InvalidParams("must be something else", "/how")
    if how == "value":
        raise ValueError("is no use")
    if how == "unsendable":
        return {1, 2}
    raise RuntimeError("broke down")


@task
def half(milliseconds: int):
    time.sleep(0.06)
    progress(0.5)
    time.sleep(milliseconds / 1000)
    return None


@task
def process():
    return os.getpid()


serve()
