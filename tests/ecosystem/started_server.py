"""A server that a test has started, and what one asks of it. Used by launchers.py and systemd_run.py."""
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

PATIENCE = 30  # seconds


def until(condition, patience=PATIENCE):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError('it did not come to pass')


class Server:
    """On a free port, and ready. Started by root it needs somebody for the jobs: nobody, unless they run `as_root`."""

    def __init__(self, cruncherd, *flags, environment=None, as_root=False):
        with socket.create_server(('127.0.0.1', 0)) as free:
            self.port = free.getsockname()[1]
        words = [cruncherd, '--port', str(self.port), '--log-level', 'warn', *flags]
        if os.getuid() == 0:
            words += ['--user', 'root'] if as_root else ['--job-user', 'nobody']
        self.process = subprocess.Popen(words, env=environment)
        until(lambda: self.process.poll() is not None or self.ask('/readyz')[0] == 200, 90)
        assert self.process.poll() is None, 'the server has ended'

    def ask(self, path, params=None, headers=None):
        content = None if params is None else json.dumps(params).encode()
        request = urllib.request.Request(f'http://127.0.0.1:{self.port}{path}', data=content,
                                         headers={'Content-Type': 'application/json', **(headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read())
        except OSError:
            return 0, {}

    def run(self, task, params=None, **headers):
        return self.ask('/tasks/' + task, params or {}, headers)

    def leave(self, task, params):
        """Asks, and closes the connection once the job runs."""
        content = json.dumps(params).encode()
        with socket.create_connection(('127.0.0.1', self.port)) as client:
            client.sendall(b'POST /tasks/%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s'
                           % (task.encode(), len(content), content))
            until(lambda: any(job['state'] == 'running' for job in self.ask('/status')[1]['jobs']))
            time.sleep(1)

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
