"""Whether the unit leaves the service no more than it needs, by systemd's own measure: `exposure.py UNIT`."""

import re
import shutil
import subprocess
import sys

MOST = 1.6
SKIPPED = 77

if not shutil.which('systemd-analyze'):
    sys.exit(SKIPPED)
told = subprocess.run(['systemd-analyze', 'security', '--offline=true', '--no-pager', sys.argv[1]], capture_output=True, text=True)
found = re.search(r'Overall exposure level for \S+: ([\d.]+)', told.stdout)
if not found:
    print(told.stdout, told.stderr)
    sys.exit(SKIPPED if 'offline' in told.stderr else 1)
print(f'exposure {found[1]}, at most {MOST}')
sys.exit(float(found[1]) > MOST)
