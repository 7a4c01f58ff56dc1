"""Whether the sources keep the sizes of this house: `house.py ROOT`. No file over 300 lines, no function over 60, no class over 15
data members, and `main` alone in the global namespace of server/. Goes by indentation, as clang-format leaves it."""

import pathlib
import re
import sys

MOST_LINES, MOST_LINES_OF_FUNCTION, MOST_MEMBERS = 300, 60, 15
ONE_TO_COPY = 'ipc/kits/cruncher.py'  # beside somebody's program, and no file more
NO_MEMBER = r'(using|typedef|friend|static|static_assert|template|enum|class|struct|union)\b'
CLASS = r'(?:typedef )?(?:class|struct|union) (?:alignas\(\w+\) )?(\w+)[^;(]*{'

root = pathlib.Path(sys.argv[1])
failures, functions, classes = [], 0, 0


def without_texts(source):
    """The same lines without comments, texts and directives."""
    parts = r'//[^\n]*|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])+\'|^[ ]*#(?:\\\n|[^\n])*'
    return re.sub(parts, lambda found: '\n' * found.group().count('\n'), source, flags=re.S | re.M)


def statements(lines, indent):
    """Each (number of its first line, its lines) of what begins in column `indent`: what is deeper, and a closing brace, is part of it."""
    begun = None
    for number, line in enumerate(lines):
        if re.match(rf' {{{indent}}}[\w~\[:]', line):
            if begun is not None:
                yield begun, lines[begun:number]
            begun = number
    if begun is not None:
        yield begun, lines[begun:]


def members(declaration):
    """How many data members a statement in a class declares."""
    words = re.sub(r'\[\[.*?\]\]', '', ' '.join(declaration)).strip()
    while (shorter := re.sub(r'<[^<>]*>|{[^{}]*}', '', words)) != words:
        words = shorter
    first = re.split('=', words)[0]
    if ';' not in words or '(' in first or re.match(NO_MEMBER, words):
        return 0
    return 1 + re.sub(r'\([^()]*\)', '', words[: words.index(';')]).count(',')


def look_at(place, first, lines, indent):
    """Counts the functions and classes that begin in column `indent`."""
    global functions, classes
    for number, statement in statements(lines, indent):
        closing = (i for i, line in enumerate(statement) if line.startswith(' ' * indent + '}') and not line.endswith('{'))
        end = next(closing, 0)
        here, head = f'{place}:{first + number}', ' '.join(statement).split('{')[0] + '{'
        if found := re.match(CLASS, head.strip()):
            classes += 1
            held = sum(members(inner) for _, inner in statements(statement[1:end], indent + 2))
            if held > MOST_MEMBERS:
                failures.append(f'{here}: {found.group(1)} has {held} data members')
            look_at(place, first + number + 1, statement[1:end], indent + 2)
        elif '(' in head and not head.startswith('namespace'):
            functions += end > 0
            if end >= MOST_LINES_OF_FUNCTION:
                failures.append(f'{here}: a function of {end + 1} lines')


def global_names(lines):
    """What begins outside of every namespace, `main` aside."""
    depth, names = 0, []
    for line in lines:
        if depth == 0 and re.match(r'(?!namespace\b|int main\()\w', line):
            names.append(line)
        depth += line.count('{') - line.count('}')
    return names


for folder in ('ipc', 'cruncher', 'server', 'tests'):
    for path in sorted((root / folder).rglob('*')):
        place = str(path.relative_to(root))
        if path.suffix not in ('.cpp', '.h', '.py', '.mjs', '.js') or 'node_modules' in place or not path.is_file():
            continue
        source = path.read_text(encoding='utf-8')
        if source.count('\n') > MOST_LINES and place != ONE_TO_COPY:
            failures.append(f'{place}: {source.count(chr(10))} lines')
        if path.suffix in ('.cpp', '.h'):
            text = re.sub(r' +$', '', without_texts(source), flags=re.M)
            look_at(place, 1, text.split('\n'), 0)
            if folder == 'server':
                failures += [f'{place}: in the global namespace: {line}' for line in global_names(text.split('\n'))]
print('\n'.join(failures) or f'{functions} functions, {classes} classes')
sys.exit(bool(failures) or functions < 1000 or classes < 100)
