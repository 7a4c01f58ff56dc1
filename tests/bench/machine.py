"""What the benchmark needs of the machine, and what machine it is."""

import contextlib
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

from servers import PEERS

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
BUILD = Path(os.environ.get("BUILD", HERE.parents[1] / "build")).resolve()  # as ./dev has it; a set up release build

DEBIAN_PACKAGES = {
    "wrk": "wrk",
    "nginx": "nginx-light",
    "fcgiwrap": "fcgiwrap",
    "apache2": "apache2-bin",
    "node": "nodejs",
    "npm": "npm",
}
VERSIONS = {
    "nginx": ["nginx", "-v"],
    "Apache": ["apache2", "-v"],
    "fcgiwrap": ["dpkg-query", "-W", "-f", "${Version}", "fcgiwrap"],
    "Node": ["node", "--version"],
    "wrk": ["dpkg-query", "-W", "-f", "${Version}", "wrk"],
    "compiler": ["c++", "--version"],
}


def install_packages():
    """Debian's packages, where a program is missing; services that come with them are not started."""
    missing = [package for program, package in DEBIAN_PACKAGES.items() if not find_program(program)]
    if not missing:
        return
    if os.geteuid() != 0:
        sys.exit(f"the benchmark needs {' '.join(missing)}: install them, or run it as root")
    with no_service_starts():
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
        subprocess.run([*apt, "update"], check=True, env=environment)
        subprocess.run([*apt, "install", "-y", "--no-install-recommends", *missing], check=True, env=environment)


def find_program(name):
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")


@contextlib.contextmanager
def no_service_starts():
    """The way of invoke-rc.d(8) to keep a package's service from being started at its installation."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def install_node_packages():
    lock, installed = PEERS / "package-lock.json", PEERS / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(["npm", "ci", "--loglevel=error"], cwd=PEERS, check=True)


def allow_many_descriptors():
    """As many as this process may have, for itself and for every server: 9,000 connections need 9,000 at each end."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def description():
    return computer() | {"versions": {name: version(command) for name, command in VERSIONS.items()} | node_versions()}


def computer():
    cpu_info = Path("/proc/cpuinfo").read_text()
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1])
    system = platform.freedesktop_os_release()
    return {
        "cpu": re.search(r"model name\s*: (.*)", cpu_info)[1] if "model name" in cpu_info else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**20, 1),
        "kernel": platform.release(),
        "system": system["PRETTY_NAME"],
    }


def version(command):
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)[0]


def node_versions():
    names = ("express", "piscina", "workerpool")
    manifests = {name: (PEERS / "node_modules" / name / "package.json").read_text() for name in names}
    return {name: re.search(r'"version": "([^"]+)"', text)[1] for name, text in manifests.items()}
