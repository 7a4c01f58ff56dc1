"""Crunchers that something else starts for the server: `launchers.py CRUNCHERD UNRULY KITS`, under bwrap and under Slurm.

Slurm is a cluster of two nodes on this machine: munged, slurmctld and two slurmd, all in a folder that is removed. As root only.
What is not installed is passed over.
"""
import concurrent.futures
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from started_server import Server, until

CRUNCHERD, UNRULY, KITS = sys.argv[1:]
SKIPPED = 77
BWRAP = 'bwrap --die-with-parent --unshare-all --ro-bind / / --dev /dev --proc /proc'
SRUN = 'srun -Q -n1 --unbuffered'

REMOTE = '''#!/usr/bin/env python3
import os
import signal
import sys
import time

sys.path.insert(0, KITS)
from cruncher import serve, task


@task
def where(seconds: float = 0):
    time.sleep(seconds)
    return {"node": os.environ["SLURMD_NODENAME"], "step": os.environ["SLURM_JOB_ID"]}


@task
def die(number: int):
    os.kill(os.getpid(), number)


serve()
'''


def serve(cruncher, launcher, *flags, environment=None, as_root=False):
    return Server(CRUNCHERD, '--cruncher', cruncher, '--launcher', launcher, '--spares', '0', '--priority', 'normal',
                  '--start-timeout', '60s', *flags, environment=environment, as_root=as_root)


def is_running(name):
    """Zombies, which a container's init may leave, are dead."""
    return subprocess.run(['pgrep', '-r', 'R,S,D', '-x', name], capture_output=True).returncode == 0


# bwrap


def bwrap_jobs_end_as_they_do_without():
    with serve(UNRULY, BWRAP, '--memory', '64MiB', '--timeout', '20s') as server:
        status, answer = server.run('echo', {'a': 1})
        assert status == 200 and answer['result'] == {'a': 1}, answer
        assert answer['usage']['cpu_ms'] is None and answer['usage']['max_rss_kib'] is None, "a launcher's are no answer"
        status, answer = server.run('die', {'signal': int(signal.SIGSEGV)})
        assert (status, answer['reason'], answer['signal']) == (502, 'crashed', 'SIGSEGV'), answer
        status, answer = server.run('quit', {'code': 3})
        assert (status, answer['reason'], answer['exit_code']) == (502, 'crashed', 3), answer
        status, answer = server.run('eat_memory', {'says_so': True})
        assert (status, answer['reason']) == (502, 'memory_limit'), 'the limit that was asked for is in force'


def bwrap_leaves_nothing_behind():
    name = 'unruly_in_bwrap'  # 15 characters, as many as the kernel keeps
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(UNRULY, f'{folder}/{name}')
        with serve(program, BWRAP) as server:
            status, answer = server.run('loop', {}, Prefer='wait=1')
            assert (status, answer['reason']) == (504, 'deadline_exceeded'), answer
            server.leave('loop', {})
            until(lambda: not is_running(name))
            with concurrent.futures.ThreadPoolExecutor(1) as client:
                job = client.submit(server.run, 'loop')
                until(lambda: is_running(name))
                server.end(signal.SIGKILL)
                until(lambda: not is_running(name))
                job.result()


def bwrap_processes_stay():
    with serve(UNRULY, BWRAP, '--jobs-per-process', '0', '--env', 'UNRULY_SERVES_MANY=1', '--running', '1') as server:
        calls = [server.run('count_calls')[1]['result']['calls'] for _ in range(20)]
        assert calls == list(range(1, 21)), calls


# Slurm


