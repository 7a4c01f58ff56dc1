"""Whether the man pages are well made and name every flag: `manual.py FOLDER CRUNCHERD CRUNCHER`, where FOLDER has the pages."""

import re
import shutil
import subprocess
import sys

folder, cruncherd, cruncher = sys.argv[1:]
failures = []

for page in ('cruncher.1', 'cruncherd.1', 'cruncherd.toml.5', 'cruncher-protocol.7'):
    if shutil.which('mandoc'):
        told = subprocess.run(['mandoc', '-T', 'lint', page], cwd=folder, capture_output=True, text=True).stdout
        failures += told.splitlines()

for program, page in ((cruncherd, 'cruncherd.1'), (cruncherd, 'cruncherd.toml.5'), (cruncher, 'cruncher.1')):
    help_text = subprocess.run([program, '--help'], check=True, capture_output=True, text=True).stdout
    with open(f'{folder}/{page}', encoding='utf-8') as file:
        entries = re.findall(r'^\.It Fl \\-(\S+)', file.read(), re.MULTILINE)
    flags = re.findall(r'^  (?:-\w,)?--([\w-]+)', help_text, re.MULTILINE)
    known = {entry.replace('\\', '') for entry in entries}
    failures += [f'{page} has no --{flag}' for flag in flags if flag not in known]
    if len(flags) < 5:
        failures.append(f'{page}: --help has {len(flags)} flags only')

with open(f'{folder}/cruncherd.toml', encoding='utf-8') as file:
    keys = re.findall(r'^#([\w-]+) = ', file.read(), re.MULTILINE)
help_text = subprocess.run([cruncherd, '--help'], check=True, capture_output=True, text=True).stdout
no_keys = ['help', 'version', 'config', 'make-key', 'check-jobs']
failures += [f'cruncherd.toml has no {flag}' for flag in re.findall(r'^  (?:-\w,)?--([\w-]+)', help_text, re.MULTILINE)
             if flag not in keys + no_keys]

print('\n'.join(failures) or 'every flag has its entry')
sys.exit(1 if failures else 0)
