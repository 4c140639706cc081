# SPDX-License-Identifier: Apache-2.0
"""The lab that things happen in: its processes, its control channels."""

import fcntl
import glob
import os
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import namedtuple

import chaos_state
from chaos_state import Away, State, rpc
from chaos_traffic import MARKER, Traffic
from lab_net import Inside

#   a -- br1 ------- br2            Switches: br1 and br2; br3; br4 and br5.
#        | |          |             Gateways: two at br1 and at br4, one at
#        | `-- br3 -- br4 -- b      br3 and at br5.  Functions: tap and wire at
#        |      |      |            br3, fw at br4, and there tap2, which can
#               `---- br5 -- c      stand in for tap.
TOPOLOGY = """\
bridge br1
bridge br2
bridge br3 machine=m3
bridge br4 machine=m4
bridge br5 machine=m4
link br1 br2
link br1 br3
link br2 br4
link br3 br4
link br3 br5
link br4 br5
endpoint a br1 10.1.0.1 mac=02:00:00:00:00:01
endpoint b br4 10.1.0.2 mac=02:00:00:00:00:02
endpoint c br5 10.1.0.3 mac=02:00:00:00:00:03
gateway gw1 br1
gateway gw2 br1
gateway gw3 br3
gateway gw4 br4
gateway gw5 br4
gateway gw6 br5
function tap br3 correlation=vlan group=taps
function tap2 br4 correlation=vlan group=taps
function fw br4 correlation=mac
function wire br3 correlation=none
chain web a b ip
chain --priority=200 dns a b udp,tp_dst=53
chain --priority=150 mail a c ip,nw_dst=10.1.0.3
chain --priority=300 --one-way one b c ip,nw_dst=10.1.0.3
"""
BRIDGES = {"br1": "mgmt", "br2": "mgmt", "br3": "m3", "br4": "m4",
           "br5": "m4"}
GATEWAYS = {"gw1": "br1", "gw2": "br1", "gw3": "br3", "gw4": "br4",
            "gw5": "br4", "gw6": "br5"}
LINKS = [("br1", "br2"), ("br1", "br3"), ("br2", "br4"), ("br3", "br4"),
         ("br3", "br5"), ("br4", "br5")]
# Switches, by the names of their PID files, with their addresses.
SWITCHES = {"vswitchd": "192.168.255.1", "m3-vswitchd": "192.168.255.11",
            "m4-vswitchd": "192.168.255.12"}
OPENFLOW_PORT, FIRST_AGENT_PORT = 6653, 8443
CONTROLLER = "sdsa-controller"
TARGET = f"ssl:192.168.255.1:{OPENFLOW_PORT}"

Endpoint = namedtuple("Endpoint", "name ip")
A, B, C = (Endpoint(name, f"10.1.0.{n}") for n, name in enumerate("abc", 1))
STREAMS = [(A, B, 7), (B, A, 7), (A, B, 53), (A, C, 7), (C, A, 8), (B, C, 8)]
INTERVAL_S = 0.004
LOG_S = 5                       # More than a line takes to its log file.
LOG_TRANSITIONS = "-vop:file:dbg"

CONFIG = {"drain-ms": 300, "drain-max-ms": 4000, "prepare-timeout-ms": 1500,
          "retry-ms": 300, "release-timeout-ms": 1000, "loss-ms": 1500}

# Commands that give the chains their first form again.
NORMAL = ["--", "--no-protect", "chain-set", "web", "--", "chain-set-match",
          "web", "ip", "--", "--no-protect", "chain-set", "dns",
          "--", "--no-protect", "chain-set", "mail", "--", "chain-rekey",
          "one"]


def run(*argv, env=None):
    done = subprocess.run(argv, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, env=env)
    if done.returncode:
        raise subprocess.SubprocessError(f"{shlex.join(argv)}: {done.stdout}")
    return done.stdout


