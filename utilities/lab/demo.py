# SPDX-License-Identifier: Apache-2.0
"""sdsa-lab demo: shows the traffic of a chain, at its ends and on a link.

Every step is also checked: the demo fails if the traffic does not behave as
the text says."""

import itertools
import json
import re
import signal
import subprocess
import time

import topology as topology_file
from host import LabError

# The stream under which the chain changes: packets a second (the next if the
# machine does not carry as many now), octets of each.
RATES, OCTETS = (5000, 1000, 200), 578
STREAM_S = 10
CAPTURE_S = 5                   # For tcpdump to get what was captured.
MARKER = "sdsa-demo-marker-0123456789abcdef"


def say(text=""):
    print(text, flush=True)


def title(text):
    say(f"\n== {text}")


def demo(lab, file_name, keep):
    started = time.monotonic()
    topology = topology_file.read(file_name)
    chain = _first_chain(topology)
    a, b = (topology.nodes[name] for name in (chain["src"], chain["dst"]))

    title(f"The network: {file_name}")
    with open(file_name, encoding="utf-8") as stream:
        say(stream.read().strip())
    title("Starting it: databases, bridges, controller, authentication centre,"
          " agents, chains")
    lab.up(topology, tokens=True)
    try:
        _show_tokens(lab, topology)
        say(f"up after {time.monotonic() - started:.1f} s")
        _show_ping(lab, a, b)
        _show_throughput(lab, a, b)
        _show_filter(lab, topology, chain, a, b)
        _show_capture(lab, topology, a, b)
        _show_changes(lab, chain, a, b)
        title(f"sdsa-ctl chain-show {chain['name']}")
        say(lab.ctl("chain-show", chain["name"]).stdout.rstrip())
    finally:
        if keep:
            say(f'\nThe lab stays up.  Look around: eval "$(sdsa-lab'
                f' --name={lab.name} env)"; end it: sdsa-lab'
                f" --name={lab.name} down")
        else:
            lab.down()
    say(f"\nAll as it should be, after {time.monotonic() - started:.0f} s.")


def _show_tokens(lab, topology):
    n = len(topology.of_kind("gateway"))
    say(f"{n} VNFs knew one token each, and nothing else; enrolled and"
        f" registered after {lab.enrolled_ms:.0f} ms:")
    say(lab.ctl("--format=table", "vnf-list").stdout.rstrip())


def _first_chain(topology):
    if not topology.chains:
        raise LabError("the demo needs a topology with a chain")
    plain = [word for word in topology.chains[0] if not word.startswith("--")]
    return {"name": plain[0], "src": plain[1], "dst": plain[2],
            "functions": plain[4:]}


def _ip(node):
    return node.args[0].partition("/")[0]


def _show_ping(lab, a, b):
    for src, dst in (a, b), (b, a):
        title(f"Ping from {src.name} to {dst.name}")
        done = lab.run("ping", "-c", "5", "-i", "0.2", "-W", "9", _ip(dst),
                       node=src.name, check=False)
        say(done.stdout.rstrip())
        if done.returncode or " 0% packet loss" not in done.stdout:
            raise LabError("pings were lost")


