# SPDX-License-Identifier: Apache-2.0
"""The state of a lab, as it is and as it has to be: rows of its database,
dumps of its bridges and gateways."""

import json
import os
import re
import socket
import subprocess

DATABASE = "SDSA"
TIMEOUT_S = 5
COOKIE = 0x5d5a << 48
TABLES = ("SDSA_Global", "Chain", "Path", "Hop", "SA", "Operation", "History",
          "Debt", "Bridge", "Gateway", "Service_Function")


class Away(Exception):
    """A process does not answer."""


def rpc(path, method, params):
    """One JSON-RPC request at a Unix socket; returns the result."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(TIMEOUT_S)
        try:
            sock.connect(path)
            sock.sendall(json.dumps({"id": 0, "method": method,
                                     "params": params}).encode())
            text = b""
            while True:
                data = sock.recv(1 << 20)
                if not data:
                    raise Away(f"{path}: closed")
                text += data
                try:
                    answer = json.loads(text)
                    break
                except ValueError:
                    pass        # Not all of it yet.
        except OSError as error:
            raise Away(f"{path}: {error}") from None
    if answer["error"] is not None:
        raise Away(f"{path}: {method}: {answer['error']}")
    return answer["result"]


def value(data):
    """An OVSDB value in Python's terms: a set is a list."""
    if isinstance(data, list) and data[0] == "set":
        return [value(item) for item in data[1]]
    if isinstance(data, list) and data[0] == "map":
        return {value(k): value(v) for k, v in data[1]}
    if isinstance(data, list):
        return data[1]          # A UUID.
    return data


def as_list(data):
    return data if isinstance(data, list) else [data]


class State:
    """The rows of the database, by table."""

    def __init__(self, socket_path):
        results = rpc(socket_path, "transact", [DATABASE] + [
            {"op": "select", "table": table, "where": []}
            for table in TABLES])
        for table, result in zip(TABLES, results):
            rows = [{column: value(data) for column, data in row.items()}
                    for row in result["rows"]]
            setattr(self, table.lower(), rows)

    def rows(self, table, uuids):
        return [row for row in getattr(self, table) if row["_uuid"]
                in as_list(uuids)]

    def describe(self):
        """A line each for what is not as it is in the end."""
        lines = [f"operation {row['number']} is {row['state']}"
                 for row in self.operation]
        lines += [f"debt of {row['participant']}" for row in self.debt]
        lines += [f"chain {row['name']}: wanted {row['wanted']}, applied"
                  f" {row['applied']}, failed {row['failed']}:"
                  f" {row['reason']}" for row in self.chain
                  if row["applied"] != row["wanted"] or row["reason"]]
        return lines


# The state of bridges and gateways.