class Process:
    """A daemon of the lab, by its PID file."""

    def __init__(self, lab, name):
        self.name, self.pid_file = name, f"{lab.dir}/{name}.pid"
        self.mark = f"{lab.dir}/"       # Its command line has it.
        pid = self.pid()
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as stream:
            self.argv = stream.read().split("\0")[:-1]
        self.netns = run("ip", "netns", "identify", str(pid)).strip()
        self.is_up = True       # As far as we want it.

    def pid(self):
        with open(self.pid_file, encoding="ascii") as stream:
            return int(stream.read())

    def state(self):
        """Returns the process's state as ps(1) has it; "" if it is not there.
        (The PID may be another process's by now.)"""
        try:
            proc = f"/proc/{self.pid()}"
            with open(f"{proc}/cmdline", encoding="utf-8") as stream:
                if self.mark not in stream.read():
                    return ""
            with open(f"{proc}/stat", encoding="utf-8") as stream:
                return stream.read().rpartition(")")[2].split()[0]
        except (OSError, ValueError):
            return ""

    def is_alive(self):
        return self.state() not in ("", "Z")

    def wait_stopped(self, seconds):
        end = time.monotonic() + seconds
        while self.state() != "T" and time.monotonic() < end:
            time.sleep(0.002)
        return self.state() == "T"

    def signal(self, number):
        try:
            if self.is_alive():
                os.kill(self.pid(), number)
        except (OSError, ValueError):
            pass                # It is not there.

    def kill(self):
        self.is_up = False
        self.signal(signal.SIGKILL)
        end = time.monotonic() + 5
        while self.is_alive() and time.monotonic() < end:
            time.sleep(0.001)

    def is_locked(self):
        """Holds any of its threads the PID file?  The first one may be gone
        before the others."""
        try:
            with open(self.pid_file, "rb") as stream:
                lock = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0,
                                   0)
                lock = fcntl.fcntl(stream, fcntl.F_GETLK, lock)
                return struct.unpack("hhqqi", lock)[0] != fcntl.F_UNLCK
        except OSError:
            return False

    def start(self, env):
        """An agent's data plane is started by the agent."""
        end = time.monotonic() + 5
        while "--detach" in self.argv and not self.is_alive():
            if self.is_locked() and time.monotonic() < end:
                time.sleep(0.002)
                continue
            run("ip", "netns", "exec", self.netns, *self.argv, env=env)
        self.is_up = True


