# SPDX-License-Identifier: Apache-2.0
"""Topology files: read and checked as a whole before anything is built."""

import ipaddress
import re

MAX_NAME = 8                    # "NAME-cipher" is an interface's name.
DEFAULT_OPTIONS = {
    "endpoint": {"mac": None},
    "gateway": {"cipher-ip": None, "plain-mac": None, "cipher-mac": None},
    "function": {"correlation": "none", "drop-tcp-port": None},
}


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
        self.listen = None      # Of a gateway's agent.


class Topology:
    """What a topology file says, in its order."""

    def __init__(self):
        self.nodes = {}         # By name.
        self.links = []         # Pairs of bridges' names.
        self.chains = []        # Arguments of "sdsa-ctl chain-add".

    def of_kind(self, kind):
        return [node for node in self.nodes.values() if node.kind == kind]


def _name(text):
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,%d}" % (MAX_NAME - 1), text):
        raise TopologyError(
            f'"{text}" is no name: use a letter, then letters, digits or "_",'
            f" {MAX_NAME} characters at most")
    return text


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
        if len(words) != 1:
            raise TopologyError("write: bridge NAME")
        name = _name(words[0])
        if len(name) > 7:
            raise TopologyError(f'"{name}": a bridge\'s name has 7 characters'
                                " at most")
        self.add(Node("bridge", name))

    def parse_link(self, words):
        if len(words) != 2 or words[0] == words[1]:
            raise TopologyError("write: link BRIDGE OTHER-BRIDGE")
        link = tuple(self.bridge_of(word) for word in words)
        if link in self.topology.links or link[::-1] in self.topology.links:
            raise TopologyError(f"{link[0]} and {link[1]} are linked already")
        self.topology.links.append(link)

    def parse_endpoint(self, words):
        args, options = _split_options("endpoint", words)
        if len(args) < 3:
            raise TopologyError("write: endpoint NAME BRIDGE IP... [mac=MAC]")
        for ip in args[2:]:
            try:
                ipaddress.IPv4Interface(ip)
            except ValueError:
                raise TopologyError(f'"{ip}" is no IPv4 address') from None
        if options["mac"] is None:
            options["mac"] = self.mac()
        self.add(Node("endpoint", _name(args[0]), self.bridge_of(args[1]),
                      args[2:], options))

    def parse_gateway(self, words):
        args, options = _split_options("gateway", words)
        if len(args) != 2:
            raise TopologyError("write: gateway NAME BRIDGE [cipher-ip=IP]")
        if options["cipher-ip"] is None:
            options["cipher-ip"] = f"172.31.0.{len(self.cipher_ips) + 1}"
        try:
            ipaddress.IPv4Address(options["cipher-ip"])
        except ValueError:
            raise TopologyError(f'"{options["cipher-ip"]}" is no IPv4'
                                " address") from None
        if options["cipher-ip"] in self.cipher_ips:
            raise TopologyError(f'cipher-ip={options["cipher-ip"]} is taken:'
                                " choose another")
        self.cipher_ips.add(options["cipher-ip"])
        self.add(Node("gateway", _name(args[0]), self.bridge_of(args[1]),
                      (), options))

    def parse_function(self, words):
        args, options = _split_options("function", words)
        if len(args) != 2:
            raise TopologyError("write: function NAME BRIDGE"
                                " [correlation=none|vlan]"
                                " [drop-tcp-port=PORT]")
        if options["correlation"] not in ("none", "vlan"):
            raise TopologyError(f'correlation={options["correlation"]}: write'
                                " none or vlan")
        port = options["drop-tcp-port"]
        if port is not None and not (port.isdigit()
                                     and 0 < int(port) < 65536):
            raise TopologyError(f"drop-tcp-port={port}: write a number from"
                                " 1 to 65535")
        self.add(Node("function", _name(args[0]), self.bridge_of(args[1]),
                      (), options))

    def parse_chain(self, words):
        plain = [word for word in words if not word.startswith("--")]
        if len(plain) < 4:
            raise TopologyError("write: chain [OPTION...] NAME SRC DST MATCH"
                                " [FUNCTION...]")
        for kind, names in (("endpoint", plain[1:3]), ("function", plain[4:])):
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
        words = line.partition("#")[0].split()
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