def _iperf(lab, src, dst, *args):
    server = subprocess.Popen(
        ["ip", "netns", "exec", lab.netns(dst.name), "iperf3", "-s", "-1",
         "--forceflush"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for line in server.stdout:
            if "listening" in line:
                break
        done = lab.run("iperf3", "-J", "-c", _ip(dst), "-t", "3", *args,
                       node=src.name, check=False)
        end = json.loads(done.stdout)
        if "error" in end:
            raise LabError(f"iperf3: {end['error']}")
        return end["end"]
    finally:
        server.terminate()
        server.communicate()


def _show_throughput(lab, a, b):
    for src, dst in (a, b), (b, a):
        title(f"TCP from {src.name} to {dst.name}")
        end = _iperf(lab, src, dst)
        rate = end["sum_received"]["bits_per_second"] / 1e6
        say(f"{rate:.0f} Mbit/s")
        if rate < 1:
            raise LabError("TCP does not get through")
        title(f"UDP, 5 Mbit/s, from {src.name} to {dst.name}")
        end = _iperf(lab, src, dst, "-u", "-b", "5M", "-l", "1000")["sum"]
        say(f"{end['packets']} packets sent, {end['lost_packets']} lost")
        if end["packets"] < 1000 or end["lost_packets"] > end["packets"] / 50:
            raise LabError("UDP packets were lost")


_LISTEN = """
import socket, sys
s = socket.create_server(("", int(sys.argv[1])))
print("ready", flush=True)
while True: s.accept()[0].close()
"""
_CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
    print("connected")
except OSError as error:
    print(error)
"""


def _connect(lab, src, dst, port):
    """Tries a TCP connection.  Returns the result as a word or two."""
    server = subprocess.Popen(
        ["ip", "netns", "exec", lab.netns(dst.name), "python3", "-c", _LISTEN,
         str(port)], stdout=subprocess.PIPE, text=True)
    try:
        server.stdout.readline()
        return lab.run("python3", "-c", _CONNECT, _ip(dst), str(port),
                       node=src.name).stdout.strip()
    finally:
        server.kill()
        server.communicate()


def _show_filter(lab, topology, chain, a, b):
    for name in chain["functions"]:
        port = topology.nodes[name].options["drop-tcp-port"]
        if not port:
            continue
        title(f"Function {name} drops TCP port {port}: does the traffic pass"
              " through it?")
        for where, wanted in (port, "timed out"), (int(port) - 1, "connected"):
            result = _connect(lab, a, b, where)
            say(f"{a.name} to {b.name}, TCP port {where}: {result}")
            if result != wanted:
                raise LabError(f"port {where}: {result}, not {wanted}")
        rules = lab.run("nft", "list", "ruleset", node=name).stdout
        rule = next(line.strip() for line in rules.splitlines()
                    if f"dport {port}" in line)
        say(f"{name} says: {rule}")
        if "packets 0 " in rule:
            raise LabError(f"{name} has dropped nothing")


_SEND = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(5):
    s.sendto(sys.argv[3].encode(), (sys.argv[1], int(sys.argv[2])))
"""


class Capture:
    """tcpdump on one port of a node."""

    def __init__(self, lab, node, port, *expression):
        self.file_name = lab.path(f"{node}.{port}.pcap")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", lab.netns(node), "tcpdump", "-Z", "root",
             "-U", "-i", port, "-w", self.file_name, *expression],
            stderr=subprocess.PIPE, text=True, env=lab.env)
        for line in self.process.stderr:
            if "listening on" in line:
                break

    def end(self):
        """Returns the captured bytes.  tcpdump gets packets from the kernel
        late, and loses those that it does not have yet when it is ended."""
        deadline = time.monotonic() + CAPTURE_S
        while time.monotonic() < deadline:
            time.sleep(0.1)
            self.process.send_signal(signal.SIGUSR1)
            counts = re.findall(r"(\d+) packets? (?:captured|received)",
                                self.process.stderr.readline())
            if len(set(counts)) < 2:    # All of them, or it has ended.
                break
        self.process.terminate()
        self.process.communicate()
        with open(self.file_name, "rb") as stream:
            return stream.read()


def _show_capture(lab, topology, a, b):
    title(f'A marker, "{MARKER}", both ways: who sees it?')
    ends = {node.name: Capture(lab, node.name, "eth0", "udp")
            for node in (a, b)}
    links = {f"{x}-{y}": Capture(lab, "mgmt", f"{x}-{y}")
             for x, y in topology.links}
    for src, dst in (a, b), (b, a):
        lab.run("python3", "-c", _SEND, _ip(dst), "9", MARKER, node=src.name)
    # Each endpoint has sent 5 and received 5.
    for capture in ends.values():
        lab.wait_until(lambda c=capture: _count(c.file_name) >= 10,
                       f"the marker in {capture.file_name}")
    for name, capture in ends.items():
        n = capture.end().count(MARKER.encode())
        say(f"endpoint {name}: seen {n} times (5 sent, 5 received)")
        if n != 10:
            raise LabError(f"endpoint {name}: the marker came not as often as"
                           " it was sent")
    for name, capture in links.items():
        _show_link(lab, name, capture)
    name = next(iter(links))
    say(f"\nThe packets on link {name}, as tshark reads them:")
    say(_tshark(lab, links[name], "-c", "4", "-T", "fields", "-E", "header=y",
                "-E", "separator=/t", "-e", "frame.protocols", "-e", "nsh.spi",
                "-e", "nsh.si", "-e", "ip.src", "-e", "ip.dst",
                "-e", "esp.spi", "-e", "esp.sequence"))


