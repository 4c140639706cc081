# SPDX-License-Identifier: Apache-2.0
"""sdsa-lab check: runs the test suites, and shows how far they are.

Each stage (the set-up of a build, a test suite in it) is one command, whose
output goes to a log file in the build's folder.  On a terminal the last line
is rewritten every second, elsewhere there is a line a minute.  A signal ends
the stage, and with it every process and network that the stage has made."""

import contextlib
import ctypes
import glob
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
SDSA_LAB = os.path.join(os.path.dirname(HERE), "sdsa-lab")
OTHER_DEBIAN = os.path.join(HERE, "other-debian")
PR_SET_CHILD_SUBREAPER = 36     # <linux/prctl.h>
SETUP_SKIPPED = 77              # Exit status of "setup": not possible.
LINE_S = float(os.environ.get("SDSA_CHECK_LINE_S") or 60)
TERMINAL_LINE_S = 1
# Limit for a stage: far more than any takes on a busy machine.
LIMIT_S = float(os.environ.get("SDSA_CHECK_LIMIT_S") or 2400)
POLL_S = 0.5                    # Pause between two looks at a log file.
GROUPS_END_S = 60               # Limit for groups to clean up.
PROCESS_END_S = 5               # Limit for a process to end.

# The test suites of each kind of build, and the number of groups that run at
# once: groups wait more than they compute.
CPUS = len(os.sched_getaffinity(0))
SUITES = {
    "plain": [("check", CPUS + 1), ("check-system", CPUS + 1)],
    "kernel": [("check-kernel", 1)],
    "sanitized": [("check", CPUS + 1), ("check-system", CPUS + 1)],
    "fuzz": [("check-fuzz", CPUS)],
    "packages": [("check-packages", 1)],
    "other-debian": [("check", CPUS + 1), ("demo", 1)],
}
OPTIONS = {"--plain": "plain", "--kernel": "kernel", "--host-kernel": "kernel",
           "--sanitize": "sanitized", "--fuzz": "fuzz",
           "--packages": "packages", "--other-debian": "other-debian",
           "--quick": "plain"}
WITHOUT_GROUPS = {"packages", "other-debian"}   # Only checked whole.
IN_PLAIN_BUILD = {"kernel", "packages"}         # Kinds without a build.
QUICK = {"check": ["-k", "!slow"], "check-system": ["-k", "quick"]}
# What a run of everything leaves to the other build: a lab costs as much time
# in each of them.
SHARED = {("plain", "check-system"): ["-k", "!sanitized", "-k", "plain"],
          ("sanitized", "check-system"): ["-k", "sanitized"]}

# The line of a test group: " 12: title          ok"
RESULT = re.compile(r"^ *\d+: .* (?:(ok)|(FAILED|UNEXPECTED PASS) \(.*"
                    r"|(skipped) \(.*)$")


class Interrupted(Exception):
    """A signal told this program to end."""


