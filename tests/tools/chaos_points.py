# SPDX-License-Identifier: Apache-2.0
"""Every step of an operation, with a participant that is silent or refuses
there."""

import json
import socket
import struct
import subprocess
import time
from collections import namedtuple

from chaos_lab import CONTROLLER, FIRST_AGENT_PORT, GATEWAYS, run
from chaos_state import State

# A chain through tap has these, whatever else; wire is at that bridge too.
GATEWAY, BRIDGE, SWITCH, INGRESS = "gw3", "br3", "m3-vswitchd", "vswitchd"
CONFIG = {"drain-ms": 100, "drain-max-ms": 1000, "prepare-timeout-ms": 500,
          "retry-ms": 100, "release-timeout-ms": 400, "avoid-ms": 1000}
PATIENCE_MS = 10000             # Where nobody is silent: the machine is slow.
HOLD_S = 0.7                    # Longer than preparations may take.
HOUR_MS = 3600 * 1000
EPOCH_STEP = 10                 # What somebody is ahead of the controller.
STOP_S = 10
AVOIDED_S = 60                  # More than the controller avoids a way.


class Silent:
    """Stopped; it answers when it goes on."""

    def __init__(self, name):
        self.name = name

    def begin(self, lab):
        lab.stop(self.name)

    def end(self, lab):
        lab.cont(self.name)


class Cut:
    """Cuts the channel of a participant, both ways."""

    def __init__(self, name, kind):
        self.name, self.kind = name, kind

    def begin(self, lab):
        lab.cut(self.name, self.kind)

    def end(self, lab):
        lab.uncut(self.name)


class HourAway:
    """Away for an hour of the controller's time."""

    def __init__(self, fault):
        self.fault = fault

    def begin(self, lab):
        self.fault.begin(lab)

    def end(self, lab):
        lab.ask_controller("time/warp", str(HOUR_MS))
        time.sleep(0.2)
        self.fault.end(lab)


class Overtaken:
    """Makes a participant obey another controller, of a higher epoch, until
    ours has a higher one."""

    def begin(self, lab):
        lab.ctl("set", "SDSA_Global", ".", "other_config:epoch-policy=keep")
        self.epoch = epoch_of(lab) + EPOCH_STEP
        self.tell(lab)

    def end(self, lab):
        lab.ctl("set", "SDSA_Global", ".", f"epoch={self.epoch}", "--",
                "remove", "SDSA_Global", ".", "other_config", "epoch-policy")


class GatewayOvertaken(Overtaken):
    def tell(self, lab):
        port = FIRST_AGENT_PORT + list(GATEWAYS).index(GATEWAY)
        lease = {"sdsa-agent:lease": {"epoch": str(self.epoch),
                                      "holder": "somebody"}}
        pki = f"{lab.dir}/pki"
        run("ip", "netns", "exec", f"sdsa-{lab.name}-mgmt", "curl", "-sSf",
            "--resolve", f"{GATEWAY}:{port}:127.0.0.1",
            "--cacert", f"{pki}/vnf-cacert.pem",
            "--cert", f"{pki}/sdsa-controller-cert.pem",
            "--key", f"{pki}/sdsa-controller-key.pem", "-X", "PUT",
            "-H", "Content-Type: application/yang-data+json",
            "-d", json.dumps(lease), f"https://{GATEWAY}:{port}/restconf/data"
            "/sdsa-agent:sdsa-agent/lease")


class BridgeOvertaken(Overtaken):
    def tell(self, lab):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(5)
            sock.connect(f"{lab.dir}/{BRIDGE}.mgmt")
            # OFPT_HELLO, then OFPT_ROLE_REQUEST: OFPCR_ROLE_MASTER.
            sock.sendall(struct.pack("!BBHI", 6, 0, 8, 1)
                         + struct.pack("!BBHIIIQ", 6, 24, 24, 2, 2, 0,
                                       self.epoch))
            answer = b""
            while b"\x06\x19\x00\x18" not in answer:   # OFPT_ROLE_REPLY.
                data = sock.recv(4096)
                if not data:
                    raise OSError(f"{BRIDGE} gives no role: {answer.hex()}")
                answer += data


class LockStolen:
    """The database gives the lock to somebody else."""

    def begin(self, lab):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(5)
        self.sock.connect(f"{lab.dir}/sdsa.sock")
        self.sock.sendall(json.dumps({
            "id": 0, "method": "steal", "params": ["sdsa_controller"]
        }).encode())
        self.sock.recv(4096)

    def end(self, _lab):
        self.sock.close()


def epoch_of(lab):
    return State(f"{lab.dir}/sdsa.sock").sdsa_global[0]["epoch"]


BEFORE, AFTER = ["failed"], ["done"]    # What becomes of it, in the end...
ANEW = ["failed", None]         # ...or was not in the journal yet.
AGENT_STEPS = [("inbound", BEFORE), ("outbound", BEFORE), ("release", AFTER),
               ("undo", BEFORE)]
BRIDGE_STEPS = [("flows", BEFORE), ("prove", BEFORE), ("flip", AFTER),
                ("release", AFTER), ("undo", BEFORE)]
# A probe asks no bridge for anything: its answer is what comes out.
Case = namedtuple("Case", "title fault point results command",
                  defaults=[["chain-rekey", "web"]])
