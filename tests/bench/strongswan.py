# SPDX-License-Identifier: Apache-2.0
"""Two strongSwan hosts to measure beside: charon with user space ESP (plugin
kernel-libipsec) in two network namespaces, AES-128-GCM."""

import os
import shutil
import subprocess
import sys
import tempfile
import time

from bench_lab import run

CHARON = "/usr/lib/ipsec/charon"
PACKAGES = ("strongswan-charon strongswan-swanctl strongswan-libcharon"
            " libcharon-extra-plugins libstrongswan-standard-plugins")
PLUGINS = ("random nonce aes sha1 sha2 hmac kdf gcm openssl curve25519 pem x509"
           " pubkey pkcs1 gmp kernel-libipsec kernel-netlink socket-default"
           " vici updown")
SENDER_IP, RECEIVER_IP = "10.91.0.1", "10.92.0.1"


def is_here():
    return os.path.exists(CHARON) and shutil.which("swanctl") is not None


class StrongSwan:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="sdsa-table2-")
        self.netns = [f"sdsa-bench-{os.getpid()}-{side}" for side in "ab"]
        self.processes = []

    def __enter__(self):
        a, b = self.netns
        for netns in self.netns:
            run("ip", "netns", "add", netns)
        run("ip", "link", "add", "wire", "netns", a, "type", "veth", "peer",
            "name", "wire", "netns", b)
        for i, netns in enumerate(self.netns, 1):
            run("ip", "-n", netns, "link", "set", "lo", "up")
            run("ip", "-n", netns, "addr", "add", f"10.9.0.{i}/24", "dev",
                "wire")
            run("ip", "-n", netns, "addr", "add", f"10.9{i}.0.1/24", "dev",
                "lo")
            run("ip", "-n", netns, "link", "set", "wire", "up")
            self._start(i, netns)
        time.sleep(2)
        for i in (1, 2):
            run("swanctl", "--load-all", "--file", f"{self.dir}/{i}/swanctl",
                "--uri", self._uri(i))
        self._swanctl("--initiate", "--child", "t")
        # The sender's packets leave with the address that the tunnel is for.
        run("ip", "-n", a, "route", "replace", "10.92.0.0/24", "dev", "ipsec0",
            "src", SENDER_IP)
        return self

    def _uri(self, i):
        return f"unix://{self.dir}/{i}/vici"

    def _start(self, i, netns):
        peer = 3 - i
        files = f"{self.dir}/{i}"
        os.mkdir(files)
        with open(f"{files}/strongswan.conf", "w", encoding="ascii") as out:
            out.write(f"""charon {{
  install_routes = yes
  load = {PLUGINS}
  plugins {{ vici {{ socket = unix://{files}/vici
  }} }}
}}
""")
        with open(f"{files}/swanctl", "w", encoding="ascii") as out:
            out.write(f"""connections {{ c {{
  version = 2
  local_addrs = 10.9.0.{i}
  remote_addrs = 10.9.0.{peer}
  proposals = aes128-sha256-x25519
  rekey_time = 0
  local {{ auth = psk
    id = {i}.x }}
  remote {{ auth = psk }}
  children {{ t {{
    local_ts = 10.9{i}.0.0/24
    remote_ts = 10.9{peer}.0.0/24
    esp_proposals = aes128gcm16
    rekey_time = 0 }} }} }} }}
secrets {{ ike {{ secret = "only-for-the-benchmark" }} }}
""")
        # charon does not start beside another one's pid file: each has a /run.
        self.processes.append(subprocess.Popen(
            ["ip", "netns", "exec", netns, "unshare", "-m", "sh", "-c",
             f"mount -t tmpfs t /run && exec {CHARON}"],
            env=dict(os.environ, STRONGSWAN_CONF=f"{files}/strongswan.conf"),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL))

    def _swanctl(self, *args):
        done = subprocess.run(["swanctl", *args, "--uri", self._uri(1)],
                              text=True, capture_output=True, check=False)
        if done.returncode and args[0] == "--initiate":
            sys.exit(f"swanctl: {done.stdout}{done.stderr}")

    def change(self, kind):
        self._swanctl("--rekey", *{
            "child rekey": ["--child", "t"],
            "IKE rekey": ["--ike", "c"],
            "re-authentication": ["--ike", "c", "--reauth"]}[kind])

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
            process.wait()
        for netns in self.netns:
            subprocess.run(["ip", "netns", "del", netns], check=False)
        shutil.rmtree(self.dir)