class Counts:
    """Results of test groups."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def __str__(self):
        return (f"{self.passed} passed, {self.failed} failed,"
                f" {self.skipped} skipped")

    def done(self):
        return self.passed + self.failed + self.skipped

    def add(self, line):
        """Counts 'line' if it is a result.  Returns true if a user wants to
        see it."""
        match = RESULT.match(line)
        if not match:
            return False
        ok, failed, skipped = match.groups()
        self.passed += bool(ok)
        self.failed += bool(failed)
        self.skipped += bool(skipped)
        return not ok

    def add_counts(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


class Screen:
    """Standard output: lines, and on a terminal a last line that changes."""

    def __init__(self):
        self.terminal = (sys.stdout.isatty()
                         and os.environ.get("TERM", "dumb") != "dumb")
        self.period_s = TERMINAL_LINE_S if self.terminal else LINE_S
        self.next_s = 0
        self.shown = False

    def begin(self):
        """A stage begins: the first line about it is due after a period."""
        self.next_s = time.monotonic() + self.period_s

    def print(self, text):
        self.clear()
        print(text, flush=True)

    def clear(self):
        if self.shown:
            print("\r\033[K", end="", flush=True)
            self.shown = False

    def progress(self, make_text):
        """Shows what 'make_text' returns, if the last time is long enough
        ago."""
        now = time.monotonic()
        if now < self.next_s:
            return
        self.next_s = now + self.period_s
        if self.terminal:
            width = shutil.get_terminal_size().columns - 1
            print("\r\033[K" + make_text()[:width], end="", flush=True)
            self.shown = True
        else:
            print(make_text(), flush=True)


class Times:
    """Seconds that each stage took in its last complete run, in a file
    beside the builds."""

    def __init__(self):
        self.path = f"{TOP}/build/check-times.json"
        try:
            with open(self.path, encoding="utf-8") as stream:
                self.seconds = json.load(stream)
        except (OSError, ValueError):
            self.seconds = {}

    def get(self, stage):
        """Returns None if 'stage' never came to its end."""
        return self.seconds.get(stage.key())

    def put(self, stage, seconds):
        self.seconds[stage.key()] = round(seconds)
        with open(self.path, "w", encoding="utf-8") as stream:
            json.dump(self.seconds, stream, indent=1, sort_keys=True)


class Stage:
    """One command of a check.  'suite' is None for the set-up of a build."""

    def __init__(self, kind, suite, jobs, args):
        self.kind = kind
        self.suite = suite
        self.jobs = jobs
        self.args = args
        self.build = (f"{TOP}/build/"
                      + ("plain" if kind in IN_PLAIN_BUILD else kind))
        self.tree = f"{self.build}/tree"    # Of the other Debian.
        self.counts = Counts()
        self.started = False    # The groups have begun.
        self.total = None       # Number of groups, once it is known.

    def name(self):
        if self.suite is None:
            return f"set-up of {self.kind}"
        if self.suite == "demo":
            return f"demo, {self.kind} build"
        return f"make {self.suite}, {os.path.basename(self.build)} build"

    def key(self):
        words = [self.name(), *self.args]
        if self.kind == "kernel" and os.environ["KERNEL"]:
            words.append("on this kernel")
        return " ".join(words)

    def argv(self):
        if self.suite is None:
            return [SDSA_LAB, "setup", self.kind]
        if self.suite == "demo":
            return [OTHER_DEBIAN, "demo", self.tree]
        flags = " ".join([f"-j{self.jobs}", *map(_quote, self.args)])
        make = ["make", self.suite, f"TESTSUITEFLAGS={flags}"]
        if self.kind == "other-debian":
            return [OTHER_DEBIAN, "run", self.tree, *make, "-C", "build/plain"]
        return make

    def log(self):
        return f"{self.build}/{self.suite or 'setup'}.log"

    def guest_logs(self):
        return glob.glob(f"{self.build}/tests/*-kernel-testsuite.out")

    def counts_so_far(self):
        """Returns the results up to now.  Those of guests come to the log only
        when all guests have ended."""
        if self.kind != "kernel" or self.counts.done():
            return self.counts
        counts = Counts()
        for path in self.guest_logs():
            with open(path, encoding="utf-8", errors="replace") as stream:
                for line in stream:
                    counts.add(line.rstrip("\n"))
        return counts

    def list_groups(self, args):
        """Returns how many groups 'args' select, or None."""
        if self.suite == "demo":
            return 1
        script = "-".join([*self.suite.split("-")[1:], "testsuite"])
        done = subprocess.run(["sh", f"{TOP}/tests/{script}", "-C", "tests",
                               "--list", *args], cwd=self.build, check=False,
                              stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.DEVNULL)
        return len(re.findall(r"^ *\d+: ", done.stdout, re.M)) or None


class Check:
    """All stages, one after the other."""

    def __init__(self, stages):
        self.stages = stages
        self.screen = Screen()
        self.times = Times()
        self.counts = Counts()  # Sum over the stages that have ended.
        self.stage = None       # The stage that runs now.
        self.begin_s = 0        # Time at which it began.
        self.signals = []       # Signals to end, oldest first.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.wakeup, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            signal.signal(number, lambda n, _: self.signals.append(n))

    def run(self):
        """Runs the stages.  Returns the exit status."""
        skipped = None          # A kind whose build is not possible here.
        try:
            for stage in self.stages:
                self.stage = stage
                if stage.kind == skipped:
                    self._skip()
                elif stage.suite is not None:
                    self._run_suite()
                else:
                    status = self._run_command()
                    if status == SETUP_SKIPPED:
                        skipped = stage.kind
                    elif status:
                        self.counts.failed += 1
                        self.screen.print(self.counts)
                        return 1
        except Interrupted:
            with contextlib.suppress(OSError):      # Without a terminal.
                self._report_interrupt()
            return 128 + self.signals[0]
        self._report_left_out()
        self.screen.print(self.counts)
        return 1 if self.counts.failed else 0

    def _skip(self):
        if self.stage.kind == "other-debian":
            self.counts.skipped += 1
            self.screen.print(f"== {self.stage.name()}: not possible here,"
                              " 1 skipped")
            return
        with open(f"{TOP}/tests/fuzz/fuzz.at", encoding="utf-8") as stream:
            n = len(re.findall(r"^SDSA_FUZZ\(", stream.read(), re.M))
        self.counts.skipped += n
        self.screen.print(f"== {self.stage.name()}: not possible without these"
                          f" packages, {n} skipped")

    def _run_suite(self):
        stage = self.stage
        self.screen.print(f"== {stage.name()}")
        results = f"{stage.build}/tests/fuzz/*.result"
        for path in glob.glob(results) + stage.guest_logs():
            os.unlink(path)
        status = self._run_command()
        if stage.counts.failed and stage.kind == "packages":
            self._print_output("tail", "-n100", stage.log())
        elif stage.counts.failed:
            self._print_output("tail", "-n40", *glob.glob(
                f"{stage.build}/tests/*.dir/[0-9]*/*testsuite.log"),
                *glob.glob(f"{stage.tree}/build/plain/tests/testsuite.dir"
                           "/[0-9]*/testsuite.log"))
        elif status:            # The suite did not run all its groups.
            self._print_output("tail", "-n30", stage.log())
            stage.counts.failed = 1
        elif stage.suite == "demo":
            stage.counts.passed = 1
        self._print_output("cat", "/dev/null", *sorted(glob.glob(results)))
        self.screen.print(stage.counts)
        self.counts.add_counts(stage.counts)

    def _print_output(self, *argv):
        self.screen.clear()
        subprocess.run(argv, check=False, stdin=subprocess.DEVNULL)

    def _run_command(self):
        """Runs the stage's command.  Returns its exit status."""
        stage = self.stage
        self.begin_s = time.monotonic()
        self.screen.begin()
        os.makedirs(stage.build, exist_ok=True)
        with (open(stage.log(), "w", encoding="utf-8") as out,
              open(stage.log(), encoding="utf-8", errors="replace") as log):
            child = subprocess.Popen(
                stage.argv(), cwd=stage.build, stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
            rest = ""
            try:
                while child.returncode is None:
                    if self.signals:
                        raise Interrupted()
                    if time.monotonic() - self.begin_s > LIMIT_S:
                        self.screen.print(f"{stage.name()}: not done after"
                                          f" {_minutes(LIMIT_S)} (see"
                                          f" {stage.log()})")
                        self._end(child)
                        return 1
                    self.screen.progress(self._progress)
                    self._sleep(POLL_S)
                    self._reap(child)
                    rest = self._read_log(rest + log.read())
            except BaseException:
                self._end(child)
                raise
        if not child.returncode or stage.counts.failed:
            self.times.put(stage, time.monotonic() - self.begin_s)
        return child.returncode

    def _read_log(self, text):
        """Counts and prints the results among the lines of 'text'.  Returns
        what follows the last line."""
        stage = self.stage
        *lines, rest = text.split("\n")
        for line in lines:
            stage.started = stage.started or line.startswith("## ")
            if stage.suite is None or stage.counts.add(line):
                self.screen.print(line)
        return rest

    def _progress(self):
        """Returns the line that says how far the check is."""
        stage = self.stage
        counts = stage.counts_so_far()
        if (stage.started or counts.done()) and stage.total is None:
            stage.total = stage.list_groups(stage.args)
        text = stage.name() + ": "
        if stage.total is not None:
            text += f"{counts.done()} of {stage.total} groups, "
        elif counts.done():
            text += f"{counts.done()} groups, "
        text += (f"{self.counts.failed + counts.failed} failed,"
                 f" {_minutes(time.monotonic() - self.begin_s)}")
        left = self._left_s()
        return text if left is None else f"{text}, about {_minutes(left)} left"

    def _left_s(self):
        """Returns how long the rest takes, by the last run, or None."""
        i = self.stages.index(self.stage)
        seconds = [self.times.get(stage) for stage in self.stages[i:]]
        if None in seconds:
            return None
        seconds[0] = max(0, seconds[0] - (time.monotonic() - self.begin_s))
        return sum(seconds)

    def _report_left_out(self):
        """Says what --quick has left out, or one build to the other."""
        shared = [f"{stage.list_groups(stage.args)} of"
                  f" {stage.list_groups([])} in {stage.kind}"
                  for stage in self.stages
                  if stage.args == SHARED.get((stage.kind, stage.suite))]
        if shared:
            self.screen.print("The builds share the groups of make"
                              " check-system: " + ", ".join(shared)
                              + " (--plain and --sanitize run all)")
        if not any(stage.args == QUICK.get(stage.suite)
                   for stage in self.stages):
            return
        left_out = []
        for stage in self.stages:
            if stage.suite is not None:
                n = ((stage.list_groups([]) or 0)
                     - (stage.list_groups(stage.args) or 0))
                left_out.append(f"{n} groups of make {stage.suite}")
        self.screen.print("Left out: " + ", ".join(left_out) + ", the kernel's"
                          " ESP, sanitizers, fuzzing, the packages, the other"
                          " Debian (sdsa-lab check runs all of them)")

    def _report_interrupt(self):
        stage = self.stage
        counts = stage.counts_so_far()
        text = f"Interrupted in {stage.name()}"
        if stage.total is not None:
            text += f", {counts.done()} of {stage.total} groups done"
        self.counts.add_counts(counts)
        self.screen.print(f"{text}\n{self.counts}")

    def _sleep(self, seconds):
        """Sleeps until a signal comes, such as SIGCHLD, or 'seconds' are
        over."""
        select.select([self.wakeup], [], [], seconds)
        try:
            os.read(self.wakeup, 4096)
        except BlockingIOError:
            pass

    def _reap(self, child):
        """Reaps all children that have ended; orphans of tests are children,
        too."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                if pid == child.pid:
                    child.returncode = os.waitstatus_to_exitcode(status)
        except ChildProcessError:
            pass

    def _end(self, child):
        """Ends 'child' and every process below it.  Test groups clean up by
        themselves when their suite gets SIGTERM."""
        with contextlib.suppress(OSError):
            self.screen.print("Ending what runs")
        networks = _networks(_descendants())
        n_signals = len(self.signals)
        _kill(-child.pid, signal.SIGTERM)
        end_s = time.monotonic() + GROUPS_END_S
        while (child.returncode is None and time.monotonic() < end_s
               and len(self.signals) == n_signals):
            self._sleep(POLL_S)
            self._reap(child)
        for number in signal.SIGTERM, signal.SIGKILL:
            for pid in _descendants():
                _kill(pid, number)
            end_s = time.monotonic() + PROCESS_END_S
            while _descendants() and time.monotonic() < end_s:
                self._sleep(POLL_S)
                self._reap(child)
        _remove_networks(networks)


def _kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _descendants():
    """Returns the PIDs of all processes below this one, without zombies."""
    children = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8", errors="replace") as stream:
                pid, _, rest = stream.read().partition(" ")
        except OSError:         # It has ended.
            continue
        state, parent = rest.rpartition(")")[2].split()[:2]
        if state != "Z":
            children.setdefault(int(parent), []).append(int(pid))
    found = list(children.get(os.getpid(), []))
    for pid in found:           # The list grows in the loop.
        found += children.get(pid, [])
    return found


def _networks(pids):
    """Returns the files of the labs and network namespaces of the processes
    'pids': their names contain a PID, or a process is in them."""
    inodes = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            inodes.add(os.stat(f"/proc/{pid}/ns/net").st_ino)
    inodes.discard(os.stat("/proc/self/ns/net").st_ino)
    found = []
    for path in glob.glob("/run/sdsa-lab/*") + glob.glob("/run/netns/*"):
        numbers = re.findall(r"[_-](\d+)", os.path.basename(path))
        with contextlib.suppress(OSError):
            if (any(int(number) in pids for number in numbers)
                    or os.stat(path).st_ino in inodes):
                found.append(path)
    return found


def _remove_networks(paths):
    """Removes those of 'paths' that their test groups have not removed."""
    for path in filter(os.path.exists, paths):
        folder, name = os.path.split(path)
        if folder == "/run/netns":
            argv = ["ip", "netns", "del", name]
        else:
            argv = [SDSA_LAB, f"--name={name.partition('.')[0]}", "down"]
        subprocess.run(argv, check=False, stdout=subprocess.DEVNULL)


def _minutes(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _quote(arg):
    """Returns 'arg' quoted for make and then a shell."""
    return "'" + arg.replace("'", "'\\''").replace("$", "$$") + "'"


def make_stages(args):
    """Returns the stages that the arguments of "check" ask for."""
    option = args[0] if args and args[0] in OPTIONS else None
    args = args[1:] if option else args
    os.environ["KERNEL"] = "host" if option == "--host-kernel" else ""
    if option == "--quick" and args:
        sys.exit("sdsa-lab: check --quick takes no arguments")
    stages = []
    for kind in [OPTIONS[option]] if option else SUITES:
        if args and not option and kind in WITHOUT_GROUPS:
            continue
        stages.append(Stage(kind, None, 1, []))
        for suite, jobs in SUITES[kind]:
            chosen = args
            if option == "--quick":
                chosen = QUICK[suite]
            elif not option and not args:
                chosen = SHARED.get((kind, suite), [])
            stages.append(Stage(kind, suite, jobs, chosen))
    return stages


if __name__ == "__main__":
    sys.exit(Check(make_stages(sys.argv[1:])).run())