# A probe asks no bridge for anything: its answer is what comes out.
CASES = [Case(f"the gateway is {what}", fault, f"stop-before-{step}", results)
         for what, fault in (("silent", Silent(GATEWAY)),
                             ("refusing", GatewayOvertaken()))
         for step, results in AGENT_STEPS]
CASES += [Case(f"the bridge is {what}", fault, f"stop-before-{step}", results)
          for what, fault in (("silent", Cut(SWITCH, "drop")),
                              ("gone", Cut(SWITCH, "reset")),
                              ("refusing", BridgeOvertaken()))
          for step, results in BRIDGE_STEPS]
CASES += [Case(f"the database is {what}", fault, f"stop-before-{step}",
               results)
          for what, fault, all_results in (
              ("silent", Silent("sdsa-db"), [AFTER, AFTER, AFTER]),
              ("refusing", LockStolen(), [ANEW, BEFORE, AFTER]))
          for step, results in zip(("journal-prepare", "journal-commit",
                                    "journal-end"), all_results)]
CASES += [Case("the answer is lost", Cut(INGRESS, "reset"), "stop-after-flip",
               AFTER)]
CASES += [Case(f"the {what} is away for an hour", HourAway(fault),
               f"stop-before-{step}", results)
          for what, fault, step, results in (
              ("gateway", Silent(GATEWAY), "inbound", BEFORE),
              ("gateway", Silent(GATEWAY), "release", AFTER),
              ("bridge", Cut(SWITCH, "drop"), "flows", BEFORE),
              ("bridge", Cut(SWITCH, "drop"), "flip", AFTER),
              ("bridge", Cut(SWITCH, "drop"), "release", AFTER))]
CASES += [Case("somebody refuses", None, f"refuse-{step}", results)
          for step, results in AGENT_STEPS[:3] + BRIDGE_STEPS[:3]]
# A function without tags has one flow for all that comes out of it.
CASES += [Case(f"the bridge is silent, wire is {what}", Cut(SWITCH, "drop"),
               f"stop-before-{step}", results, ["chain-set", "web", *sfs])
          for what, step, results, sfs in (
              ("put in", "flip", AFTER, ["wire", "tap"]),
              ("put in", "undo", BEFORE, ["wire", "tap"]),
              ("left", "flip", AFTER, ["tap"]))]


def name_of(case):
    return f"{case.title}: {case.point}"


def set_up(lab):
    lab.ctl("set", "SDSA_Global", ".", *(
        f"other_config:{key}={ms}" for key, ms in CONFIG.items()))


def set_timeout(lab, timeout_ms):
    lab.ctl("set", "SDSA_Global", ".",
            f"other_config:prepare-timeout-ms={timeout_ms}")


def bring_back(lab, case):
    """The chain as the case begins: through tap and its gateway, if the last
    fault has driven it to what can stand in for it, or has made the way to it
    one to avoid."""
    end = time.monotonic() + AVOIDED_S
    while "avoided" in lab.ctl("--", "link-list", "--", "gw-list"):
        if time.monotonic() > end:
            raise subprocess.SubprocessError("a way is avoided for too long")
        time.sleep(0.1)
    set_timeout(lab, PATIENCE_MS)
    before = ["wire", "tap"] if "wire is left" in case.title else ["tap"]
    lab.ctl("--wait=applied", "--", "chain-set", "web", *before)
    lab.ctl("--wait=applied", "--", "chain-reroute", "web")


def run_case(lab, case):
    """Changes the chain, and has the controller stopped at a step until the
    fault is there.  Returns the number of the operation."""
    timeout_ms = CONFIG["prepare-timeout-ms"] if case.fault else PATIENCE_MS
    points = [case.point]
    if case.point.endswith("-undo"):
        points.append("refuse-prove")
    set_timeout(lab, timeout_ms)
    lab.ask_controller("failure-test", *points)
    number = State(f"{lab.dir}/sdsa.sock").sdsa_global[0]["next_operation"]
    lab.ctl("--wait=none", "--", *case.command)
    if case.fault:
        controller = lab.processes[CONTROLLER]
        if not controller.wait_stopped(STOP_S):
            raise subprocess.SubprocessError(f"{case.point} was not reached")
        case.fault.begin(lab)
        lab.cont(CONTROLLER)
        time.sleep(HOLD_S)
        case.fault.end(lab)
    else:
        end = time.monotonic() + STOP_S
        while lab.trouble() and time.monotonic() < end:
            time.sleep(0.02)
    missed = lab.disarm()
    if missed:
        raise subprocess.SubprocessError(f"{missed} was not reached")
    return number


def check_result(lab, number, ended, case):
    """'number': of the operation.  'ended': (number, result) of those that
    ended."""
    results = dict(ended)
    got = results.get(number)
    wrong = []
    if got not in case.results:
        wrong.append(f"operation {number}: {got} instead of"
                     f" {case.results[0]}")
        wrong += [f"operation {row['number']}: {row['result']}"
                  f" {row['reason']}"
                  for row in State(f"{lab.dir}/sdsa.sock").history
                  if row["number"] in results]
    if "done" not in results.values():
        wrong.append(f"none was done: {ended}")
    return wrong
