"""A leak of a program with a heap of its own ends as memory_limit: `leaks.py CRUNCHERD KITS`, in Node (where there is one) and in Python."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

CRUNCHERD, KITS = sys.argv[1:]
PATIENCE = 60  # seconds
LIMIT_MIB = 256

PROGRAMS = {
    'node': ('leak.mjs', '''#!/usr/bin/env node
import {serve, task} from 'KITS/cruncher.mjs';

task('fine', {}, () => 1);
task('leak', {}, () => {
  const held = [];
  for (;;) held.push(new Array(1e5).fill(held.length));
});

serve();
'''),
    'python3': ('leak.py', '''#!/usr/bin/env python3
import sys

sys.path.insert(0, 'KITS')
from cruncher import serve, task


@task
def fine():
    return 1


@task
def leak():
    held = []
    while True:
        held.append(bytearray(1 << 20))


serve()
'''),
}


def ask(port, path, content=None):
    request = urllib.request.Request(f'http://127.0.0.1:{port}{path}', data=content, headers={'Content-Type': 'application/json'})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())
    except OSError:
        return 0, {}


def leak_in(folder, name, text):
    program = f'{folder}/{name}'
    with open(program, 'w', encoding='utf-8') as file:
        file.write(text.replace('KITS', KITS))
    os.chmod(program, 0o755)
    with socket.create_server(('127.0.0.1', 0)) as free:
        port = free.getsockname()[1]
    as_whom = ['--user', 'root'] if os.getuid() == 0 else []
    server = subprocess.Popen([CRUNCHERD, '--port', str(port), '--cruncher', program, '--memory', f'{LIMIT_MIB}MiB', '--priority',
                               'normal', '--log-level', 'error', *as_whom])
    try:
        end = time.monotonic() + PATIENCE
        while ask(port, '/readyz')[0] != 200:
            assert server.poll() is None and time.monotonic() < end, 'the server is not ready'
            time.sleep(0.05)
        assert ask(port, '/tasks/fine', b'{}')[0] == 200
        status, answer = ask(port, '/tasks/leak', b'{}')
        assert (status, answer['reason']) == (502, 'memory_limit'), answer
        assert (answer['usage']['max_rss_kib'] or 0) < 1.3 * LIMIT_MIB * 1024, answer
        assert ask(port, '/tasks/fine', b'{}')[0] == 200
    finally:
        server.kill()
        server.wait()


for language, (name, text) in PROGRAMS.items():
    if not shutil.which(language):
        continue
    with tempfile.TemporaryDirectory() as folder:
        leak_in(folder, name, text)
    print(f'ok: {language}', flush=True)
