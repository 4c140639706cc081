# SPDX-License-Identifier: Apache-2.0
"""One lab: real processes in network namespaces.

Everything of a lab has its name: namespaces "sdsa-NAME-NODE", and files in
/run/sdsa-lab/NAME.  "sdsa-NAME-mgmt" holds the bridges, both databases, the
controller, the agents and the authentication centre, if there is one; each
endpoint, gateway and function has a namespace with its data ports alone.

Agents have certificates of sdsa-pki, or each has a token and nothing else."""

import glob
import ipaddress
import os
import re
import shlex
import shutil
import sys
import time

import host
from host import LabError, ip_batch, run

ENDPOINT_MTU = 1400             # Leaves room for ESP, a tunnel and NSH.
UNDERLAY_MTU = 9000             # Of the network between machines.
UNDERLAY = "192.168.255"        # Its prefix; the controller is number 1.
AUC_ADDRESS = "127.0.0.1:8450"
AUC_DATABASE = "6642:127.0.0.1"  # The database's port for the centre.
# The sdsa database has more listeners when a command says so.
DATABASE_OPTIONS = ("--remote=db:SDSA,SDSA_Global,connections",
                    "--private-key=db:SDSA,SSL,private_key",
                    "--certificate=db:SDSA,SSL,certificate",
                    "--ca-cert=db:SDSA,SSL,ca_cert")
# Limit for a process to answer and for a session to come up.
TIMEOUT_S = int(os.environ.get("SDSA_LAB_TIMEOUT") or 30)
DATAPATH = os.environ.get("SDSA_DATAPATH") or "netdev"


