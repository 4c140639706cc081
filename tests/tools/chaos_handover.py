# SPDX-License-Identifier: Apache-2.0
"""Two controllers on one database, of which now one rules and now the
other."""

import copy
import random
import re
import socket
import struct
import time

from chaos_lab import (BRIDGES, CONTROLLER, GATEWAYS, OPENFLOW_PORT, SWITCHES,
                       TARGET, ChaosLab)
from chaos_state import Away, State, rpc

SECOND = "second-controller"
SECOND_PORT = OPENFLOW_PORT + 1
STRETCH = 50                    # Hand-overs between two looks at everything.
TAKE_OVER_S = 15
PATIENCE_S = 40
CALM_S = 3                      # As far as it gets in that time.
POINTS = [f"stop-{when}-{step}" for when in ("before", "after")
          for step in ("inbound", "outbound", "flip", "release")]
KINDS = 6 * ["kill"] + 6 * ["exit"] + 5 * ["stop"] + ["database"]
NO_GENERATION = (1 << 64) - 1   # The switch has been given none yet.


class HandOverLab(ChaosLab):
    CONTROLLERS = [CONTROLLER, SECOND]

    def _set_up(self):
        super()._set_up()
        first = self.processes[CONTROLLER]
        second = copy.copy(first)
        second.name = SECOND
        second.pid_file = f"{self.dir}/{SECOND}.pid"
        second.argv = [
            re.sub(rf"^(--(?:pidfile|log-file|unixctl)=.*/){CONTROLLER}",
                   rf"\1{SECOND}", word).replace(
                       f"pssl:{OPENFLOW_PORT}", f"pssl:{SECOND_PORT}")
            for word in first.argv]
        self.processes[SECOND] = second
        self.kill(CONTROLLER)
        for process in first, second:
            # A socket of its own, which can be closed.
            process.argv = [
                f"--db={self._remote(process.name).removeprefix('p')}"
                if word.startswith("--db=") else word
                for word in process.argv]
            self._database_ctl("add-remote", self._remote(process.name))
            self.start(process.name)
        targets = [TARGET, TARGET.replace(str(OPENFLOW_PORT),
                                          str(SECOND_PORT))]
        for bridge in BRIDGES:
            self._set_controllers(bridge, targets)
        self.highest = {}       # Epoch or generation, by who was given it.
        self.rng = random.Random(1)

    def _remote(self, name):
        return f"punix:{self.dir}/{name}.sock"

    def _database_ctl(self, command, *args):
        rpc(f"{self.dir}/sdsa-db.ctl", f"ovsdb-server/{command}", list(args))

    # The controller in charge.

    def epoch_of(self, name):
        """Returns 0 if the controller stands by, or does not say."""
        if self.processes[name].state() in ("", "Z", "T"):
            return 0
        try:
            found = re.match(r"active in epoch (\d+)",
                             rpc(f"{self.dir}/{name}.ctl", "status", []))
        except Away:
            return 0
        return int(found[1]) if found else 0

    def controller(self):
        """The one that rules; waits until there is one."""
        end = time.monotonic() + TAKE_OVER_S
        while time.monotonic() < end:
            name = max((CONTROLLER, SECOND), key=self.epoch_of)
            if self.epoch_of(name):
                return name
            time.sleep(0.005)
        raise Away("no controller rules")

    def wait_for_epoch(self, above):
        end = time.monotonic() + TAKE_OVER_S
        while max(map(self.epoch_of, (CONTROLLER, SECOND))) <= above:
            if time.monotonic() > end:
                raise Away(f"no controller has taken over from epoch {above}")
            time.sleep(0.005)

    def disarm(self):
        for name in CONTROLLER, SECOND:
            self.start(name)
            rpc(f"{self.dir}/{name}.ctl", "failure-test", [])

    # Hand-overs.

    def hand_over(self):
        """Returns how it was done."""
        rng = self.rng
        old = self.controller()
        epoch = self.epoch_of(old)
        if rng.random() < 0.1:
            # Long enough that an operation comes to something.
            self.wait_for_calm()
            kind = "stop at a point"
        else:
            kind = rng.choice(KINDS)
        if rng.random() < 0.7:
            self.ctl_async(self.change())
            time.sleep(rng.choice([0, rng.uniform(0, 0.05)]))
        getattr(self, "_" + kind.replace(" ", "_"))(old, epoch)
        self.note_epochs()
        if rng.random() < 0.1:
            self._restart_agent()
        if self.may_kill_switches and rng.random() < 0.1:
            self._restart(rng.choice(list(SWITCHES)))
        return kind

    def wait_for_calm(self):
        end = time.monotonic() + CALM_S
        while self.trouble() and time.monotonic() < end:
            time.sleep(0.02)

    def change(self):
        return self.rng.choice([
            ["chain-rekey", self.rng.choice(["web", "dns", "mail", "one"])],
            ["--", "--all", "chain-rekey"],
            ["chain-set", "web", *self.rng.sample(["tap", "fw"], 1)],
            ["chain-set", "dns", "--", "chain-set", "mail", "tap"]])

    def _kill(self, old, epoch):
        self.kill(old)
        self.wait_for_epoch(epoch)
        self.start(old)

    def _exit(self, old, epoch):
        rpc(f"{self.dir}/{old}.ctl", "exit", [])
        self.wait_for_epoch(epoch)
        while self.processes[old].is_alive():
            time.sleep(0.002)
        self.start(old)

    def _stop(self, old, epoch):
        self.stop(old)
        self._replace_stopped(old, epoch)

    def _stop_at_a_point(self, old, epoch):
        """Stops a controller that has a request in its hands; the receiver has
        heard from the successor before the controller goes on."""
        rpc(f"{self.dir}/{old}.ctl", "failure-test",
            [self.rng.choice(POINTS)])
        self.ctl_async(self.change())
        if not self.processes[old].wait_stopped(1):
            self.stop(old)
        self._replace_stopped(old, epoch, self.wait_for_lease)

    def wait_for_lease(self, epoch):
        """Until some gateway has heard from a controller of this epoch."""
        end = time.monotonic() + 1
        while time.monotonic() < end:
            self.note_epochs()
            if max(self.highest.get(f"agent {gw}", 0)
                   for gw in GATEWAYS) >= epoch:
                break
            time.sleep(0.02)

    def _replace_stopped(self, old, epoch, wait=None):
        self._database_ctl("remove-remote", self._remote(old))
        self.wait_for_epoch(epoch)
        self._database_ctl("add-remote", self._remote(old))
        if wait:
            wait(epoch + 1)
        time.sleep(self.rng.choice([0, self.rng.uniform(0, 0.2)]))
        self._disarm(old)
        # Without this it would wait longer and longer before it connects.
        time.sleep(self.rng.uniform(0, 0.2))
        if self.rng.random() < 0.9:
            self.kill(old)
            self.start(old)

    def late_request(self):
        """The controller in charge stops before it sends keys to the gateways
        of a chain.  When it goes on, they have new keys from its successor;
        it cannot learn of that, as the database does not let it in before a
        gateway has refused it."""
        self.wait_for(lambda: not self.trouble(), "for calm")
        old = self.controller()
        epoch = self.epoch_of(old)
        n_before = self.n_refused()
        rpc(f"{self.dir}/{old}.ctl", "failure-test", ["stop-before-inbound"])
        self.ctl("--wait=none", "chain-rekey", "web")
        self.wait_for(lambda: self.processes[old].state() == "T",
                      "for new keys to be sent")
        self._database_ctl("remove-remote", self._remote(old))
        self.wait_for_epoch(epoch)
        self.wait_for(lambda: not self.trouble(), "for the successor")
        self.cont(old)
        self.wait_for(lambda: self.n_refused() > n_before,
                      "for the late request to be refused")
        self._database_ctl("add-remote", self._remote(old))

    @staticmethod
    def wait_for(test, what):
        end = time.monotonic() + PATIENCE_S
        while not test():
            if time.monotonic() > end:
                raise Away(f"waited {PATIENCE_S} s in vain {what}")
            time.sleep(0.02)

    def _disarm(self, old):
        """Lets it go on; it may stop itself once more, at a point that it has
        not come to before."""
        for _ in range(3):
            self.cont(old)
            try:
                rpc(f"{self.dir}/{old}.ctl", "failure-test", [])
                return
            except Away:
                pass
        raise Away(f"{old} does not go on")

    def _database(self, _old, epoch):
        """Breaks all sessions with the database: the first to come back
        rules."""
        self._database_ctl("reconnect")
        self.wait_for_epoch(epoch - 1)
        end = time.monotonic() + TAKE_OVER_S
        while State(f"{self.dir}/sdsa.sock").sdsa_global[0]["epoch"] \
                not in map(self.epoch_of, (CONTROLLER, SECOND)):
            if time.monotonic() > end:
                raise Away("nobody rules in the last epoch")
            time.sleep(0.005)

    def _restart(self, name):
        self.kill(name)
        self.start(name)
        if name in SWITCHES:
            for bridge in BRIDGES:
                self.highest.pop(bridge, None)
            self.has_lost = True

    def _restart_agent(self):
        self._restart(self.rng.choice(list(GATEWAYS)))

    # Epochs.

    def note_epochs(self):
        """Checks that no participant goes back behind an epoch."""
        for name in GATEWAYS:
            text = rpc(f"{self.dir}/{name}.ctl", "agent/show", [])
            found = re.search(r"^lease: epoch (\d+)", text, re.M)
            self._note(f"agent {name}", int(found[1]) if found else 0)
        for bridge in BRIDGES:
            generation = generation_of(f"{self.dir}/{bridge}.mgmt")
            if generation != NO_GENERATION:
                self._note(bridge, generation)

    def _note(self, name, epoch):
        if epoch < self.highest.get(name, 0):
            raise Away(f"{name} went back from epoch {self.highest[name]} to"
                       f" {epoch}")
        self.highest[name] = epoch

    def n_refused(self):
        """Requests of controllers whose epoch was over, by the agents'
        logs."""
        return sum("is over" in line for name in GATEWAYS
                   for line in self.new_log(f"{self.dir}/{name}.log"))

    def begin(self):
        super().begin()
        self.has_lost = False


def generation_of(path):
    """Returns the answer of the bridge behind this socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(5)
        try:
            sock.connect(path)
            # OFPT_HELLO, then OFPT_ROLE_REQUEST: OFPCR_ROLE_NOCHANGE.
            sock.sendall(struct.pack("!BBHI", 6, 0, 8, 1)
                         + struct.pack("!BBHIIIQ", 6, 24, 24, 2, 0, 0, 0))
            answer = b""
            head = b"\x06\x19\x00\x18\x00\x00\x00\x02"  # OFPT_ROLE_REPLY.
            while head not in answer or len(answer.partition(head)[2]) < 16:
                data = sock.recv(4096)
                if not data:
                    raise Away(f"{path}: {answer.hex()}")
                answer += data
        except OSError:
            return NO_GENERATION        # The switch is not there just now.
    return struct.unpack("!Q", answer.partition(head)[2][8:16])[0]
