"""Makes the man pages and the sample configuration, so that no flag stands in two places.

`manual.py page TEMPLATE PROGRAM` puts the flags of `PROGRAM --help` in place of the template's line @FLAGS@.
`manual.py config PROGRAM` prints the configuration with every key as a comment.
`manual.py markdown TEMPLATE FILE` puts a page of Markdown in place of @TEXT@.
"""

import re
import subprocess
import sys
import textwrap

FLAG = re.compile(r'  (?:-\w,)?--(?P<name>[\w-]+)(?: (?P<type>[^\s=(]+)(?:=(?P<default>\S*))?(?P<repeated> \.\.\.)?)?'
                  r'(?:\s{1,}(?P<help>.*))?$')
NO_KEYS = ('help', 'version', 'config', 'make-key', 'check-jobs')
LITERAL = '.Bd -literal -offset indent'


def help_of(program, *arguments):
    return subprocess.run([program, *arguments, '--help'], check=True, capture_output=True, text=True).stdout


def flags_of(text):
    """(group, [flag]) as --help prints them; a text that begins below its flag belongs to it."""
    groups, flag = [], None
    for line in text.splitlines():
        if match := FLAG.match(line):
            flag = match.groupdict()
            flag['help'] = (flag['help'] or '').strip()
            groups[-1][1].append(flag)
        elif line.startswith('   ') and flag:
            flag['help'] = (flag['help'] + ' ' + line.strip()).strip()
        elif re.match(r'\S.*:$', line):
            groups.append((line[:-1], []))
            flag = None
        elif line and not line.startswith(' '):
            flag = None
    return [group for group in groups if group[1]]


def escaped(text):
    text = text.replace('\\', '\\e').replace('-', '\\-')
    text = ''.join(c if ord(c) < 128 else f'\\[u{ord(c):04X}]' for c in text)
    return '\\&' + text if text.startswith(('.', "'")) else text


def default_of(flag):
    """None where it depends on the machine, or where the help says it in words."""
    unknown = not flag['default'] or flag['default'].startswith('/') or '(default:' in flag['help']
    return None if unknown else flag['default']


def flag_entry(flag):
    kind = f' Ns = Ns Ar {escaped(flag["type"])}' if flag['type'] else ''
    lines = [f'.It Fl \\-{escaped(flag["name"])}{kind}', *([sentence(escaped(flag['help']))] if flag['help'] else [])]
    if default := default_of(flag):
        lines += [f'The default is {escaped(default)}.']
    return lines


def sentence(text):
    return text[:1].upper() + text[1:] + ('' if text.endswith('.') or not text else '.')


def page(template, program):
    lines = []
    for group, flags in flags_of(help_of(program)):
        if group not in ('Options', 'OPTIONS'):
            lines += [f'.Ss {escaped(group)}']
        lines += ['.Bl -tag -width Ds']
        for flag in flags:
            lines += flag_entry(flag)
        lines += ['.El']
    return fill(template, '@FLAGS@', lines)


def fill(template, place, lines):
    with open(template, encoding='utf-8') as file:
        return '\n'.join(wrapped(file.read().replace(place + '\n', '\n'.join(lines) + '\n').splitlines())) + '\n'


def wrapped(lines):
    """Lines of text, not of code and not of macros, in at most 78 columns."""
    literal = False
    for line in lines:
        literal = line == LITERAL or (literal and line != '.Ed')
        if literal or line.startswith('.'):
            yield line
        else:
            yield from ('\\&' + part if part.startswith(('.', "'")) else part
                        for part in textwrap.wrap(line, 76, break_on_hyphens=False, break_long_words=False))


def config(program):
    lines = ['# Configuration of cruncherd; see cruncherd.toml(5). Each key is a flag of cruncherd(1), without dashes.',
             '# What is commented out shows the default.']
    for group, flags in flags_of(help_of(program)):
        flags = [flag for flag in flags if flag['name'] not in NO_KEYS]
        if flags:
            lines += ['', '## ' + group]
        for flag in flags:
            value = default_of(flag) if flag['type'] else 'false'
            bare = re.fullmatch(r'\d+|true|false', value or '') and flag['type'] != 'OCTAL'
            quoted = flag['type'] if not value else value if bare else f'"{value}"'
            if flag['repeated']:
                quoted = f'["{flag["type"]}"]'
            lines += ['', '# ' + sentence(flag['help']), f'#{flag["name"]} = {quoted}']
    lines += ['', '# Limits of one task alone:', '#[task.primes]', '#timeout = "60s"']
    return '\n'.join(lines) + '\n'