class Lab:
    def __init__(self, name):
        if not re.fullmatch(r"[A-Za-z0-9_]{1,16}", name):
            raise LabError(f'"{name}" is no name of a lab: use letters, digits'
                           ' and "_", 16 characters at most')
        self.name = name
        self.dir = f"{host.RUNDIR}/{name}"
        self.failed_dir = f"{self.dir}.failed"
        self.enrolled_ms = None     # How long VNFs with tokens have taken.
        self.env = dict(os.environ, OVS_RUNDIR=self.dir, OVS_LOGDIR=self.dir,
                        OVS_DBDIR=self.dir, SDSA_RUNDIR=self.dir,
                        SDSA_DB=f"unix:{self.dir}/sdsa.sock")

    def netns(self, node):
        return f"sdsa-{self.name}-{node}"

    def path(self, file_name):
        return f"{self.dir}/{file_name}"

    def run(self, *argv, node="mgmt", **kwargs):
        return run(list(argv), netns=self.netns(node), env=self.env, **kwargs)

    def daemon(self, name, program, *args, node="mgmt"):
        """Starts an OVS style daemon in the background."""
        self.run(program, "--detach", "--no-chdir", "-vconsole:off",
                 f"--pidfile={self.path(name)}.pid",
                 f"--log-file={self.path(name)}.log",
                 f"--unixctl={self.path(name)}.ctl", *args, node=node)

    def tls(self, name, ca_cert="cacert.pem"):
        """Returns options: key, certificate, and who is let in: by default
        those of the infrastructure."""
        return ["-p", self.path(f"pki/{name}-key.pem"),
                "-c", self.path(f"pki/{name}-cert.pem"),
                "-C", self.path(f"pki/{ca_cert}")]

    def ctl(self, *args, **kwargs):
        return self.run("sdsa-ctl", f"--timeout={TIMEOUT_S}", *args, **kwargs)

    # Up.

    def _lock(self):
        return host.Locked(self.name, f'the lab "{self.name}" is being built'
                           " or removed by another sdsa-lab: wait for it, or"
                           " choose another name")

    def up(self, topology, tokens=False):
        """Builds 'topology' and returns when all its chains are up.  With
        'tokens' each agent has a token alone."""
        with self._lock():
            self._up(topology, tokens)

    def _up(self, topology, tokens):
        if os.path.exists(self.path("up")):
            raise LabError(f'the lab "{self.name}" is up: run "sdsa-lab'
                           f' --name={self.name} down" first, or choose'
                           " another name")
        self._down()            # A killed sdsa-lab may have left something.
        os.makedirs(self.dir)
        try:
            self._make_namespaces(topology)
            self._make_certificates(topology, tokens)
            host.raise_rmem(self.dir)
            self._start_controller(topology)
            if tokens:
                self._start_centre()
                self._make_tokens(topology)
            self._fill_database(topology, tokens)
            self._start_agents(topology, tokens)
            for machine in topology.machines():
                self._start_switch(topology, machine)
            self._wait_for_sessions(topology)
            for chain in topology.chains:
                self._add_chain(chain)
            open(self.path("up"), "w", encoding="ascii").close()
        except BaseException:
            self._keep_logs()
            self._remove()
            raise

    def _make_namespaces(self, topology):
        names = ["mgmt"] + [node.name for node in topology.nodes.values()
                            if node.kind != "bridge"]
        for name in names:
            run(["ip", "netns", "add", self.netns(name)])
            ip_batch(["link set lo up"], self.netns(name))
            host.sysctl(self.netns(name),
                        "net.ipv6.conf.all.disable_ipv6=1",
                        "net.ipv6.conf.default.disable_ipv6=1")
        self._make_underlay(topology)
        for (a, b), options in topology.links.items():
            if options["kind"] == "veth":
                self._veth(topology.machine(a), f"{a}-{b}",
                           topology.machine(b), f"{b}-{a}",
                           mtu=options["mtu"])
        for node in topology.of_kind("endpoint"):
            self._make_endpoint(node, topology.machine(node.bridge))
        for node in topology.of_kind("gateway"):
            for side in "plain", "cipher":
                self._veth(topology.machine(node.bridge),
                           f"{node.name}-{side}", node.name, side,
                           node.options[f"{side}-mac"], node.options["mtu"])
        for node in topology.of_kind("function"):
            self._make_function(node, topology.machine(node.bridge))

    def _make_underlay(self, topology):
        """Makes the network between the machines and the controller."""
        machines = topology.of_kind("machine")
        if machines:
            ip_batch(["link add underlay type bridge",
                      f"link set underlay mtu {UNDERLAY_MTU} up",
                      f"addr add {UNDERLAY}.1/24 dev underlay"],
                     self.netns("mgmt"))
        for node in machines:
            self._veth("mgmt", node.name, node.name, "phy", mtu=UNDERLAY_MTU)
            ip_batch([f"link set {node.name} master underlay"],
                     self.netns("mgmt"))

    def _veth(self, node_a, port_a, node_b, port_b, mac_b=None, mtu=None):
        """Makes a pair of ports without checksum offload: no switch in user
        space finishes the checksums."""
        ns_a, ns_b = self.netns(node_a), self.netns(node_b)
        mtu = f" mtu {mtu}" if mtu else ""
        ip_batch([f"link add name {port_a}{mtu} type veth peer name {port_b}"
                  + mtu + (f" address {mac_b}" if mac_b else "")
                  + f" netns {ns_b}", f"link set dev {port_a} up"], ns_a)
        ip_batch([f"link set dev {port_b} up"], ns_b)
        run(["ethtool", "-K", port_a, "tx", "off"], netns=ns_a)
        run(["ethtool", "-K", port_b, "tx", "off"], netns=ns_b)

    def _make_endpoint(self, node, machine):
        netns = self.netns(node.name)
        self._veth(machine, node.name, node.name, "eth0", node.options["mac"],
                   node.options["mtu"])
        ips = [ipaddress.ip_interface(text) for text in node.args]
        if any(ip.version == 6 for ip in ips):
            host.sysctl(netns, "net.ipv6.conf.eth0.addr_gen_mode=1",
                        "net.ipv6.conf.eth0.accept_ra=0",
                        "net.ipv6.conf.eth0.disable_ipv6=0")
        lines = ([] if node.options["mtu"]
                 else [f"link set eth0 mtu {ENDPOINT_MTU}"])
        for ip, text in zip(ips, node.args):
            length = (ip.network.prefixlen if "/" in text
                      else 24 if ip.version == 4 else 64)
            lines.append(f"addr add {ip.ip}/{length} dev eth0")
        ip_batch(lines, netns)

    def _make_function(self, node, machine):
        """Makes a function of a Linux bridge, which keeps VLAN tags and MAC
        addresses.  The bridge learns no addresses: the same one may come in at
        both sides, of two chains.  function.py does what a bridge cannot."""
        netns = self.netns(node.name)
        for side in _sides(node):
            self._veth(machine, f"{node.name}-{side}", node.name, side,
                       mtu=node.options["mtu"])
        if (node.options["correlation"] == "nsh"
                or node.options["reset-tcp-port"]):
            self._start_function(node)
            return
        ip_batch(["link add br0 type bridge stp_state 0 mcast_snooping 0",
                  "link set in master br0", "link set out master br0",
                  "link set in type bridge_slave learning off",
                  "link set out type bridge_slave learning off",
                  "link set br0 up"], netns)
        port = node.options["drop-tcp-port"]
        if port:
            run(["nft", "add table bridge filter; add chain bridge filter"
                 " forward { type filter hook forward priority 0; };"
                 f" add rule bridge filter forward tcp dport {port}"
                 " counter drop"], netns=netns)

    def _start_function(self, node):
        """Starts function.py in the function's namespace, with which it
        ends."""
        options = node.options
        program = os.path.join(os.path.dirname(__file__), "function.py")
        argv = [sys.executable, program]
        if options["correlation"] == "nsh":
            argv.append("--nsh")
        for name in "drop-tcp-port", "reset-tcp-port":
            if options[name]:
                argv.append(f"--{name}={options[name]}")
        run(argv + _sides(node), netns=self.netns(node.name))

    def _make_certificates(self, topology, tokens):
        pki = ["sdsa-pki", "-d", self.path("pki")]
        self.run(*pki, "init")
        self.run(*pki, "issue", "sdsa-controller")
        self.run(*pki, "issue", "--switch", "vswitch")
        if tokens:
            self.run(*pki, "issue", "sdsa-ovsdb")
            self.run(*pki, "issue", "sdsa-auc", AUC_ADDRESS.split(":")[0])
        for number, node in enumerate(topology.of_kind("gateway")):
            node.listen = f"127.0.0.1:{8443 + number}"
            if not tokens:
                self.run(*pki, "issue", "--vnf", node.name)

    def _start_database(self, name, schema, *args, node="mgmt"):
        self.run("ovsdb-tool", "create", self.path(f"{name}.db"), schema)
        self.daemon(f"{name}-db", "ovsdb-server", self.path(f"{name}.db"),
                    f"--remote=punix:{self.path(name)}.sock", *args, node=node)

    def _start_switch(self, topology, machine):
        """Starts the switch of a machine.  That of "mgmt" has the file names
        that the tools of Open vSwitch expect."""
        prefix = "" if machine == "mgmt" else f"{machine}-"
        database = f"{prefix}db"
        self._start_database(database, _data_file("vswitch.ovsschema"),
                             node=machine)
        self.vsctl(machine, "--no-wait", "init")
        self.daemon(f"{prefix}vswitchd", "ovs-vswitchd",
                    *(["--disable-system"] if DATAPATH == "netdev" else []),
                    f"unix:{self.path(database)}.sock", node=machine)
        if prefix:
            self._add_underlay(topology, machine)
        args = []
        for node in topology.of_kind("bridge"):
            if node.options["machine"] == machine:
                args += ["--", "add-br", node.name, "--", "set", "Bridge",
                         node.name, f"datapath_type={DATAPATH}",
                         "fail_mode=secure"]
        for bridge, port, settings in _ports(topology):
            if topology.machine(bridge) == machine:
                args += ["--", "add-port", bridge, port]
                if settings:
                    args += ["--", "set", "Interface", port, *settings]
        self.vsctl(machine, *args[1:])
        for number, node in enumerate(topology.of_kind("bridge"), 1):
            if node.options["machine"] == machine:
                self.run("sdsa-vswitch", "setup",
                         f"--private-key={self.path('pki/vswitch-key.pem')}",
                         f"--certificate={self.path('pki/vswitch-cert.pem')}",
                         f"--ca-cert={self.path('pki/cacert.pem')}",
                         f"--db=unix:{self.path(database)}.sock",
                         node.name, f"{number:016x}",
                         f"ssl:{_controller_ip(topology)}:6653", node=machine)

    def vsctl(self, machine, *args):
        database = "db" if machine == "mgmt" else f"{machine}-db"
        self.run("ovs-vsctl", f"--db=unix:{self.path(database)}.sock", *args,
                 node=machine)

    def _add_underlay(self, topology, machine):
        """Makes a bridge that has the machine's address in the underlay, which
        tunnels in user space need."""
        self.vsctl(machine, "add-br", "br-phy", "--", "set", "Bridge",
                   "br-phy", "datapath_type=netdev", "--", "add-port",
                   "br-phy", "phy", "--", "set", "Interface", "br-phy",
                   f"mtu_request={UNDERLAY_MTU}", "--", "set", "Interface",
                   "phy", f"mtu_request={UNDERLAY_MTU}")
        ip_batch([f"addr add {_underlay_ip(topology, machine)}/24 dev br-phy",
                  "link set br-phy up"], self.netns(machine))

    def start_controller(self, ip="127.0.0.1"):
        self.daemon("sdsa-controller", "sdsa-controller",
                    f"--db=unix:{self.path('sdsa')}.sock",
                    f"--listen=pssl:6653:{ip}",
                    *self.tls("sdsa-controller", "switch-cacert.pem"),
                    f"--vnf-ca-cert={self.path('pki/vnf-cacert.pem')}")

    def _start_controller(self, topology):
        self._start_database("sdsa", _data_file("sdsa.ovsschema"),
                             *DATABASE_OPTIONS)
        self.ctl("init")
        self.start_controller(_controller_ip(topology))

    def _start_centre(self):
        """Starts the authentication centre, which comes to the database by a
        listener with its role."""
        pki = self.path("pki")
        self.ctl("auc-set", AUC_ADDRESS, f"{pki}/cacert.pem", "--",
                 "set-ssl", f"{pki}/sdsa-ovsdb-key.pem",
                 f"{pki}/sdsa-ovsdb-cert.pem",
                 f"{pki}/cacert.pem", "--",
                 "set-connection", "role=sdsa-auc", f"pssl:{AUC_DATABASE}")
        port, ip = AUC_DATABASE.split(":")
        self.daemon("sdsa-auc", "sdsa-auc", f"--db=ssl:{ip}:{port}",
                    f"--listen={AUC_ADDRESS}", *self.tls("sdsa-auc"),
                    f"--vnf-ca-key={pki}/private/vnf-cakey.pem",
                    f"--vnf-ca-cert={pki}/vnf-cacert.pem")

    def _make_tokens(self, topology):
        os.makedirs(self.path("tokens"), mode=0o700)
        args = []
        for node in topology.of_kind("gateway"):
            args += ["--", f"--token-file={self._token(node)}",
                     f"--cipher={node.options['cipher-ip']}",
                     "vnf-add", node.name]
        if args:
            self.ctl(*args)

    def _token(self, node):
        return self.path(f"tokens/{node.name}")

    def _start_agents(self, topology, tokens):
        gateways = topology.of_kind("gateway")
        started = time.monotonic()
        for node in gateways:
            self.start_agent(node, tokens)
        if tokens:
            for node in gateways:
                self.ctl("wait-until", "Registration", node.name)
            self.enrolled_ms = (time.monotonic() - started) * 1000

    def start_agent(self, node, tokens):
        """Starts an agent; its command line stays in a file, to start it
        again."""
        args = [f"--listen={node.listen}", "--plain=plain", "--cipher=cipher",
                f"--cipher-ip={node.options['cipher-ip']}",
                f"--netns={self.netns(node.name)}",
                f"--backend={os.environ.get('SDSA_BACKEND') or 'userspace'}",
                f"--rundir={self.path('agents')}"]
        if tokens:
            args += [f"--token-file={self._token(node)}",
                     f"--state-dir={self.path('agents')}/{node.name}"]
        else:
            args += [f"--vnf-id={node.name}", *self.tls(node.name)]
        with open(self.path(f"{node.name}.args"), "w",
                  encoding="ascii") as stream:
            stream.write(shlex.join(args))
        self.daemon(node.name, "sdsa-agent", *args)

    def _fill_database(self, topology, tokens):
        args = []
        for number, node in enumerate(topology.of_kind("bridge"), 1):
            args += ["--", "bridge-add", node.name, f"{number:016x}"]
        for (a, b), options in topology.links.items():
            args += ["--", *_mtu(options["mtu"]), "link-add", a, f"{a}-{b}", b,
                     f"{b}-{a}"]
        for node in topology.of_kind("endpoint"):
            args += ["--", *_mtu(node.options["mtu"]), "endpoint-add",
                     node.name, node.bridge, node.name, node.options["mac"],
                     *(text.partition("/")[0] for text in node.args)]
        for node in topology.of_kind("gateway"):
            args += ["--", "gw-add", node.name, node.bridge,
                     f"{node.name}-plain", f"{node.name}-cipher"]
            if not tokens:      # Else its registration says it.
                args += [node.options["cipher-ip"], f"https://{node.listen}"]
        for node in topology.of_kind("function"):
            sides = _sides(node)
            args += ["--", *_mtu(node.options["mtu"]), "sf-add", node.name,
                     node.bridge, f"{node.name}-{sides[0]}",
                     f"{node.name}-{sides[-1]}",
                     f"correlation={node.options['correlation']}"]
            if node.options["group"]:
                args.append(f"group={node.options['group']}")
        self.ctl(*args[1:])

    def _wait_for_sessions(self, topology):
        for node in topology.of_kind("bridge"):
            self.ctl("wait-until", "Bridge", node.name,
                     "status:connected=true")
        for node in topology.of_kind("gateway"):
            self.ctl("wait-until", "Gateway", node.name, "status:state=up")

    def _add_chain(self, words):
        options = [word for word in words if word.startswith("--")]
        plain = [word for word in words if not word.startswith("--")]
        done = self.ctl("--wait=applied", "--", *options, "chain-add", *plain,
                        check=False)
        if done.returncode:
            raise LabError(done.stderr.strip().removeprefix("sdsa-ctl: "))

    def _keep_logs(self):
        """For who wants to know why it did not come up."""
        os.makedirs(self.failed_dir)
        for name in os.listdir(self.dir):
            if name.endswith(".log"):
                shutil.copy(self.path(name), self.failed_dir)
        print(f"sdsa-lab: the logs are in {self.failed_dir}", flush=True)

    # Down and others.

    def down(self):
        """Removes everything that bears the lab's name.  Returns true if
        there was anything."""
        with self._lock():
            return self._down()

    def _down(self):
        found = os.path.exists(self.failed_dir)
        if found:
            shutil.rmtree(self.failed_dir)
        return self._remove() or found

    def _remove(self):
        names = host.namespaces(self.netns(""))
        found = bool(names) or os.path.exists(self.dir)
        host.end_namespaces(names)
        if os.path.exists(self.dir):
            host.restore_rmem(self.dir)
            shutil.rmtree(self.dir)
        return found

    def require_up(self):
        if not os.path.exists(self.path("up")):
            raise LabError(f'the lab "{self.name}" is not up: run "sdsa-lab'
                           f' --name={self.name} up"')

    def nodes(self):
        prefix = self.netns("")
        return sorted(name[len(prefix):] for name in host.namespaces(prefix))

    def status(self):
        """Returns lines that say what runs."""
        lines = [f"lab {self.name} in {self.dir}",
                 "nodes: " + " ".join(self.nodes())]
        for name in sorted(os.listdir(self.dir)):
            if name.endswith(".pid"):
                alive = _is_alive(self.path(name))
                lines.append(f"{name[:-4]}: "
                             + (f"runs, pid {alive}" if alive else "is dead"))
        done = self.ctl("show", check=False)
        return lines + (done.stdout or done.stderr).splitlines()

    def drops(self):
        """Returns lines that say what has dropped packets since the lab is
        up: flows, gateways' reasons, packet sockets that were full."""
        lines = []
        for path in sorted(glob.glob(self.path("*.mgmt"))):
            flows = self.run("ovs-ofctl", "-O", "OpenFlow15", "--names",
                             "dump-flows", path, check=False).stdout
            lines += [f"bridge {os.path.basename(path)[:-5]}: {flow.strip()}"
                      for flow in flows.splitlines()
                      if flow.endswith("actions=drop")
                      and " n_packets=0," not in flow]
        for path in sorted(glob.glob(self.path("agents/*.esp.unixctl"))):
            shown = self.run("ovs-appctl", "-t", path, "esp/show",
                             check=False).stdout
            lines += [f"gateway {os.path.basename(path)[:-12]}: {line}"
                      for line in shown.splitlines()
                      if line.startswith("drop ")]
        return lines + [f"sockets of {node}: {words}"
                        for node, words, _ in self._full_sockets()]

    def overflows(self):
        """Returns how many packets came to packet sockets that were full."""
        return sum(n for _, _, n in self._full_sockets())

    def _full_sockets(self):
        """Returns node, line and number of dropped packets of each packet
        socket that was full."""
        found = []
        for node in self.nodes():
            shown = self.run("ss", "-0", "-m", "-n", "-H", node=node,
                             check=False).stdout
            found += [(node, words, int(n)) for words, n in
                      re.findall(r"^(.*,d([1-9][0-9]*)\).*)$", shown, re.M)]
        return found

    def wait_until(self, test, what):
        """Waits until test() is true."""
        end = time.monotonic() + TIMEOUT_S
        while not test():
            if time.monotonic() > end:
                raise LabError(f"waited {TIMEOUT_S} s in vain for {what}")
            time.sleep(0.05)


