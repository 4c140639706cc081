# SPDX-License-Identifier: Apache-2.0
"""A lab for benchmarks: it is down again when the benchmark ends."""

import contextlib
import os
import shlex
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOPOLOGIES = os.path.join(HERE, "..", "..", "utilities", "topologies")


class Lab:
    def __init__(self):
        self.name = f"bench_{os.getpid()}"
        self.dir = f"/run/sdsa-lab/{self.name}"
        self.env = dict(os.environ)

    def lab(self, *args):
        return run("sdsa-lab", f"--name={self.name}", *args)

    def sh(self, *argv):
        """Runs a command with the lab's settings; returns what it prints."""
        return run(*argv, env=self.env)

    def ctl(self, *args):
        return self.sh("sdsa-ctl", "--timeout=60", *args)

    def in_node(self, node, *argv):
        return self.sh("ip", "netns", "exec", f"sdsa-{self.name}-{node}",
                       *argv)

    def popen(self, node, *argv):
        return subprocess.Popen(
            ["ip", "netns", "exec", f"sdsa-{self.name}-{node}", *argv],
            env=self.env, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def agent_address(self, gateway):
        with open(f"{self.dir}/{gateway}.args", encoding="ascii") as stream:
            args = shlex.split(stream.read())
        option = "--listen="
        return next(a[len(option):] for a in args if a.startswith(option))


def run(*argv, env=None):
    done = subprocess.run(argv, text=True, capture_output=True, check=False,
                          stdin=subprocess.DEVNULL, env=env)
    if done.returncode:
        sys.exit(f"{' '.join(argv)}: {done.stderr.strip()}")
    return done.stdout


@contextlib.contextmanager
def lab(topology, *options):
    """Builds the lab of a file in utilities/topologies, with options of
    "up"."""
    self = Lab()
    self.lab("up", *options, os.path.join(TOPOLOGIES, topology))
    try:
        for line in self.lab("env").splitlines():
            key, _, value = line.removeprefix("export ").partition("=")
            self.env[key] = shlex.split(value)[0]
        yield self
    finally:
        self.lab("down")


def spread(values, form="{:.1f}"):
    """Returns "MEDIAN (MIN to MAX)"."""
    return " ".join((form.format(statistics.median(values)),
                     "(" + form.format(min(values)), "to",
                     form.format(max(values)) + ")"))
