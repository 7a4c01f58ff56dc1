#!/usr/bin/env python3
"""Makes the pages out of page/ and writes them, each with its Content-Security-Policy, as a C++ source.

usage: embed.py PAGE_DIRECTORY OUTPUT.cpp

A page is NAME.html, which begins with its title, and NAME.js, if it has a script; head.html and style.css are shared by
all. The scripts are ES modules in the way browsers read them. Here they are put into one, in the order of their imports: each
in a function of its own, which returns what the module exports. The forms of import and export that the pages use are all that
is understood; any other is refused.
"""

import base64
import hashlib
import pathlib
import re
import sys

IMPORT = re.compile(r"^import \{([^}]+)\} from './(\w+)\.js';\n", re.MULTILINE)
EXPORT = re.compile(r'^export (?:async )?(?:class|function|const) (\w+)', re.MULTILINE)
OTHER = re.compile(r'^(?:import|export)\b.*', re.MULTILINE)
DELIMITER = 'page'
PAGES = ['dashboard', 'demo', 'welcome']


def ordered_modules(directory, name, found):
    """`found` gets each module's text, after those that it imports. A cycle never ends up twice, so it is refused."""
    if name in found:
        if found[name] is None:
            sys.exit(f'embed.py: {name}.js imports itself')
        return
    found[name] = None
    text = (directory / f'{name}.js').read_text(encoding='utf-8')
    for _, imported in IMPORT.findall(text):
        ordered_modules(directory, imported, found)
    del found[name]
    found[name] = text


def in_one_scope(name, text, is_main):
    body = IMPORT.sub(lambda match: f'const {{{match[1]}}} = {match[2]}_module;\n', text)
    exported = EXPORT.findall(body)
    body = re.sub(r'^export ', '', body, flags=re.MULTILINE) if exported else body
    leftover = OTHER.search(body)
    if leftover:
        sys.exit(f'embed.py: {name}.js: cannot read "{leftover[0]}"')
    if is_main:
        return body
    return f'const {name}_module = (() => {{\n{body}return {{{", ".join(exported)}}};\n}})();\n'


def bundled_script(directory, main):
    modules = {}
    ordered_modules(directory, main, modules)
    return '\n'.join(in_one_scope(name, text, name == main) for name, text in modules.items())


def csp_hash(text):
    digest = hashlib.sha256(text.encode('utf-8')).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def put(page, tag, content):
    empty = f'{tag}></{tag.split()[0].strip("<")}>'
    if page.count(empty) != 1:
        sys.exit(f'embed.py: a page must have exactly one {empty}')
    return page.replace(empty, f'{tag}>{content}</{tag.split()[0].strip("<")}>')


def policy_for(script, style):
    """`script` is None where the page has none."""
    return '; '.join([
        "default-src 'none'",
        *([] if script is None else [f'script-src {csp_hash(script)}', "connect-src 'self'"]),
        f'style-src {csp_hash(style)}',
        'img-src data: blob:',
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ])


def function_for(directory, name):
    style = (directory / 'style.css').read_text(encoding='utf-8')
    script = bundled_script(directory, name) if (directory / f'{name}.js').exists() else None
    title, body = (directory / f'{name}.html').read_text(encoding='utf-8').split('\n', 1)
    page = (directory / 'head.html').read_text(encoding='utf-8').replace('<title></title>', title) + body
    page = put(page, '<style', style)
    page = page if script is None else put(page, '<script type="module"', script)
    if f'){DELIMITER}"' in page:
        sys.exit(f'embed.py: {name}.html holds the end of a raw string literal')
    return f'''EmbeddedPage {name}() {{
  return {{R"{DELIMITER}({page}){DELIMITER}",
          R"{DELIMITER}({policy_for(script, style)}){DELIMITER}"}};
}}
'''


def main(directory, output):
    functions = '\n'.join(function_for(pathlib.Path(directory), name) for name in PAGES)
    pathlib.Path(output).write_text(f'''// Made by server/web/embed.py from server/web/page/.
#include "server/web/pages.h"

namespace web {{

{functions}
}}  // namespace web
''', encoding='utf-8')


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
