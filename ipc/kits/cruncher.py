"""Makes a Python program a cruncher: functions that `cruncherd --cruncher ./mine.py` serves as tasks.

One file to copy beside your program; Python 3.9 or later, nothing else. How to use it: README.md beside it. What goes
over the pipes: PROTOCOL.md. Knows no HTTP. The lines of a job go through here alone: what else the program prints, and
what its children print, goes to stderr, and its stdin is at its end.
"""
import json
import os
import stat
import sys
import time

__all__ = ["task", "progress", "serve", "InvalidParams"]

INVALID_PARAMS, NO_SUCH_TASK, FAILED, OUT_OF_MEMORY = -32602, -32601, -32000, -32001
BETWEEN_PROGRESS = 0.05  # seconds
LONGEST_MESSAGE = 2000  # characters of an error; the server refuses a line of 16 KiB

_tasks = {}
_pipes = None  # (requests, answers): the descriptors, once nothing else can reach them
_next_progress = None  # when a job may next say how far it is; None between jobs


class InvalidParams(ValueError):
    """What a task raises for params that are no use to it; `pointer` is a JSON Pointer to the culprit: "/limit"."""

    def __init__(self, message, pointer=""):
        super().__init__(message)
        self.pointer = pointer


def task(function=None, *, name=None, summary=None, params=None, result=None):
    """Decorator: makes a function a task. Its params are the function's parameters, by name.

    The JSON Schemas come from the type hints; `params` (of the object as a whole) and `result` say more than these can.
    `Annotated[int, {"minimum": 1}]` adds keywords to a hint. The summary is the first line of the docstring.
    """

    def register(function):
        _tasks[name or function.__name__] = (function, summary, params, result)
        return function

    return register(function) if function else register


def progress(fraction):
    """Says how far the running job is, from 0 to 1. Costs next to nothing however often it is called."""
    global _next_progress
    if _next_progress is None or time.monotonic() < _next_progress:
        return
    _next_progress = time.monotonic() + BETWEEN_PROGRESS
    _say({"method": "progress", "params": {"fraction": min(max(float(fraction), 0.0), 1.0)}})


def serve():
    """Serves jobs until the server has no more; does not return. The last line of the program."""
    if sys.argv[1:] == ["--fork-server"]:
        _serve_forks()
    elif os.isatty(0):
        sys.exit("this is a cruncher: start it with  cruncherd --cruncher " + sys.argv[0])
    else:
        _take_pipes()
        _serve_jobs()
    _leave()


# The lines.


def _is_pipe(descriptor):
    try:
        return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def _take_pipes():
    global _pipes
    if _pipes is not None:
        return
    _pipes = os.dup(0), os.dup(1)
    nothing, end = os.pipe()
    os.close(end)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout.flush()  # what was printed before, too


def _write(text):
    rest = memoryview(text.encode())
    try:
        while rest:
            rest = rest[os.write(_pipes[1], rest):]
    except BrokenPipeError:  # the server has no more interest in this process
        os._exit(0)


def _print(value):
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)


