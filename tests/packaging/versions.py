"""Whether all that names a version names the same: `versions.py ROOT VERSION PROGRAM…`, VERSION being meson's."""

import pathlib
import re
import subprocess
import sys

root, version, programs = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
told = {program: subprocess.run([program, '--version'], check=True, capture_output=True, text=True).stdout for program in programs}
for name in ('changelog', 'NEWS'):
    told[name] = (root / 'server' / 'packaging' / 'debian' / name).read_text(encoding='utf-8').splitlines()[0]
wrong = {where: text for where, text in told.items() if not re.search(rf'(^|[\s(]){re.escape(version)}($|[\s)])', text)}
for where, text in wrong.items():
    print(f'{where} says {text.strip()!r}, not {version}')
sys.exit(bool(wrong) or len(told) < 4)
