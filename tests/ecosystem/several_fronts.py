"""Three servers behind HAProxy and behind nginx, by the configurations of server/packaging/examples: `several_fronts.py CRUNCHERD EXAMPLES`.

A burst beyond two of them is spread, a refused job is passed on, a rolling restart under load fails no request, and a server that
is killed costs no job but its own.
"""
import collections
import concurrent.futures
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

CRUNCHERD, EXAMPLES = sys.argv[1:]
SLOTS, QUEUE = 2, 6
PATIENCE = 20  # seconds
SKIPPED = 77


def free_ports(count):
    sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def ask(port, path='/', content=None):
    """The status and the body; status 0 where the connection broke."""
    request = urllib.request.Request(f'http://127.0.0.1:{port}{path}', data=content, headers={'Content-Type': 'application/json'})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()
    except OSError:
        return 0, b''


def job(port, cpu_ms):
    return ask(port, '/tasks/spin', json.dumps({'CPUTimeMs': cpu_ms}).encode())


def until(condition):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError('it did not come to pass')


class Server:
    def __init__(self, port):
        self.port = port
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [CRUNCHERD, '--port', str(self.port), '--running', str(SLOTS), '--waiting', str(QUEUE), '--wait-timeout', '60s',
             '--drain-delay', '1s', '--priority', 'normal', '--allowed-host', '*', '--log-level', 'error'])
        until(lambda: ask(self.port, '/readyz')[0] == 200)

    def restart(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0, 'drained'
        self.start()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def jobs(self):
        """How many it has answered."""
        return json.loads(ask(self.port, '/status')[1])['outcomes'].get('ok', 0)

    def busy(self):
        status = json.loads(ask(self.port, '/status')[1])
        return status['slots']['running'] + status['queue']['waiting']


class Load:
    """Clients that ask without a pause, until stop(): which statuses they got."""

    def __init__(self, port, clients, cpu_ms):
        self.statuses = collections.Counter()
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.ask_on, args=(port, cpu_ms)) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def ask_on(self, port, cpu_ms):
        while not self.over.is_set():
            self.statuses[job(port, cpu_ms)[0]] += 1

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        return self.statuses


def burst(port, count, cpu_ms):
    with concurrent.futures.ThreadPoolExecutor(count) as clients:
        return collections.Counter(status for status, _ in clients.map(lambda _: job(port, cpu_ms), range(count)))


def a_burst_beyond_two_of_them_is_spread(front, servers):
    count = 3 * (SLOTS + QUEUE)
    before = [server.jobs() for server in servers]
    assert burst(front, count, 50) == {200: count}
    shares = [server.jobs() - earlier for server, earlier in zip(servers, before)]
    assert sum(shares) == count and min(shares) > 0, shares


def a_refused_job_is_passed_on(front, servers):
    full = SLOTS + QUEUE
    with concurrent.futures.ThreadPoolExecutor(full) as clients:
        direct = [clients.submit(job, servers[0].port, 400) for _ in range(full)]
        until(lambda: servers[0].busy() == full)
        assert (got := burst(front, 12, 20)) == {200: 12}, got
        assert all(each.result()[0] == 200 for each in direct)


def a_rolling_restart_fails_no_request(front, servers):
    load = Load(front, 4, 20)
    for server in servers:
        server.restart()
    statuses = load.stop()
    assert set(statuses) == {200}, statuses


def a_killed_server_costs_its_own_jobs_only(front, servers):
    with concurrent.futures.ThreadPoolExecutor(6) as clients:
        jobs = [clients.submit(job, front, 600) for _ in range(6)]
        until(lambda: sum(server.busy() for server in servers) == 6)
        own = servers[0].busy()
        servers[0].kill()
        lost = sum(each.result()[0] != 200 for each in jobs)
    assert lost <= own, f'{lost} lost, {own} were its own'
    load = Load(front, 2, 5)
    time.sleep(1)
    statuses = load.stop()
    assert set(statuses) == {200}, statuses
    servers[0].start()


CASES = [a_burst_beyond_two_of_them_is_spread, a_refused_job_is_passed_on, a_rolling_restart_fails_no_request,
         a_killed_server_costs_its_own_jobs_only]


def configure(name, ports, front, folder):
    with open(os.path.join(EXAMPLES, name), encoding='utf-8') as file:
        text = file.read()
    for known, port in zip((8081, 8082, 8083, 8000), [*ports, front]):
        text = re.sub(rf'127\.0\.0\.1:{known}\b', f'127.0.0.1:{port}', text)
    path = os.path.join(folder, name)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    return path


def proxies(folder):
    path = os.environ['PATH'] + ':/usr/sbin'
    if haproxy := shutil.which('haproxy', path=path):
        yield 'haproxy.cfg', lambda file: [haproxy, '-db', '-f', file]
    if nginx := shutil.which('nginx', path=path):
        yield 'nginx-several.conf', lambda file: [nginx, '-p', folder, '-e', 'stderr', '-c', file]


def main():
    failed = ran = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, command in proxies(folder):
            *ports, front = free_ports(4)
            servers = [Server(port) for port in ports]
            log = open(os.path.join(folder, 'proxy.log'), 'w+', encoding='utf-8')
            proxy = subprocess.Popen(command(configure(name, ports, front, folder)), stdout=log, stderr=log)
            try:
                until(lambda: ask(front, '/readyz')[0] == 200)
                for case in CASES:
                    ran += 1
                    try:
                        case(front, servers)
                        print(f'ok: {name}: {case.__name__}', flush=True)
                    except AssertionError as why:
                        failed += 1
                        print(f'FAILED: {name}: {case.__name__}: {why}', flush=True)
            finally:
                proxy.terminate()
                proxy.wait()
                for server in servers:
                    server.kill()
    return 1 if failed else 0 if ran else SKIPPED


sys.exit(main())
