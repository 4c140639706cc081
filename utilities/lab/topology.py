# SPDX-License-Identifier: Apache-2.0
"""Topology files: read and checked as a whole before anything is built."""

import ipaddress
import re
import shlex

MAX_NAME = 7                    # Interface "NAME-cipher" has 14 characters:
                                # OpenFlow shows it whole.
DEFAULT_OPTIONS = {
    "bridge": {"machine": "mgmt"},
    "link": {"kind": "veth", "mtu": None},
    "endpoint": {"mac": None, "mtu": None},
    "gateway": {"cipher-ip": None, "plain-mac": None, "cipher-mac": None,
                "mtu": None},
    "function": {"correlation": "none", "drop-tcp-port": None,
                 "reset-tcp-port": None, "mtu": None, "group": None},
}
LINK_KINDS = ("veth", "patch", "vxlan")
CORRELATIONS = ("none", "vlan", "mac", "nsh")


class TopologyError(Exception):
    """A mistake in a topology file, with its place and what to do."""


class Node:
    """A bridge, an endpoint, a gateway or a function."""

    def __init__(self, kind, name, bridge=None, args=(), options=None):
        self.kind = kind
        self.name = name
        self.bridge = bridge
        self.args = list(args)
        self.options = options or {}
        self.listen = None      # Address and port of a gateway's agent.


class Topology:
    """What a topology file says, in its order."""

    def __init__(self):
        self.nodes = {}         # Nodes by name.
        self.links = {}         # Options of links by names of two bridges.
        self.chains = []        # Arguments of sdsa-ctl chain-add.

    def machine(self, bridge):
        """The namespace that the bridge is in."""
        return self.nodes[bridge].options["machine"]

    def machines(self):
        """Those that have a switch of their own."""
        return sorted({node.options["machine"]
                       for node in self.of_kind("bridge")})

    def of_kind(self, kind):
        return [node for node in self.nodes.values() if node.kind == kind]


def _name(text):
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,%d}" % (MAX_NAME - 1), text):
        raise TopologyError(
            f'"{text}" is no name: use a letter, then letters, digits or "_",'
            f" {MAX_NAME} characters at most")
    return text


def _host_address(text, parse=ipaddress.ip_address):
    """The address 'text', which must be one that sdsa-ctl takes (lib/name)."""
    try:
        ip = parse(text)
    except ValueError:
        raise TopologyError(f'"{text}" is no IP address') from None
    if (ip.is_unspecified or ip.is_loopback or ip.is_multicast
            or ip.is_link_local or getattr(ip, "ipv4_mapped", None)
            or ip in ipaddress.ip_network("0.0.0.0/8")
            or str(ip).partition("/")[0] in ("255.255.255.255", "192.0.0.8",
                                             "100::5d5a")):
        raise TopologyError(f'"{text}" is no address that a host can have'
                            " beyond its link")
    return ip


def _split_options(kind, words):
    """Returns the words that are arguments, and the options as a dict."""
    options = dict(DEFAULT_OPTIONS[kind])
    args = []
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            args.append(word)
        elif key not in options:
            raise TopologyError(f'"{key}" is no option of a {kind}; there are '
                                + ", ".join(options))
        else:
            options[key] = value
    for key, low, high in (("mtu", 68, 65535), ("drop-tcp-port", 1, 65535),
                           ("reset-tcp-port", 1, 65535)):
        value = options.get(key)
        if value is not None and not (value.isdigit()
                                      and low <= int(value) <= high):
            raise TopologyError(f"{key}={value}: write a number from {low} to"
                                f" {high}")
    return args, options