class ChaosLab:
    CONTROLLERS = [CONTROLLER]

    def __init__(self, name):
        self.name, self.dir = name, f"/run/sdsa-lab/{name}"
        self.env = dict(os.environ, SDSA_DB=f"unix:{self.dir}/sdsa.sock",
                        OVS_RUNDIR=self.dir, SDSA_RUNDIR=self.dir)
        self.run_number = 0
        self.commands, self.cuts, self.uncontrolled = [], {}, set()
        self.dies_s, self.died_ms = None, None
        with open(f"{name}.topo", "w", encoding="ascii") as stream:
            stream.write(TOPOLOGY)
        try:
            run("sdsa-lab", f"--name={name}", "up", f"{name}.topo")
        finally:
            os.unlink(f"{name}.topo")
        try:
            self._set_up()
        except BaseException:
            self.close()
            raise

    def _set_up(self):
        self.ctl("set", "SDSA_Global", ".", *(
            f"other_config:{key}={ms}" for key, ms in CONFIG.items()))
        for here in A, B, C:
            for n, there in enumerate((A, B, C), 1):
                if here != there:
                    run("ip", "-n", f"sdsa-{self.name}-{here.name}", "neigh",
                        "replace", there.ip, "lladdr",
                        f"02:00:00:00:00:{n:02x}", "dev", "eth0", "nud",
                        "permanent")
        names = [CONTROLLER, "sdsa-db", *SWITCHES, *GATEWAYS,
                 *(f"agents/{gw}.esp" for gw in GATEWAYS)]
        self.processes = {name: Process(self, name) for name in names}
        self.processes[CONTROLLER].argv.append(LOG_TRANSITIONS)
        rpc(f"{self.dir}/{CONTROLLER}.ctl", "vlog/set",
            [LOG_TRANSITIONS.removeprefix("-v")])
        self.replay = chaos_state.Replay(run(
            "python3", os.path.join(os.path.dirname(__file__), "..", "..", "doc",
                                    "model", "transitions")))
        self.traffic = Traffic(self.name, STREAMS, self._ports(), INTERVAL_S)
        self._check_sight()
        self.journal = chaos_state.Journal(f"{self.dir}/sdsa.db",
                                           f"{self.dir}/sdsa.sock")

    def _check_sight(self):
        """Checks that a frame in clear on a link is seen."""
        a, b = LINKS[0]
        self.traffic.start(self.next_run())
        with Inside(self.name, BRIDGES[a]), socket.socket(
                socket.AF_PACKET, socket.SOCK_RAW) as sock:
            sock.bind((f"{a}-{b}", 0))
            sock.send(bytes(12) + b"\x08\x00" + MARKER)
        _, _, wrong = self.traffic.stop()
        if list(wrong.values()) != [1]:
            raise Away(f"a frame in clear was seen thus: {wrong}")

    @staticmethod
    def _ports():
        """All links and cipher ports, at both ends."""
        for a, b in LINKS:
            yield BRIDGES[a], f"{a}-{b}", True
            yield BRIDGES[b], f"{b}-{a}", True
        for gw, bridge in GATEWAYS.items():
            yield BRIDGES[bridge], f"{gw}-cipher", False
            yield gw, "cipher", False

    def close(self):
        for process in getattr(self, "processes", {}).values():
            process.signal(signal.SIGCONT)
        if hasattr(self, "traffic"):
            self.traffic.close()
        run("sdsa-lab", f"--name={self.name}", "down")

    def keep_logs(self, directory):
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        for path in (glob.glob(f"{self.dir}/*.log") + [f"{self.dir}/sdsa.db"]
                     + glob.glob(f"{self.dir}/agents/*.log")):
            shutil.copy(path, directory)
        for what, call in (("show.txt", self._show),
                           ("flows.txt", self._flows)):
            try:
                with open(f"{directory}/{what}", "w",
                          encoding="utf-8") as stream:
                    stream.write(call())
            except (Away, OSError, subprocess.SubprocessError):
                pass
        print(f"the logs are in {directory}")

    def _show(self):
        return (run("sdsa-ctl", "--timeout=5", "show", env=self.env)
                + run("sdsa-ctl", "--timeout=5", "op-list", env=self.env)
                + "".join(self.ask_controller(command)
                          for command in ("status", "op/list", "path/check"))
                + "".join(rpc(f"{self.dir}/agents/{gw}.esp.unixctl",
                              "esp/show", []) for gw in GATEWAYS))

    def _flows(self):
        return "".join(
            f"# {bridge}\n"
            + run("ovs-ofctl", "-O", "OpenFlow15", "dump-flows",
                  f"{self.dir}/{bridge}.mgmt") for bridge in BRIDGES)

    # Schedules.

    def begin(self):
        self.logs = {path: os.path.getsize(path) for path in self._log_files()}
        self.first_operation = State(
            f"{self.dir}/sdsa.sock").sdsa_global[0]["next_operation"]
        self.journal.begin()
        self.traffic.start(self.next_run())

    def next_run(self):
        self.run_number += 1
        return self.run_number

    def _log_files(self):
        return [f"{self.dir}/{name}.log" for name in self.processes]

    def guard(self):
        """The controller that died at a point of failure is started again
        after the time that the schedule says."""
        controller = self.processes[CONTROLLER]
        if (self.dies_s is not None and controller.is_up
                and not controller.is_alive()):
            controller.is_up = False
            self.died_ms = time.monotonic() + self.dies_s
        if self.died_ms is not None and time.monotonic() >= self.died_ms:
            self.died_ms = self.dies_s = None
            self.start(CONTROLLER)

    def ask_controller(self, *args):
        return rpc(f"{self.dir}/{self.controller()}.ctl", args[0],
                   list(args[1:]))

    @staticmethod
    def controller():
        return CONTROLLER

    def ctl(self, *args):
        return run("sdsa-ctl", "--timeout=20", *args, env=self.env)

    def ctl_async(self, args):
        """Starts a command and does not wait; the database may be away."""
        self.commands.append(subprocess.Popen(
            ["sdsa-ctl", "--timeout=4", "--wait=none", *args], env=self.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL))

    def kill(self, name):
        self.processes[name].kill()

    def start(self, name):
        self.processes[name].start(self.env)

    def stop(self, name):
        self.processes[name].signal(signal.SIGSTOP)

    def cont(self, name):
        self.processes[name].signal(signal.SIGCONT)

    def die(self, point, seconds):
        try:
            self.ask_controller("failure-test", point)
            self.dies_s = seconds
        except Away:
            pass                # It is dead already, or stopped.

    def cut(self, name, kind):
        self.cuts[name] = kind
        self._write_cuts()

    def uncut(self, name):
        self.cuts.pop(name, None)
        self._write_cuts()

    def _write_cuts(self):
        lines = ["table inet chaos {}", "delete table inet chaos",
                 "table inet chaos { chain in { type filter hook input"
                 " priority 0;"]
        for name, kind in self.cuts.items():
            verdict = "drop" if kind == "drop" else "reject with tcp reset"
            if name in SWITCHES:
                lines.append(f"ip saddr {SWITCHES[name]} tcp dport"
                             f" {OPENFLOW_PORT} {verdict}")
                lines.append(f"ip daddr {SWITCHES[name]} tcp sport"
                             f" {OPENFLOW_PORT} {verdict}")
            else:
                port = FIRST_AGENT_PORT + list(GATEWAYS).index(name)
                lines.append(f"tcp dport {port} {verdict}")
                lines.append(f"tcp sport {port} {verdict}")
        run("ip", "netns", "exec", f"sdsa-{self.name}-mgmt", "nft",
            "\n".join(lines + ["}", "}", ""]))

    def uncontrol(self, bridge):
        """Points it somewhere else.  (Without any controller it would drop
        its flows.)"""
        self.uncontrolled.add(bridge)
        self._set_controllers(bridge, ["ssl:127.0.0.1:1"])

    def control(self, bridge):
        self.uncontrolled.discard(bridge)
        self._set_controllers(bridge, [TARGET])

    def _set_controllers(self, bridge, targets):
        machine = BRIDGES[bridge]
        database = "db" if machine == "mgmt" else f"{machine}-db"
        run("ovs-vsctl", "--no-wait", f"--db=unix:{self.dir}/{database}.sock",
            *(word for i, target in enumerate(targets)
              for word in ("--", f"--id=@c{i}", "create", "Controller",
                           f'target="{target}"', "max_backoff=1000")),
            "--", "set", "Bridge", bridge, "controller="
            + ",".join(f"@c{i}" for i in range(len(targets))))

    def link_down(self, port):
        self._link(port, "down")

    def link_up(self, port):
        self._link(port, "up")

    def _link(self, port, state):
        netns = f"sdsa-{self.name}-{BRIDGES[port.partition('-')[0]]}"
        run("ip", "-n", netns, "link", "set", port, state)

    def heal(self):
        """Everybody is back."""
        for process in self.processes.values():
            process.signal(signal.SIGCONT)
        if self.cuts:
            self.cuts = {}
            self._write_cuts()
        for bridge in list(self.uncontrolled):
            self.control(bridge)
        self.dies_s = self.died_ms = None
        for process in self.processes.values():
            while not process.is_up:
                process.start(self.env)
        self.disarm()
        for command in self.commands:
            command.wait()
        self.commands = []
        self.undrain()

    def disarm(self):
        """Returns the points of failure that were not reached."""
        while True:
            self.start(CONTROLLER)      # If it dies just now.
            try:
                return self.ask_controller("failure-test")
            except Away:
                time.sleep(0.01)

    def undrain(self):
        words = []
        state = State(f"{self.dir}/sdsa.sock")
        for row in state.gateway:
            if row["draining"]:
                words += ["--", "gw-undrain", row["vnf_id"]]
        for row in state.service_function:
            if row["down"]:
                words += ["--", "sf-up", row["name"]]
        if words:
            self.ctl("--wait=none", *words)

    # The state that the schedule has to reach.

    def trouble(self):
        """Returns lines about what is under way or away; none if all is
        well."""
        try:
            lines = State(f"{self.dir}/sdsa.sock").describe()
            status = self.ask_controller("status")
        except Away as error:
            return [str(error)]
        lines += [line for line in status.splitlines()
                  if re.match(r"(bridge|gateway) .*: down|standing", line)]
        if status.startswith("active"):
            lines += [line for line in status.splitlines()[1:2]
                      if " 0 operations under way" not in line]
        return lines

    def check_dumps(self):
        try:
            return chaos_state.check_dumps(self.dir,
                                           State(f"{self.dir}/sdsa.sock"))
        except (Away, subprocess.SubprocessError) as error:
            return [str(error)]

    def normalise(self):
        """The chains as they were at first.  Returns lines of what is
        wrong."""
        state = State(f"{self.dir}/sdsa.sock")
        words = list(NORMAL)
        if any(row["name"] == "alt" for row in state.chain):
            words = ["--", "chain-del", "alt", "--", "chain-add", "web", "a",
                     "b", "ip"] + words[8:]
        try:
            self.ctl("--wait=applied", *words)
            return []
        except subprocess.SubprocessError as error:
            return [str(error)]

    def new_log(self, path):
        """Returns the log's lines since the schedule began."""
        with open(path, encoding="utf-8", errors="replace") as stream:
            stream.seek(self.logs[path])
            return stream.readlines()

    def _check_operations(self, ended):
        """Lines come to the log a moment after what they tell."""
        end = time.monotonic() + LOG_S
        while True:
            wrong = self.replay.check(
                [self.new_log(f"{self.dir}/{name}.log")
                 for name in self.CONTROLLERS], self.first_operation, ended)
            if not wrong or time.monotonic() > end:
                return wrong
            time.sleep(0.1)

    def check_logs(self, ended):
        """Has a process found a fault in itself?  And did the operations
        ('ended': those that did) do what the model does?"""
        wrong = [f"{os.path.basename(path)}: {line.strip()}"
                 for path in self.logs for line in self.new_log(path)
                 if re.search(r"\|EMER\||assertion", line)]
        wrong += self._check_operations(ended)
        return wrong + [f"a sanitizer says: {path}"
                        for path in glob.glob("asan.[0-9]*")]