class Cluster:
    """Two nodes on this machine."""

    def __init__(self, folder):
        self.folder = folder
        os.chmod(folder, 0o711)
        ports = []
        for _ in range(3):
            with socket.create_server(('127.0.0.1', 0)) as free:
                ports.append(free.getsockname()[1])
        host = socket.gethostname()
        self.file('key', os.urandom(128).hex())
        os.chmod(f'{folder}/key', 0o600)
        os.mkdir(f'{folder}/state')
        self.configuration = self.file('slurm.conf', f'''
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ReturnToService=2
KillWait=2
InactiveLimit=10
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=2
PartitionName=all Nodes=ALL Default=YES State=UP
''')
        self.environment = {**os.environ, 'SLURM_CONF': self.configuration, 'PATH': os.environ['PATH'] + ':/usr/sbin'}
        self.daemons = [
            self.start('munged', '--foreground', '--force', f'--key-file={folder}/key', f'--socket={folder}/munge',
                       f'--pid-file={folder}/munge.pid', f'--log-file={folder}/munge.log', f'--seed-file={folder}/munge.seed')]
        until(lambda: os.path.exists(f'{folder}/munge'))
        self.daemons += [self.start('slurmctld', '-D'), self.start('slurmd', '-D', '-N', 'n1'), self.start('slurmd', '-D', '-N', 'n2')]
        until(lambda: self.ask('sinfo', '-h', '-o', '%D %t') == '2 idle')

    def file(self, name, text):
        path = f'{self.folder}/{name}'
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def start(self, *words):
        return subprocess.Popen(words, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(self, *words):
        return subprocess.run(words, env=self.environment, capture_output=True, text=True).stdout.strip()

    def is_empty(self):
        return self.ask('squeue', '-h') == ''

    def cruncher(self):
        path = self.file('remote.py', REMOTE.replace('KITS', repr(KITS)))
        os.chmod(path, 0o755)
        return path

    def serve(self, *flags):
        slots = () if '--running' in flags else ('--running', '4')
        return serve(self.cruncher(), SRUN, '--env', f'SLURM_CONF={self.configuration}', *slots, *flags,
                     environment=self.environment, as_root=True)

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.terminate()
            daemon.wait()


def slurm_jobs_run_on_both_nodes(cluster):
    with cluster.serve() as server, concurrent.futures.ThreadPoolExecutor(4) as clients:
        answers = list(clients.map(lambda _: server.run('where', {'seconds': 3}), range(4)))
        assert all(status == 200 for status, _ in answers), answers
        assert {answer['result']['node'] for _, answer in answers} == {'n1', 'n2'}, answers
        assert all(answer['usage']['cpu_ms'] > 0 for _, answer in answers), 'what the cruncher says itself'
        status, answer = server.run('die', {'number': int(signal.SIGSEGV)})
        assert (status, answer['reason'], answer['signal']) == (502, 'crashed', 'SIGSEGV'), answer


def slurm_steps_end_with_their_jobs(cluster):
    with cluster.serve() as server:
        status, answer = server.run('where', {'seconds': 60}, Prefer='wait=3')
        assert (status, answer['reason']) == (504, 'deadline_exceeded'), answer
        until(cluster.is_empty)
        server.leave('where', {'seconds': 60})
        until(cluster.is_empty)


def slurm_steps_end_with_the_server(cluster):
    for number in (signal.SIGTERM, signal.SIGKILL):
        with cluster.serve('--drain-timeout', '1s') as server, concurrent.futures.ThreadPoolExecutor(1) as client:
            job = client.submit(server.run, 'where', {'seconds': 120})
            until(lambda: not cluster.is_empty())
            time.sleep(1)
            server.end(number)
            until(cluster.is_empty, 120)  # srun's death is noticed after InactiveLimit, by a look every half a minute
            job.result()


def slurm_step_serves_many_jobs(cluster):
    with cluster.serve('--jobs-per-process', '0', '--running', '1') as server:
        begin = time.monotonic()
        answers = [server.run('where') for _ in range(1000)]
        took = time.monotonic() - begin
        assert len({answer['result']['step'] for _, answer in answers}) == 1
        print(f'   a job through srun with reuse: {took:.2f} ms on average', flush=True)
    until(cluster.is_empty)


def cases(folder):
    path = os.environ['PATH'] + ':/usr/sbin'
    if shutil.which('bwrap', path=path):
        yield from (bwrap_jobs_end_as_they_do_without, bwrap_leaves_nothing_behind, bwrap_processes_stay)
    if os.getuid() == 0 and all(shutil.which(name, path=path) for name in ('srun', 'slurmctld', 'slurmd', 'munged')):
        cluster = Cluster(folder)
        try:
            for case in (slurm_jobs_run_on_both_nodes, slurm_steps_end_with_their_jobs, slurm_steps_end_with_the_server,
                         slurm_step_serves_many_jobs):
                def on_cluster(case=case):
                    case(cluster)
                on_cluster.__name__ = case.__name__
                yield on_cluster
        finally:
            cluster.stop()


def main():
    failed = ran = 0
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(folder):
            ran += 1
            try:
                case()
                print(f'ok: {case.__name__}', flush=True)
            except AssertionError as why:
                failed += 1
                print(f'FAILED: {case.__name__}: {why}', flush=True)
    return 1 if failed else 0 if ran else SKIPPED


sys.exit(main())