def inline(text):
    parts = re.split(r'(`[^`]+`)', re.sub(r'\[([^]]+)\]\((https?:[^)]+)\)', r'\1 (\2)', text))
    text = ''
    for part in parts:
        if part.startswith('`'):
            text += '\\fB' + escaped(part[1:-1]).removeprefix('\\&') + '\\fR'
        else:
            part = re.sub(r'\[([^]]+)\]\([^)]*\)', r'\1', part).replace('\\|', '|').replace('\\*', '*')
            bold = re.split(r'\*\*(.+?)\*\*', part)
            for i, piece in enumerate(bold):
                piece = escaped(re.sub(r'(?<!\w)\*(\S[^*]*)\*', r'\1', piece)).removeprefix('\\&')
                text += '\\fB' + piece + '\\fR' if i % 2 else piece
    text = re.sub(r'([.!?]|[.!?]\\fR) +(?=\S)', r'\1\n', text)
    return ['\\&' + line if line.startswith(('.', "'")) else line for line in text.split('\n')]


def blocks_of(text):
    """(kind, lines): a fence, a table, a list, a paragraph, a heading."""
    blocks, fenced = [], False
    for line in text.splitlines():
        last = blocks[-1] if blocks else ('', [])
        if line.startswith('```'):
            fenced = not fenced
            blocks.append(('code' if fenced else '', []))
        elif fenced:
            last[1].append(line)
        elif not line.strip():
            blocks.append(('code gap', []) if last[0] == 'code' else ('', []))
        elif line.startswith('#'):
            blocks.append(('heading', [line]))
        elif line.startswith('    ') and last[0] in ('', 'code', 'code gap'):
            if last[0] == 'code gap':
                blocks.pop()
                blocks[-1][1].append('')
            elif last[0] != 'code':
                blocks.append(('code', []))
            blocks[-1][1].append(line[4:])
        elif line.startswith('|'):
            last[1].append(line) if last[0] == 'table' else blocks.append(('table', [line]))
        elif line.startswith('* '):
            last[1].append(line[2:]) if last[0] == 'list' else blocks.append(('list', [line[2:]]))
        elif last[0] == 'list' and line.startswith('  '):
            last[1][-1] += ' ' + line.strip()
        elif last[0] == 'paragraph':
            last[1][-1] += ' ' + line.strip()
        else:
            blocks.append(('paragraph', [line.strip()]))
    return [block for block in blocks if block[1]]


def cells_of(row):
    return [cell.strip() for cell in re.split(r'(?<!\\)\|', row.strip().strip('|'))]


def markdown(template, file):
    with open(file, encoding='utf-8') as source:
        blocks = blocks_of(source.read())
    lines, before = [], ''
    for kind, content in blocks:
        if kind == 'heading' and content[0].startswith('# '):
            lines += ['.Sh DESCRIPTION']
        elif kind == 'heading':
            level, title = content[0].split(' ', 1)
            lines += [f'.Sh {escaped(title.upper())}' if level == '##' else f'.Ss {escaped(title)}']
        elif kind == 'code':
            lines += [LITERAL, *(escaped(line) for line in content), '.Ed']
        elif kind == 'list':
            lines += ['.Bl -bullet']
            for item in content:
                lines += ['.It', *inline(item)]
            lines += ['.El']
        elif kind == 'table':
            lines += ['.Bl -tag -width Ds']
            for row in content[2:]:
                name, *rest = cells_of(row)
                lines += ['.It ' + ' '.join(inline(name)), *inline('; '.join(cell for cell in rest if cell))]
            lines += ['.El']
        else:
            lines += ([] if before == 'heading' else ['.Pp']) + inline(content[0])
        before = kind
    return fill(template, '@TEXT@', lines)


sys.stdout.write({'page': page, 'config': config, 'markdown': markdown}[sys.argv[1]](*sys.argv[2:]))
