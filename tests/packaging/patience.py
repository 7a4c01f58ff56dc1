"""Whether systemd waits for the server's end for as long as the server takes by default: `patience.py UNIT CRUNCHERD`."""

import re
import subprocess
import sys

unit, cruncherd = sys.argv[1:]
with open(unit, encoding='utf-8') as file:
    given = int(re.search(r'^TimeoutStopSec=(\d+)s$', file.read(), re.MULTILINE)[1])
told = subprocess.run([cruncherd, '--help'], capture_output=True, text=True, check=True).stdout
drain = int(re.search(r'--drain-timeout DURATION\W+(\d+)s', told)[1])
assert re.search(r'--drain-delay DURATION\W+0ms', told), 'a delay by default would have to be waited for, too'
LAST_WORDS = 5  # seconds, for responses to those who waited in vain, and for processes to die
print(f'TimeoutStopSec={given}s, --drain-timeout {drain}s')
sys.exit(given < drain + LAST_WORDS)
