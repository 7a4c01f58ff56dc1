"""cruncherd and what it is compared with: how each is started, and what a light request and a job look like there.

Every server gets the same bytes to answer on `/`, and every server that runs an executable per job runs the same one.
"""

import contextlib
import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path

from processes import free_port, process, wait_until_it_answers

PEERS = Path(__file__).with_name("peers")


@dataclasses.dataclass(frozen=True)
class Request:
    path: str = "/"
    method: str = "GET"
    body: str = ""
    fields: tuple = ()  # of the head, "Name: value"


@dataclasses.dataclass(frozen=True)
class Place:
    """The files of one run: the programs under test, and a temporary folder that goes away afterwards."""

    folder: Path
    cruncherd: Path
    cruncher: Path  # a copy in the folder, so that any user may run it
    programs: Path  # the benchmark's own programs, built
    light_body: Path

    @property
    def log(self):
        return self.folder / "servers.log"

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path


@dataclasses.dataclass(frozen=True)
class Running:
    port: int
    pids: list[int]


@dataclasses.dataclass(frozen=True)
class Server:
    key: str
    title: str
    way: str  # what a job runs in
    commands: Callable  # (place, port, flags) -> [(command, environment)], started in this order
    job: Callable | None = None  # milliseconds of CPU time -> Request
    rate: int = 100  # jobs per second, one by one, that two cores take at ease

    @contextlib.contextmanager
    def running(self, place, flags=(), environment=None):
        port = free_port()
        with contextlib.ExitStack() as stack:
            children = [
                stack.enter_context(process(command, place.log, {**needed, **(environment or {})}))
                for command, needed in self.commands(place, port, flags)
            ]
            wait_until_it_answers(port, children, place.log)
            yield Running(port, [child.pid for child in children])
            if any(child.poll() is not None for child in children):
                raise RuntimeError(f"{self.title} ended while it was measured")


def spin_line(milliseconds):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "spin", "params": {"CPUTimeMs": milliseconds}}) + "\n"


def posted_params(milliseconds):
    return Request("/tasks/spin", "POST", json.dumps({"CPUTimeMs": milliseconds}))


def posted_line(milliseconds):
    return Request("/spin", "POST", spin_line(milliseconds))


def query(milliseconds):
    return Request(f"/non-blocking?CPUTimeMs={milliseconds}")


def cruncherd(place, port, flags, copies=1):
    command = [place.cruncherd, "--port", port, "--log-level", "warn"]  # no access log, as nowhere else
    shared = ["--reuse-port"] if copies > 1 else []
    as_whom = {"CRUNCHERD_USER": "root"} if os.geteuid() == 0 else {}  # who has to say for whom programs run that are not its own
    return [([*command, *shared, *flags], as_whom)] * copies


def node(script):
    def commands(place, port, flags):
        environment = {"NODE_ENV": "production", "CRUNCHER": place.cruncher}
        return [(["node", PEERS / script, port, place.light_body], environment)]

    return commands


def httplib(place, port, flags):
    return [([place.programs / "httplib_peer", port, place.light_body], {})]


def nginx(place, port, flags, locations=""):
    escaped = place.light_body.read_text().replace("\\", "\\\\").replace("'", "\\'").replace("$", "${dollar}")
    config = place.write(
        f"nginx-{port}.conf",
        f"""
        worker_processes {os.cpu_count()};
        user root;
        daemon off;
        pid {place.folder}/nginx-{port}.pid;
        error_log {place.folder}/nginx.log;
        events {{ worker_connections 12000; }}
        http {{
          access_log off;
          keepalive_requests 1000000000;
          default_type application/json;
          geo $dollar {{ default "$"; }}
          server {{
            listen 127.0.0.1:{port} backlog=4096;
            location = / {{ return 200 '{escaped}'; }}
            {locations}
          }}
        }}""",
    )
    return [(["nginx", "-c", config, "-e", place.log], {})]


def fcgiwrap(place, port, flags):
    socket = place.folder / f"fcgiwrap-{port}.socket"
    preload = {"LD_PRELOAD": place.programs / "cgi_header.so"}
    location = f"""
            location = /spin {{
              fastcgi_pass unix:{socket};
              fastcgi_param SCRIPT_FILENAME {place.cruncher};
              fastcgi_param REQUEST_METHOD $request_method;
              fastcgi_param CONTENT_LENGTH $content_length;
              fastcgi_param CONTENT_TYPE $content_type;
            }}"""
    return [
        (["fcgiwrap", "-s", f"unix:{socket}", "-c", 8], preload),
        *nginx(place, port, flags, location),
    ]


