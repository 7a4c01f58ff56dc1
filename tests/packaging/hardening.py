"""Whether both programs were linked as meson.build says.

`hardening.py CRUNCHERD CRUNCHER static|static-pie`
"""

import subprocess
import sys

failures = []


def expect(holds, what):
    print('ok  ' if holds else 'FAIL', what)
    if not holds:
        failures.append(what)


def readelf(option, program):
    return subprocess.run(['readelf', '-W', option, program], check=True, capture_output=True, text=True).stdout


def stack_is_probed(program):
    """-fstack-clash-protection makes room a page at a time, and touches each: `orq $0x0,(%rsp)`."""
    code = subprocess.run(['objdump', '-d', '--no-show-raw-insn', program], capture_output=True, text=True).stdout
    return 'orq    $0x0,(%rsp)' in code or 'aarch64' in code


def both(name, program):
    symbols = readelf('-s', program)
    expect('__stack_chk_fail' in symbols, f'{name}: the stack is protected')
    expect('__glibcxx_assert_fail' in symbols, f"{name}: the library's preconditions are checked")
    expect('_chk' in symbols.replace('__stack_chk', ''), f'{name}: copies are checked against the sizes known')
    expect(stack_is_probed(program), f'{name}: large frames cannot jump over the guard page')
    expect('GNU_RELRO' in readelf('-l', program), f'{name}: relocations are read-only')
    stack = next(line for line in readelf('-l', program).splitlines() if 'GNU_STACK' in line)
    expect('RWE' not in stack, f'{name}: the stack is not executable')


def main(cruncherd, cruncher, linkage):
    both('cruncherd', cruncherd)
    both('cruncher', cruncher)
    expect('NOW' in readelf('-d', cruncherd), 'cruncherd: everything is resolved at the start')
    expect('DYN' in readelf('-h', cruncherd), 'cruncherd: at an address of chance')
    expect('INTERP' not in readelf('-l', cruncher), 'cruncher: static')
    expect(('DYN' in readelf('-h', cruncher)) == (linkage == 'static-pie'), f'cruncher: {linkage}')
    return 1 if failures else 0


sys.exit(main(*sys.argv[1:]))
