# SPDX-License-Identifier: Apache-2.0
"""A RESTCONF client for tests: what is asked of an agent, and its answers.

The agent is "gw1" at 127.0.0.1.  Certificates and keys are in the current
directory: ca.pem, NAME.pem and NAME.key for a client NAME.
"""

import http.client
import json
import socket
import ssl
import subprocess

CONTROLLER = "sdsa-controller"
DATA = "application/yang-data+json"
PATCH = "application/yang-patch+json"
ROOT = "/restconf/data"
# Paths in a YANG Patch; in a URI they come after ROOT.
IKELESS = "/ietf-i2nsf-ikeless:ipsec-ikeless"
SAD = IKELESS + "/sad"
SPD = IKELESS + "/spd"
SA = SAD + "/sad-entry="
POLICY = SPD + "/spd-entry="
AGENT = "/sdsa-agent:sdsa-agent"


# Values.

def key_text(octet, n=36):
    """Returns a key of 'n' equal octets as YANG's hex-string."""
    return bytes([octet] * n).hex(":")


def selector(**more):
    return {"local-prefix": "0.0.0.0/0", "remote-prefix": "0.0.0.0/0", **more}


def sa(name, spi, key, ends=("192.0.2.1", "192.0.2.2"), config=(), **more):
    """Returns a sad-entry.

    'ends' are the addresses of the sender and the receiver; 'config' has
    other members of ipsec-sa-config, 'more' those beside it.
    """
    return {"name": name, **more, "ipsec-sa-config": {
        "spi": spi, "mode": "tunnel", "traffic-selector": selector(),
        "esp-sa": {"encryption": {"encryption-algorithm": 20, "key": key}},
        "tunnel": {"local": ends[0], "remote": ends[1]}, **dict(config)}}


def wrap(entry):
    """Returns the body of a request for a sad-entry or an spd-entry."""
    kind = "spd-entry" if "direction" in entry else "sad-entry"
    return {"ietf-i2nsf-ikeless:" + kind: [entry]}


def edit(operation, target, value=None, **more):
    """Returns an edit of a YANG Patch; yang_patch() numbers it."""
    return {"operation": operation, "target": target,
            **({} if value is None else {"value": value}), **more}


def yang_patch(*edits, patch_id="p"):
    """Returns the body of a YANG Patch."""
    return {"ietf-yang-patch:yang-patch": {
        "patch-id": patch_id,
        "edit": [{"edit-id": str(i), **one} for i, one in enumerate(edits)]}}


def find(tree, name):
    """Returns the first value of this name that is not empty, or None."""
    if isinstance(tree, dict):
        if tree.get(name):
            return tree[name]
        tree = list(tree.values())
    for child in tree if isinstance(tree, list) else []:
        if found := find(child, name):
            return found
    return None


def find_error(tree):
    """Returns the first error of a body, wherever it is, or {}."""
    if isinstance(tree, dict):
        if "error-tag" in tree:
            return tree
        tree = list(tree.values())
    for child in tree if isinstance(tree, list) else []:
        if error := find_error(child):
            return error
    return {}


# Connections.

def tls_context(name, ca="ca.pem"):
    context = ssl.create_default_context(cafile=ca)
    context.load_cert_chain(name + ".pem", name + ".key")
    return context


class Connection(http.client.HTTPSConnection):
    """A connection of Python's own HTTP client."""

    def __init__(self, port, name=CONTROLLER):
        super().__init__("gw1", port, timeout=60, context=tls_context(name))
        # Instead of a search for the name.
        create = self._create_connection
        self._create_connection = (
            lambda address, *args: create(("127.0.0.1", address[1]), *args))


class Client:
    """A connection that sends any octets; it is made anew when the agent has
    closed it."""

    def __init__(self, port, name=CONTROLLER):
        self.address = ("127.0.0.1", port)
        self.context = tls_context(name)
        self.socket = None

    def connect(self):
        self.close()
        raw = socket.create_connection(self.address, timeout=30)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = self.context.wrap_socket(raw, server_hostname="gw1")
        self.buffer = b""

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def send(self, data):
        if not self.socket:
            self.connect()
        try:
            self.socket.sendall(data)
        except OSError:
            pass                # It answers, and closes, before it has all.

    def fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self.buffer += data

    def read(self, n):
        while len(self.buffer) < n:
            self.fill()
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def answer(self, method="GET"):
        """Returns status, headers and body of the next answer."""
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        body = self.read(int(headers.get("content-length", 0))
                         if method != "HEAD" else 0)
        if headers.get("connection") == "close":
            self.close()
        return int(lines[0].split()[1]), headers, body

    def ask(self, data):
        """Sends a request and returns the status and the error-tag."""
        self.send(data)
        status, headers, body = self.answer()
        tag = ""
        if status >= 400:
            tag = find_error(json.loads(body)).get("error-tag", "")
            assert headers["cache-control"] == "no-cache", headers
        return f"{status} {tag}".strip()


def octets(method, path, body=b"", type=DATA, headers=""):
    """Returns a request as it is sent."""
    if isinstance(body, str):
        body = body.encode()
    return (f"{method} {path} HTTP/1.1\r\nHost: gw1\r\n"
            + (f"Content-Type: {type}\r\n" if type else "") + headers
            + (f"Content-Length: {len(body)}\r\n" if method != "GET" else "")
            + "\r\n").encode() + body


# curl.

class Reply:
    """An answer that curl has got: "status", "headers" by names in lower case,
    and "body"."""

    def __init__(self, raw):
        head, _, self.body = raw.partition("\r\n\r\n")
        lines = head.split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()

    def json(self):
        return json.loads(self.body) if self.body else None

    def error(self):
        """Returns the first error, or {}."""
        try:
            return find_error(self.json())
        except ValueError:
            return {}


def curl(port, method, path, body=None, type=DATA, who=CONTROLLER, headers=()):
    """Asks with curl.  Returns the reply, of status 0 if there is none, and
    then why.  A body that is no text or octets is sent as JSON."""
    command = ["curl", "-sS", "--http1.1", "--cacert", "ca.pem",
               "--cert", who + ".pem", "--key", who + ".key",
               "--resolve", f"gw1:{port}:127.0.0.1", "--max-time", "30",
               "--path-as-is", "-g"]
    command += ["-I"] if method == "HEAD" else ["-i", "-X", method]
    for header in headers:
        command += ["-H", header]
    data = b""
    if body is not None:
        data = (body if isinstance(body, bytes)
                else (body if isinstance(body, str)
                      else json.dumps(body)).encode())
        command += ["-H", "Content-Type:" + (" " + type if type else ""),
                    "-H", "Expect:", "--data-binary", "@-"]
    done = subprocess.run(command + [f"https://gw1:{port}{path}"], input=data,
                          capture_output=True)
    if done.returncode:
        return (Reply("HTTP/1.1 0 -\r\n\r\n"),
                f"curl {done.returncode}: {done.stderr.decode().strip()}")
    return Reply(done.stdout.decode()), None