def apache(place, port, flags):
    files = place.folder / f"apache-{port}"
    files.mkdir()
    (files / "index.json").write_bytes(place.light_body.read_bytes())
    modules = Path("/usr/lib/apache2/modules")
    load = "\n".join(
        f"LoadModule {name}_module {modules}/mod_{name}.so"
        for name in ("mpm_event", "authz_core", "dir", "mime", "alias", "cgid")
    )
    config = place.write(
        f"apache-{port}.conf",
        f"""
{load}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
User www-data
Group www-data
DefaultRuntimeDir {files}
PidFile {files}/apache.pid
ScriptSock {files}/cgid.socket
ErrorLog {place.log}
MaxKeepAliveRequests 0
TypesConfig /dev/null
DocumentRoot {files}
DirectoryIndex index.json
ScriptAlias /spin {place.cruncher}
<Directory {place.folder}>
  Require all granted
</Directory>
""",
    )
    preload = {"LD_PRELOAD": place.programs / "cgi_header.so"}
    return [(["apache2", "-f", config, "-D", "FOREGROUND"], preload)]


def forking(place, port, flags):
    return cruncherd(place, port, ("--start", "fork", *flags))


def usual_class(place, port, flags):
    return cruncherd(place, port, ("--loop-priority", "normal", *flags))


def pair(place, port, flags):
    return cruncherd(place, port, flags, copies=2)


STAYING = ("--jobs-per-process", "1000")


def staying(place, port, flags):
    return cruncherd(place, port, (*STAYING, *flags))


def by_kit(program):
    """Its interpreter is the one of the peers: Debian's, whatever else this user's PATH has first. It has no bound of
    jobs, as they have none."""

    def commands(place, port, flags):
        as_whom = ("--job-user", "root") if os.geteuid() == 0 else ()
        own = ("--cruncher", str(PEERS / program), "--jobs-per-process", "0", "--env", "PATH=/usr/bin:/bin")
        return cruncherd(place, port, (*own, *as_whom, *flags))

    return commands


def fpm_pool(log, socket, workers, **settings):
    """The configuration of php-fpm with one pool, to which the settings belong."""
    return f"""
[global]
error_log = {log}
daemonize = no
[www]
user = nobody
group = nogroup
listen = {socket}
listen.mode = 0666
pm = static
pm.max_children = {workers}
""" + "".join(f"{name} = {value}\n" for name, value in settings.items())


def fpm_program():
    programs = sorted(Path("/usr/sbin").glob("php-fpm*"))
    if not programs:
        raise FileNotFoundError("php-fpm is not installed")
    return programs[-1]


def php_fpm(place, port, flags):
    socket = place.folder / f"fpm-{port}.socket"
    pool = fpm_pool(place.log, socket, os.cpu_count(), **{"pm.max_requests": 1000})
    config = place.write(f"fpm-{port}.conf", pool)
    location = f"""
            location = /non-blocking {{
              fastcgi_pass unix:{socket};
              fastcgi_param SCRIPT_FILENAME {PEERS}/spin.php;
              fastcgi_param REQUEST_METHOD $request_method;
              fastcgi_param QUERY_STRING $query_string;
            }}"""
    return [([fpm_program(), "-y", config], {}), *nginx(place, port, flags, location)]


def gunicorn(place, port, flags):
    command = ["gunicorn", "--workers", os.cpu_count(), "--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    return [([*command, "--chdir", PEERS, "wsgi_spin:application"], {})]


SERVERS = {
    server.key: server
    for server in (
        Server("cruncherd", "cruncherd", "a process per job", cruncherd, posted_params),
        Server("cruncherd_fork", "cruncherd --start fork", "a process per job", forking, posted_params),
        Server(
            "cruncherd_usual", "cruncherd --loop-priority normal", "a process per job", usual_class, posted_params
        ),
        Server("cruncherd_pair", "cruncherd × 2, --reuse-port", "a process per job", pair, posted_params),
        Server("cruncherd_stay", "cruncherd --jobs-per-process 1000", "processes that stay", staying, posted_params),
        Server("node_kit", "cruncherd, Node kit, --jobs-per-process 0", "processes that stay", by_kit("kit_spin.mjs"), posted_params),
        Server("python_kit", "cruncherd, Python kit, the same", "processes that stay", by_kit("kit_spin.py"), posted_params),
        Server("php_fpm", "nginx + php-fpm", "processes that stay", php_fpm, query),
        Server("gunicorn", "gunicorn", "processes that stay", gunicorn, query),
        Server("nginx", "nginx, return 200", "–", nginx),
        Server("httplib", "cpp-httplib, 64 threads", "–", httplib),
        Server("node_http", "Node http", "–", node("http.mjs")),
        Server("express", "Express", "–", node("express.mjs")),
        Server("piscina", "Piscina", "a pool of threads", node("piscina.mjs"), query),
        Server("workerpool", "workerpool", "a pool of processes", node("workerpool.mjs"), query),
        Server("thread", "Node worker_threads", "a thread per job", node("thread.mjs"), query, rate=10),
        Server("fork", "Node fork", "a process per job", node("fork.mjs"), query, rate=5),
        Server("spawn", "Node spawn of the cruncher", "a process per job", node("spawn.mjs"), query),
        Server("fcgiwrap", "nginx + fcgiwrap", "a process per job", fcgiwrap, posted_line),
        Server("apache", "Apache mod_cgid", "a process per job", apache, posted_line),
        Server("floor", "floor: vfork, exec, wait", "a process per job", None),
    )
}