def _is_alive(pid_file):
    try:
        with open(pid_file, encoding="ascii") as stream:
            pid = int(stream.read())
        os.kill(pid, 0)
        return pid
    except (OSError, ValueError):
        return 0


def _mtu(mtu):
    """Returns the options of sdsa-ctl's -add commands for an MTU."""
    return [f"--mtu={mtu}"] if mtu else []


def _sides(node):
    """Returns the ports of a function; one that speaks NSH has only one."""
    return ["in"] if node.options["correlation"] == "nsh" else ["in", "out"]


def _underlay_ip(topology, machine):
    number = [node.name for node in topology.of_kind("machine")].index(machine)
    return f"{UNDERLAY}.{number + 11}"


def _controller_ip(topology):
    return (f"{UNDERLAY}.1" if topology.of_kind("machine") else "127.0.0.1")


def _link_settings(topology, number, here, there, kind):
    """Returns settings for the Interface of a link at bridge 'here'; none for
    a port of the kernel."""
    if kind == "patch":
        return ["type=patch", f"options:peer={there}-{here}"]
    if kind == "vxlan":
        ip = _underlay_ip(topology, topology.machine(there))
        return ["type=vxlan", "options:exts=gpe", f"options:key={number}",
                f"options:remote_ip={ip}", "bfd:enable=true"]
    return []


def _ports(topology):
    """Yields each bridge with each of its ports and that one's settings."""
    for number, (link, options) in enumerate(topology.links.items(), 1):
        for a, b in link, link[::-1]:
            yield a, f"{a}-{b}", _link_settings(topology, number, a, b,
                                                options["kind"])
    for node in topology.nodes.values():
        if node.kind == "endpoint":
            yield node.bridge, node.name, []
        elif node.kind == "gateway":
            yield node.bridge, f"{node.name}-plain", []
            yield node.bridge, f"{node.name}-cipher", []
        elif node.kind == "function":
            for side in _sides(node):
                yield node.bridge, f"{node.name}-{side}", []


def _data_file(name):
    """Returns the path of a schema, in the trees or where packages put it."""
    for directory in (os.environ.get("SDSA_SRCDIR", "") + "/vswitchd-config",
                      os.environ.get("OVS_SRCDIR", "") + "/vswitchd",
                      os.path.dirname(os.environ["SDSA_TOPOLOGIES"]),
                      "/usr/share/openvswitch"):
        if os.path.exists(f"{directory}/{name}"):
            return f"{directory}/{name}"
    raise LabError(f"{name} is missing: install sdsa-common and"
                   " openvswitch-common")
