"""Whether the tests that SECURITY.md names are there: `promises.py ROOT`. (`file`: words that the name of a test begins with)"""

import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
text = ' '.join((root / 'SECURITY.md').read_text(encoding='utf-8').split())
failures, file, found = [], None, 0
for clause in re.findall(r'(`tests/[^`]+`(?=[:);])|(?<=\()same file)(?:: ([^();`]+(?:; (?!`)[^();`]+)*))?', text):
    named, words = clause
    file = file if named == 'same file' else named.strip('`')
    path = root / file
    if not path.exists():
        failures.append(f'there is no {file}')
        continue
    names = re.sub(r'"\s*\n\s*"', '', path.read_text(encoding='utf-8')) if path.is_file() else ''
    for name in filter(None, (part.strip() for part in words.split(';'))):
        found += 1
        if f'TEST_CASE("{name}' not in names.replace('TEST_CASE(\n    "', 'TEST_CASE("'):
            failures.append(f'{file} has no test "{name}"')
print('\n'.join(failures) or f'{found} promises have their tests')
sys.exit(bool(failures) or found < 20)