def _plain(value):
    """What json does not know: bytes become base64, numpy's numbers and arrays plain ones."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        import base64
        return base64.b64encode(value).decode()
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError("the result holds a " + type(value).__name__ + ", which JSON has no form for")


def _say(message):
    _write(_print({"jsonrpc": "2.0", **message}) + "\n")


def _error(code, message, data=None):
    shown = message.encode("utf-8", "replace").decode()[:LONGEST_MESSAGE]  # a lone surrogate is no UTF-8
    return {"code": code, "message": shown, **({} if data is None else {"data": data})}


def _invalid(problem):
    text = str(problem) or "the task does not take these params"
    fault = {"pointer": getattr(problem, "pointer", ""), "message": text[:LONGEST_MESSAGE]}
    return _error(INVALID_PARAMS, text, {"errors": [fault]})


def _result_of(request):
    """The result as JSON text, or an error."""
    method, params = request["method"], request.get("params", {})
    if method == "rpc.discover":
        return _print(_document()), None
    if method not in _tasks:
        return None, _error(NO_SUCH_TASK, "there is no task " + json.dumps(method))
    try:
        result = _tasks[method][0](**params)
    except MemoryError:
        return None, _error(OUT_OF_MEMORY, "out of memory")
    except ValueError as problem:
        return None, _invalid(problem)
    except Exception as problem:
        _show(problem)
        return None, _error(FAILED, f"{type(problem).__name__}: {problem}")
    try:
        return _print(result), None
    except MemoryError:
        return None, _error(OUT_OF_MEMORY, "out of memory")
    except Exception as problem:
        return None, _error(FAILED, f"the result cannot be sent: {problem}")


def _show(problem):
    import traceback
    traceback.print_exception(type(problem), problem, problem.__traceback__)


def _usage():
    import resource
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return cpu * 1000, max(own.ru_maxrss, children.ru_maxrss)


def _answer(line):
    global _next_progress
    request = json.loads(line)
    cpu_before, _ = _usage()
    _next_progress = time.monotonic() + BETWEEN_PROGRESS
    result, error = _result_of(request)
    _next_progress = None
    _flush()  # what the task has printed, for the log: nobody reads on after the answer
    cpu, peak = _usage()
    head = _print({"jsonrpc": "2.0", "id": request["id"]})[:-1]
    body = f'"result":{result}' if error is None else f'"error":{_print(error)}'
    usage = _print({"cpu_ms": round(cpu - cpu_before, 3), "max_rss_kib": peak})
    try:
        _write(f'{head},{body},"usage":{usage}}}\n\n')  # the empty line: this is all
    except UnicodeEncodeError as problem:
        _write(f'{head},"error":{_print(_error(FAILED, f"the result cannot be sent: {problem}"))}}}\n\n')


def _serve_jobs():
    with open(_pipes[0], "rb", closefd=False) as requests:
        for line in iter(requests.readline, b""):
            _answer(line)
            _flush()


def _flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # nobody reads it any more, or it is none: what a task puts there is its own affair
            pass


def _leave():
    """Ends the process without the interpreter's tidying up, which the last job's client would wait for."""
    import atexit
    atexit._run_exitfuncs()
    _flush()
    os._exit(0)


# What the tasks take and give.


def _document():
    return {"openrpc": "1.3.2", "info": {"title": os.path.basename(sys.argv[0]), "version": "1"},
            "x-jobs-per-process": True, "methods": [_describe(name, *task) for name, task in _tasks.items()]}


def _describe(name, function, summary, params, result):
    import inspect
    import typing
    hints = typing.get_type_hints(function, include_extras=True)
    params = params or _params_schema(name, inspect.signature(function), hints)
    required = params.get("required", [])
    first_line = (inspect.getdoc(function) or "").partition("\n")[0]
    return {"name": name, "summary": summary or first_line, "paramStructure": "by-name", "x-params-schema": params,
            "params": [{"name": key, "required": key in required, "schema": value}
                       for key, value in params.get("properties", {}).items()],
            "result": {"name": "result", "schema": result or _schema_of(hints.get("return", typing.Any))}}


def _params_schema(name, signature, hints):
    import typing
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    for key, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            schema["additionalProperties"] = True
            continue
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise TypeError(f"{name}: the parameter {key} has no name to be given by")
        schema["properties"][key] = _schema_of(hints.get(key, typing.Any))
        if parameter.default is parameter.empty:
            schema["required"].append(key)
        elif parameter.default is not None:
            schema["properties"][key]["default"] = parameter.default
    return schema


def _schema_of(hint):
    import typing
    plain = {int: "integer", float: "number", str: "string", bool: "boolean", type(None): "null", None: "null",
             dict: "object", list: "array", tuple: "array"}
    if hint is typing.Any:
        return {}
    origin, of = typing.get_origin(hint), typing.get_args(hint)
    if hasattr(hint, "__metadata__"):  # Annotated
        extras = [extra for extra in hint.__metadata__ if isinstance(extra, dict)]
        return {key: value for part in [_schema_of(of[0]), *extras] for key, value in part.items()}
    if hint in plain:
        return {"type": plain[hint]}
    if origin is typing.Literal:
        return {"enum": list(of)}
    if origin is list:
        return {"type": "array", "items": _schema_of(of[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema_of(of[1])}
    if origin is typing.Union or type(hint).__name__ == "UnionType":
        return {"anyOf": [_schema_of(part) for part in of]}
    if typing.is_typeddict(hint) if hasattr(typing, "is_typeddict") else hasattr(hint, "__total__"):
        return {"type": "object", "required": sorted(hint.__required_keys__),
                "properties": {key: _schema_of(value)
                               for key, value in typing.get_type_hints(hint, include_extras=True).items()}}
    raise TypeError(f"there is no schema for {hint}: give @task(params=…, result=…) one")


# Forking (FORKING.md): this process prepares what all jobs need, and forks itself for each.


def _serve_forks():
    import ctypes
    import gc
    import socket
    import struct
    orders = socket.socket(fileno=os.dup(0))
    if orders.type != socket.SOCK_SEQPACKET:
        sys.exit("--fork-server is for a server: stdin must be a SOCK_SEQPACKET socket")
    threads = len(os.listdir("/proc/self/task"))
    if threads > 1:  # the forked process would wait for them for ever
        sys.exit(f"{threads} threads run before the fork: start them in the tasks, or use --start exec")
    libc = ctypes.PyDLL(None, use_errno=True)
    libc.prctl(15, b"launcher")  # PR_SET_NAME
    with open("/proc/self/oom_score_adj", "w") as score:
        score.write("900")
    libc.prctl(4, 0)  # PR_SET_DUMPABLE
    _usage()
    _flush()
    gc.collect()
    gc.freeze()
    server = os.getppid()
    # What each job puts itself under, as with --start exec: no signal and no abstract socket reaches another process
    # (landlock_create_ruleset, on every architecture; -1 where the kernel cannot).
    scopes = libc.syscall(ctypes.c_long(444), struct.pack("=3Q", 0, 0, 3), ctypes.c_size_t(24), 0)
    while orders.recv(1):
        _fork_job(orders, server, libc, scopes)


def _fork_job(orders, server, libc, scopes):
    import socket
    import struct
    began = time.monotonic()
    ends = []

    def report(pid, error, step, descriptors):
        text = struct.pack("=iiqd16s", pid, error, 0, time.monotonic() - began, step)
        try:
            socket.send_fds(orders, [text], descriptors)
        except OSError:
            os._exit(0)  # the server is gone

    try:
        for _ in range(3):
            ends += os.pipe()
        pid, error = _fork_sibling(libc)
        if pid == 0:
            _become_job([ends[0], ends[3], ends[5]], server, libc, scopes)
        report(pid, error, b"clone", [ends[1], ends[2], ends[4]] if pid > 0 else [])
    except OSError as problem:
        report(-1, problem.errno, b"pipe2", [])
    finally:
        for end in ends:
            os.close(end)


def _fork_sibling(libc):
    """fork(2), but the new process is a child of the server, as this one is; os.fork() cannot make that."""
    import ctypes
    import struct
    parent, child_settid, child_cleartid = 0x8000, 0x01000000, 0x00200000
    thread_id = ctypes.c_void_p(0)
    libc.prctl(40, ctypes.byref(thread_id))  # PR_GET_TID_ADDRESS: where the C library keeps it
    flags = parent | (child_settid | child_cleartid if thread_id.value else 0)
    # The server refuses clone3 where it can refuse clone's flags. The last two words are the thread's id and one that
    # is not used here, in an order of each machine's own.
    thread_id = thread_id.value or 0
    clone = {"x86_64": 56, "aarch64": 220}.get(os.uname().machine) if sys.maxsize > 2**32 else None
    how = struct.pack("=8Q", flags, 0, thread_id, 0, 0, 0, 0, 0)
    python = ctypes.pythonapi
    python.PyOS_BeforeFork()
    if clone:
        pid = libc.syscall(*map(ctypes.c_long, (clone, flags, 0, 0, thread_id, thread_id)))
    else:
        pid = libc.syscall(ctypes.c_long(435), how, ctypes.c_size_t(len(how)))  # clone3
    error = ctypes.get_errno()
    if pid == 0:
        python.PyOS_AfterFork_Child()
    else:
        python.PyOS_AfterFork_Parent()
    return pid, error if pid < 0 else 0


def _become_job(ends, server, libc, scopes):
    import ctypes
    import signal
    try:
        os.setpgid(0, 0)
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != server:
            os._exit(1)
        if scopes >= 0 and libc.syscall(ctypes.c_long(446), ctypes.c_int(scopes), 0) != 0:  # landlock_restrict_self
            os._exit(1)
        for stream, end in enumerate(ends):
            os.dup2(end, stream)
        libc.syscall(ctypes.c_long(436), ctypes.c_uint(3), ctypes.c_uint(0xFFFFFFFF), 0)  # close_range
        libc.prctl(15, os.path.basename(sys.argv[0]).encode()[:15])
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        _take_pipes()
        _serve_jobs()
        _leave()
    except BaseException as problem:
        _show(problem)
        _flush()
    finally:
        os._exit(1)


if sys.argv[1:] == ["--fork-server"]:
    for library in ("OPENBLAS", "OMP", "MKL"):  # whose threads would not live through the fork
        os.environ.setdefault(library + "_NUM_THREADS", "1")
elif _is_pipe(0) and _is_pipe(1):  # a server has started it: what is printed from here on is no answer
    _take_pipes()