def _count(file_name):
    with open(file_name, "rb") as stream:
        return stream.read().count(MARKER.encode())


def _tshark(lab, capture, *args):
    env = dict(lab.env, HOME=lab.dir)
    done = subprocess.run(["tshark", "-n", "-r", capture.file_name, *args],
                          env=env, text=True, capture_output=True,
                          check=False)
    if done.returncode:
        raise LabError(f"tshark: {done.stderr.strip()}")
    return done.stdout.rstrip()


def _show_link(lab, name, capture):
    data = capture.end()
    n_marker = data.count(MARKER.encode())
    protocols = _tshark(lab, capture, "-T", "fields",
                        "-e", "frame.protocols").split()
    n_esp = protocols.count("eth:ethertype:nsh:ip:esp")
    say(f"link {name}: seen {n_marker} times; {len(protocols)} packets,"
        f" {n_esp} of them NSH around ESP")
    if n_marker or not n_esp or n_esp != len(protocols):
        raise LabError(f"link {name} carries something else than ESP under"
                       f" NSH: {set(protocols)}")


def _show_changes(lab, chain, a, b):
    """Gives the chain new keys and other ways while packets are counted."""
    name, functions = chain["name"], chain["functions"]
    changes = [("new keys", ["chain-rekey", name])]
    if functions:
        changes += [(f"without {functions[0]}",
                     ["chain-set", name, *functions[1:]]),
                    (f"with {functions[0]} again",
                     ["chain-set", name, *functions])]
    ports = itertools.count(7000)   # (A late packet is in no other stream.)
    for rate in RATES:
        title(f"Changing chain {name} under {rate} packets a second of"
              f" {OCTETS} octets")
        overflows = lab.overflows()
        quiet = _stream(lab, a, b, rate, [], next(ports))
        say("without changes: " + _describe(quiet))
        busy = _stream(lab, a, b, rate, changes, next(ports))
        say("with changes:    " + _describe(busy))
        lost = quiet["lost"] + busy["lost"]
        doubled = quiet["duplicated"] + busy["duplicated"]
        if not lost and not doubled:
            return
        if doubled or lab.overflows() - overflows < lost:
            break
        say(f"{lost} packets came to sockets that were full: this machine does"
            f" not carry {rate} a second now")
    say("\nWhat has dropped packets since the lab is up:")
    say("\n".join(lab.drops()) or "nothing that counts them")
    raise LabError("packets were lost or doubled")


def _describe(got):
    return (f"{got['sent']} packets sent, {got['lost']} lost,"
            f" {got['duplicated']} doubled, {got['reordered']} out of order;"
            f" longest gap {got['max-gap-us'] / 1000:.1f} ms, longest delay"
            f" {got['max-delay-us'] / 1000:.1f} ms")


def _stream(lab, a, b, rate, changes, port):
    """Makes the changes in even intervals under a stream from a to b's 'port'
    of 'rate' packets a second.  Returns what its receiver has measured."""
    meter = lab.env["SDSA_LAB_LIBEXEC"] + "/udp-meter"
    receiver = subprocess.Popen(
        ["ip", "netns", "exec", lab.netns(b.name), meter, "receive",
         str(port)],
        stdout=subprocess.PIPE, text=True)
    sender = None
    try:
        receiver.stdout.readline()
        sender = subprocess.Popen(
            ["ip", "netns", "exec", lab.netns(a.name), meter, "send", _ip(b),
             str(port), str(rate), str(OCTETS), str(STREAM_S)])
        for words, command in changes:
            time.sleep(STREAM_S / (len(changes) + 1) - 1)
            lab.ctl("--wait=applied", *command)
            _show_operation(lab, words, command)
        sender.wait(timeout=60)
        words = receiver.communicate(timeout=60)[0].split()
    finally:
        for process in receiver, sender:
            if process and process.poll() is None:
                process.kill()
                process.communicate()
    return dict(zip(words[::2], map(int, words[1::2])))


def _show_operation(lab, words, command):
    listed = lab.ctl("--bare", "--columns=number", "list", "History").stdout
    number = max(map(int, listed.split()))
    say(f"\n{words}: sdsa-ctl {' '.join(command)}")
    say(lab.ctl("op-show", str(number)).stdout.rstrip())