def dump_flows(lab_dir, bridge):
    """Returns the NSH SPIs of paths that have flows there, and the number of
    sdsa's flows."""
    text = subprocess.run(
        ["ovs-ofctl", "-O", "OpenFlow15", "--no-stats", "dump-flows",
         f"{lab_dir}/{bridge}.mgmt"], check=True, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout
    cookies = [int(c, 16) for c in re.findall(r"cookie=(0x[0-9a-f]+)", text)]
    ours = [c for c in cookies if c >> 48 == COOKIE >> 48]
    return {c & 0xffffff for c in ours} - {0}, len(ours)


def dump_gateway(lab_dir, gateway):
    """Returns its SAs and its policies, of the data plane's and the agent's
    mouth: {(direction, SPI, VLAN)}, {(direction, NSH SPI, SI, VLAN)} and
    (number of SAs, number of policies)."""
    text = rpc(f"{lab_dir}/agents/{gateway}.esp.unixctl", "esp/show", [])
    sas = {(way, int(spi, 16), int(vlan)) for way, spi, vlan in re.findall(
        r"^SA .*: (\w+), SPI (0x[0-9a-f]+), vlan (\d+),", text, re.M)}
    policies = {(way, int(nsh), int(si), int(vlan))
                for way, nsh, si, vlan in re.findall(
        r"^policy (?:in|out)-(\d+)-(\d+): (\w+), vlan (\d+),", text, re.M)
                for way, nsh, si, vlan in [(si, way, nsh, vlan)]}
    text = rpc(f"{lab_dir}/{gateway}.ctl", "agent/show", [])
    counts = tuple(int(re.search(rf"^{word}: (\d+)$", text, re.M)[1])
                   for word in ("sas", "policies"))
    return sas, policies, counts


def wanted_of_gateways(state):
    """Returns what the paths ask of each gateway, as dump_gateway()."""
    wanted = {row["vnf_id"]: (set(), set()) for row in state.gateway}
    for path in state.path:
        for hop in state.rows("hop", path["hops"]):
            spis = [sa["spi"] for sa in state.rows("sa", hop["sas"])]
            for way, end in (("outbound", "sender"), ("inbound", "receiver")):
                sas, policies = wanted[hop[end]]
                vlan = hop[f"{end}_vlan"]
                sas |= {(way, spi, vlan) for spi in spis}
                policies.add((way, path["nsh_spi"], hop["si"], vlan))
    return wanted


def bridges_of(state, path):
    """Of a path: those of its hops' routes."""
    names = {row["name"] for row in state.bridge}
    words = [word for hop in state.rows("hop", path["hops"])
             for word in hop["route"].split()]
    return names & set(words)


def check_dumps(lab_dir, state):
    """Bridges and gateways have what the database names, no more and no
    less.  Returns lines that say what is otherwise."""
    wrong = [f"path {path['nsh_spi']} of {path['chain']} is {path['state']}"
             for path in state.path if path["state"] != "active"]
    for row in state.bridge:
        spis, n_flows = dump_flows(lab_dir, row["name"])
        wanted = {path["nsh_spi"] for path in state.path
                  if row["name"] in bridges_of(state, path)}
        if not wanted <= spis or not spis <= {path["nsh_spi"]
                                              for path in state.path}:
            wrong.append(f"bridge {row['name']} has flows of paths"
                         f" {sorted(spis)}, the database {sorted(wanted)}")
        if str(n_flows) != row["status"].get("flows"):
            wrong.append(f"bridge {row['name']} has {n_flows} flows, the"
                         f" controller wants {row['status'].get('flows')}")
    for name, (sas, policies) in wanted_of_gateways(state).items():
        got_sas, got_policies, counts = dump_gateway(lab_dir, name)
        for what, got, want in (("SAs", got_sas, sas),
                                ("policies", got_policies, policies)):
            if got != want:
                wrong.append(f"gateway {name}: {what} that nobody wants"
                             f" {sorted(got - want)}, missing"
                             f" {sorted(want - got)}")
        if counts != (len(sas), len(policies)):
            wrong.append(f"gateway {name}: its agent counts {counts} SAs and"
                         f" policies of {(len(sas), len(policies))}")
    return wrong


# The journal.

class Journal:
    """Reads the database's log, and checks that each transaction takes the
    network from one whole state to another."""

    def __init__(self, db_path, socket_path):
        self.path, self.socket_path = db_path, socket_path

    def begin(self):
        if os.path.getsize(self.path) > 2 << 20:
            rpc(os.path.dirname(self.path) + "/sdsa-db.ctl",
                "ovsdb-server/compact", [DATABASE])
        state = State(self.socket_path)
        self.operations = {row["_uuid"]: row for row in state.operation}
        self.paths = {row["_uuid"]: row for row in state.path}
        self.inode = os.stat(self.path).st_ino
        self.offset = os.path.getsize(self.path)

    def records(self):
        with open(self.path, "rb") as stream:
            stream.seek(self.offset)
            while True:
                header = stream.readline().split()
                if len(header) < 3:
                    return
                yield json.loads(stream.read(int(header[2])))

    def check(self):
        """Returns the operations that ended, as [(number, result)], and what
        is wrong with them."""
        if os.stat(self.path).st_ino != self.inode:
            return [], ["the database's log has been compacted"]
        ended, wrong = [], []
        for record in self.records():
            self._take(record, ended, wrong)
        return ended, wrong

    def _take(self, record, ended, wrong):
        paths = record.get("Path", {})
        for uuid, row in paths.items():
            if row and uuid not in self.paths:
                self.paths[uuid] = {c: value(v) for c, v in row.items()}
            elif row and "state" in row:
                self.paths[uuid]["state"] = row["state"]
        history = {row["number"]: row["result"] for row
                   in record.get("History", {}).values()
                   if row and "number" in row}
        for uuid, row in record.get("Operation", {}).items():
            if row is None:
                op = self.operations.pop(uuid)
                result = history.get(op["number"])
                ended.append((op["number"], result))
                self._check_end(op, result, paths, wrong)
            elif uuid not in self.operations:
                op = {c: value(v) for c, v in row.items()}
                self.operations[uuid] = op
                # A backup path from before is one again if it fails.
                op["made"] = [path for path, row in paths.items()
                              if row and "nsh_spi" in row]
                if op["state"] == "committing":
                    self._check_states(op, "active", "releasing", wrong)
                else:
                    self._check_states(op, "preparing", "active", wrong)
            elif row.get("state") == "committing":
                op = self.operations[uuid]
                op["state"] = "committing"
                self._check_states(op, "active", "releasing", wrong)
        for uuid, row in paths.items():
            if row is None:
                self.paths.pop(uuid, None)

    def _of(self, op, column):
        spis = as_list(op.get(column, []))
        return [(uuid, path) for uuid, path in self.paths.items()
                if path["nsh_spi"] in spis]

    def _check_states(self, op, new, old, wrong):
        for column, state in (("new_paths", new), ("old_paths", old)):
            for _, path in self._of(op, column):
                if path["state"] != state:
                    wrong.append(f"operation {op['number']} is"
                                 f" {op['state']}, path {path['nsh_spi']}"
                                 f" {path['state']} instead of {state}")

    def _check_end(self, op, result, changed, wrong):
        done = op["state"] == "committing"
        if result != ("done" if done else "failed"):
            wrong.append(f"operation {op['number']} was {op['state']}, and"
                         f" History says {result}")
        for uuid, path in self._of(op, "old_paths" if done else "new_paths"):
            if (changed.get(uuid, 0) is not None
                    and (done or uuid in op.get("made", [uuid]))):
                wrong.append(f"operation {op['number']} has ended, path"
                             f" {path['nsh_spi']} is still there")


# The model.

class Replay:
    """Replays what the controller has logged of its operations' transitions
    through those of the model."""

    LINE = re.compile(r"\|op\|DBG\|operation (\d+): ([\w-]+), ([\w-]+):"
                      r" ([\w-]+)$")

    def __init__(self, text):
        """'text': "FROM EVENT TO", a line each."""
        self.transitions = {tuple(line.split()) for line in text.splitlines()}

    def check(self, logs, first, ended):
        """'logs': lines, of each controller, also of operations before number
        'first', which are not looked at.  'ended': (number, result) of each
        operation that ended, as the database says."""
        wrong, states = [], [{} for _ in logs]
        for log, last in zip(logs, states):
            for found in filter(None, map(self.LINE.search, log)):
                if int(found[1]) >= first:
                    self._take(int(found[1]), found.groups()[1:], last, wrong)
        for number, result in ended:
            got = [last.get(number) for last in states]
            if number >= first and result not in got:
                wrong.append(f"operation {number}: {result}, but it went as"
                             f" far as {got}")
        return wrong

    def _take(self, number, transition, last, wrong):
        """'last': the state of each operation, as far as the log goes."""
        was, _, to = transition
        if transition not in self.transitions:
            wrong.append(f"operation {number}: {' '.join(transition)} is no"
                         " transition of the model")
        # A controller may have died in any state; another one begins.
        if was not in ("idle", last.get(number)):
            wrong.append(f"operation {number}: from {was}, but it was"
                         f" {last.get(number)}")
        last[number] = to