class _Parser:
    def __init__(self):
        self.topology = Topology()
        self.cipher_ips = set()

    def bridge_of(self, name):
        node = self.topology.nodes.get(name)
        if not node or node.kind != "bridge":
            raise TopologyError(f'there is no bridge "{name}": add a line'
                                f' "bridge {name}" above')
        return name

    def add(self, node):
        if node.name in self.topology.nodes or node.name == "mgmt":
            raise TopologyError(f'the name "{node.name}" is taken:'
                                " choose another")
        self.topology.nodes[node.name] = node

    def parse_bridge(self, words):
        args, options = _split_options("bridge", words)
        if len(args) != 1:
            raise TopologyError("write: bridge NAME [machine=NAME]")
        name = _name(args[0])
        if len(name) > 6:
            raise TopologyError(f'"{name}": a bridge\'s name has 6 characters'
                                " at most")
        machine = self.topology.nodes.get(_name(options["machine"]))
        if machine and machine.kind != "machine":
            raise TopologyError(f'the name "{machine.name}" is taken: choose'
                                " another for the machine")
        if options["machine"] != "mgmt" and not machine:
            self.add(Node("machine", options["machine"]))
        self.add(Node("bridge", name, options=options))

    def parse_link(self, words):
        args, options = _split_options("link", words)
        if len(args) != 2 or args[0] == args[1]:
            raise TopologyError("write: link BRIDGE OTHER-BRIDGE"
                                " [kind=veth|patch|vxlan] [mtu=N]")
        if options["kind"] not in LINK_KINDS:
            raise TopologyError(f"kind={options['kind']}: write veth, patch or"
                                " vxlan")
        link = tuple(self.bridge_of(word) for word in args)
        if link in self.topology.links or link[::-1] in self.topology.links:
            raise TopologyError(f"{link[0]} and {link[1]} are linked already")
        one_machine = len({self.topology.machine(b) for b in link}) == 1
        if options["kind"] != "veth" and one_machine != (options["kind"]
                                                         == "patch"):
            raise TopologyError(
                f"kind={options['kind']} links bridges of "
                + ("one machine" if options["kind"] == "patch"
                   else "two machines"))
        self.topology.links[link] = options

    def parse_endpoint(self, words):
        args, options = _split_options("endpoint", words)
        if len(args) < 3:
            raise TopologyError("write: endpoint NAME BRIDGE IP... [mac=MAC]"
                                " [mtu=N]")
        for ip in args[2:]:
            _host_address(ip, ipaddress.ip_interface)
        if options["mac"] is None:
            options["mac"] = self.mac()
        self.add(Node("endpoint", _name(args[0]), self.bridge_of(args[1]),
                      args[2:], options))

    def parse_gateway(self, words):
        args, options = _split_options("gateway", words)
        if len(args) != 2:
            raise TopologyError("write: gateway NAME BRIDGE [cipher-ip=IP]"
                                " [mtu=N]")
        if options["cipher-ip"] is None:
            options["cipher-ip"] = f"172.31.0.{len(self.cipher_ips) + 1}"
        ip = _host_address(options["cipher-ip"])
        if ip in self.cipher_ips:
            raise TopologyError(f"cipher-ip={ip} is taken: choose another")
        self.cipher_ips.add(ip)
        self.add(Node("gateway", _name(args[0]), self.bridge_of(args[1]),
                      (), options))

    def parse_function(self, words):
        args, options = _split_options("function", words)
        if len(args) != 2:
            raise TopologyError("write: function NAME BRIDGE"
                                " [correlation=none|vlan|mac|nsh]"
                                " [drop-tcp-port=PORT] [reset-tcp-port=PORT]"
                                " [mtu=N] [group=NAME]")
        if options["correlation"] not in CORRELATIONS:
            raise TopologyError(f'correlation={options["correlation"]}: write'
                                " none, vlan, mac or nsh")
        self.add(Node("function", _name(args[0]), self.bridge_of(args[1]),
                      (), options))

    def parse_chain(self, words):
        plain = [word for word in words if not word.startswith("--")]
        if len(plain) < 4:
            raise TopologyError("write: chain [OPTION...] NAME SRC DST MATCH"
                                " [FUNCTION...]")
        reverse = [name for word in words if word.startswith("--reverse=")
                   for name in re.split("[ ,]+", word.partition("=")[2])
                   if name]
        for kind, names in (("endpoint", plain[1:3]),
                            ("function", plain[4:] + reverse)):
            for name in names:
                node = self.topology.nodes.get(name)
                if not node or node.kind != kind:
                    raise TopologyError(f'there is no {kind} "{name}": add a'
                                        f' line "{kind} {name} ..." above')
        self.topology.chains.append(words)

    def mac(self):
        return f"02:5d:5a:00:00:{len(self.topology.nodes) + 1:02x}"


def read(file_name):
    """Reads 'file_name'.  Raises TopologyError."""
    parser = _Parser()
    try:
        with open(file_name, encoding="utf-8") as stream:
            lines = stream.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TopologyError(f"{file_name}: cannot read: {error}") from None
    for number, line in enumerate(lines, 1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            raise TopologyError(f"{file_name}:{number}: {error}") from None
        if not words:
            continue
        parse = getattr(parser, f"parse_{words[0]}", None)
        try:
            if not parse:
                raise TopologyError(
                    f'"{words[0]}" is unknown: a line begins with bridge,'
                    " link, endpoint, gateway, function or chain")
            parse(words[1:])
        except TopologyError as error:
            raise TopologyError(f"{file_name}:{number}: {error}") from None
    if not parser.topology.of_kind("bridge"):
        raise TopologyError(f"{file_name}: there is no bridge in it: add a"
                            ' line "bridge br1"')
    return parser.topology
