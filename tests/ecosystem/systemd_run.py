"""The recipe for systemd-run: `systemd_run.py CRUNCHERD UNRULY RECIPE`.

No systemd runs where this is developed, so a unit is not started: the recipe's properties are read by systemd's own parser, its options
are looked for in systemd-run's help, and a stand-in that does nothing but to execute takes systemd-run's place in front of a cruncher.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib

from started_server import PATIENCE, Server

CRUNCHERD, UNRULY, RECIPE = sys.argv[1:]
SKIPPED = 77

STAND_IN = '''#!/bin/sh
while true; do
  case "$1" in
    -p) shift 2 ;;
    --*) shift ;;
    *) exec "$@" ;;
  esac
done
'''


def words_of_recipe():
    with open(RECIPE, 'rb') as file:
        words = tomllib.load(file)['launcher'].split()
    assert words[0] == 'systemd-run', words
    options, properties, rest = [], [], iter(words[1:])
    for word in rest:
        if word == '-p':
            properties.append(next(rest))
        else:
            options.append(word)
    return options, properties


def options_are_known(options):
    text = subprocess.run(['systemd-run', '--help'], capture_output=True, text=True, check=True).stdout
    for option in options:
        assert re.search(rf'(^|\s){re.escape(option)}\b', text), f'systemd-run knows no {option}'


def properties_are_understood(properties, folder):
    unit = f'{folder}/recipe.service'

    def said_of(lines):
        with open(unit, 'w', encoding='utf-8') as file:
            file.write('[Unit]\nDescription=Recipe\n[Service]\nExecStart=/bin/true\n' + ''.join(f'{line}\n' for line in lines))
        done = subprocess.run(['systemd-analyze', 'verify', unit], capture_output=True, text=True, timeout=PATIENCE)
        return done.stdout + done.stderr

    assert said_of(properties) == '', said_of(properties)
    assert 'MemoryMost' in said_of(['MemoryMost=512M']), 'systemd tells of what it does not know'


def jobs_run_behind_it(folder):
    with open(f'{folder}/systemd-run', 'w', encoding='utf-8') as file:
        file.write(STAND_IN)
    os.chmod(folder, 0o755)
    os.chmod(f'{folder}/systemd-run', 0o755)
    with Server(CRUNCHERD, '--config', RECIPE, '--cruncher', UNRULY, '--env', 'UNRULY_SERVES_MANY=1',
                environment={**os.environ, 'PATH': f'{folder}:{os.environ["PATH"]}'}) as server:
        status, answer = server.run('echo', {'a': 1})
        assert status == 200 and answer['result'] == {'a': 1}, answer
        assert server.end(signal.SIGTERM) == 0


def main():
    if not all(shutil.which(name) for name in ('systemd-run', 'systemd-analyze')):
        return SKIPPED
    options, properties = words_of_recipe()
    with tempfile.TemporaryDirectory() as folder:
        options_are_known(options)
        properties_are_understood(properties, folder)
        jobs_run_behind_it(folder)
    return 0


sys.exit(main())
