# SPDX-License-Identifier: Apache-2.0
"""Commands, namespaces, processes, locks and a sysctl of a lab's host."""

import fcntl
import glob
import os
import signal
import subprocess
import time

RUNDIR = "/run/sdsa-lab"
RMEM = "/proc/sys/net/core/rmem_default"
# A packet socket of ovs-vswitchd takes this when it is opened; with the
# kernel's default a burst overflows it.
RMEM_BYTES = 16 * 1024 * 1024


class LabError(Exception):
    """An error; its text is a message that a user reads."""


def run(argv, *, check=True, netns=None, **kwargs):
    """Runs 'argv' and returns a CompletedProcess with the output as text."""
    if netns:
        argv = ["ip", "netns", "exec", netns, *argv]
    try:
        done = subprocess.run(argv, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False, **kwargs)
    except FileNotFoundError:
        raise LabError(f"{argv[0]} is missing: run \"sdsa-lab setup\"") \
            from None
    if check and done.returncode:
        raise LabError(f"{' '.join(argv)}: exit status {done.returncode}: "
                       + (done.stderr or done.stdout).strip())
    return done


def ip_batch(lines, netns=None):
    """Runs 'lines' as commands of one ip(8)."""
    argv = ["ip"] + (["-n", netns] if netns else []) + ["-batch", "-"]
    done = subprocess.run(argv, input="\n".join(lines) + "\n", text=True,
                          capture_output=True, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip()}")


# Namespaces.

def namespaces(prefix):
    done = run(["ip", "netns", "list"])
    names = [line.split()[0] for line in done.stdout.splitlines() if line]
    return [name for name in names if name.startswith(prefix)]


def sysctl(netns, *settings):
    run(["sysctl", "-qw", *settings], netns=netns)


def _pids(netns):
    done = run(["ip", "netns", "pids", netns], check=False)
    return {int(pid) for pid in done.stdout.split()} - {os.getpid()}


def end_namespaces(names):
    """Ends the processes in the namespaces 'names', then deletes the
    namespaces."""
    for sig, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        pids = set().union(*(_pids(name) for name in names))
        for pid in pids:
            try:
                os.kill(pid, sig)
            except ProcessLookupError:
                pass
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not any(_pids(name) for name in names):
                break
            time.sleep(0.05)
    for name in names:
        run(["ip", "netns", "delete", name])


# Locks.  Their files begin with a dot, as no lab's name does.

class Locked:
    """Holds the lock file 'name'; waits for it, or if there is a message,
    'taken', raises LabError with that.  The file goes with the lock."""

    def __init__(self, name, taken=None):
        self.path = f"{RUNDIR}/.{name}.lock"
        self.taken = taken
        self.stream = None

    def __enter__(self):
        os.makedirs(RUNDIR, exist_ok=True)
        while not self._take():
            pass

    def _take(self):
        """Returns false if the file that was locked is no longer there."""
        self.stream = open(self.path, "w", encoding="ascii")
        try:
            fcntl.flock(self.stream,
                        fcntl.LOCK_EX | (fcntl.LOCK_NB if self.taken else 0))
            if os.path.samestat(os.fstat(self.stream.fileno()),
                                os.stat(self.path)):
                return True
        except BlockingIOError:
            self.stream.close()
            raise LabError(self.taken) from None
        except FileNotFoundError:
            pass
        self.stream.close()
        return False

    def __exit__(self, *_):
        os.unlink(self.path)
        self.stream.close()


# net.core.rmem_default, which all labs on a host share.

RMEM_SAVED = f"{RUNDIR}/.rmem_default"


def raise_rmem(lab_dir):
    """Raises it for the lab with the directory 'lab_dir'."""
    with Locked(""):
        open(f"{lab_dir}/uses-rmem", "w", encoding="ascii").close()
        with open(RMEM, encoding="ascii") as stream:
            value = stream.read()
        if int(value) >= RMEM_BYTES:
            return
        with open(RMEM_SAVED, "w", encoding="ascii") as stream:
            stream.write(value)
        try:
            with open(RMEM, "w", encoding="ascii") as stream:
                stream.write(str(RMEM_BYTES))
        except OSError:
            os.unlink(RMEM_SAVED)
            print("sdsa-lab: net.core.rmem_default cannot be raised here:"
                  " bursts may lose packets")


def restore_rmem(lab_dir):
    """Puts it back if no lab but 'lab_dir' uses it."""
    with Locked(""):
        try:
            os.unlink(f"{lab_dir}/uses-rmem")
        except FileNotFoundError:
            pass
        if glob.glob(f"{RUNDIR}/*/uses-rmem"):
            return
        try:
            with open(RMEM_SAVED, encoding="ascii") as stream:
                value = stream.read()
            with open(RMEM, "w", encoding="ascii") as stream:
                stream.write(value)
            os.unlink(RMEM_SAVED)
        except FileNotFoundError:
            pass
