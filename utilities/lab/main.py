# SPDX-License-Identifier: Apache-2.0
"""The verbs of sdsa-lab that work on one lab."""

import argparse
import os
import shlex
import signal
import sys

import demo
import topology
from host import LabError
from lab import Lab


def cmd_up(lab, args):
    lab.up(topology.read(args.topology), args.tokens)
    print(f'The lab "{lab.name}" is up.  Look: sdsa-lab --name={lab.name}'
          " status")


def cmd_down(lab, _args):
    if not lab.down():
        print(f'There is no lab "{lab.name}".')


def cmd_status(lab, _args):
    lab.require_up()
    print("\n".join(lab.status()))


def cmd_env(lab, _args):
    lab.require_up()
    for key in ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "SDSA_RUNDIR",
                "SDSA_DB", "PATH"):
        print(f"export {key}={shlex.quote(lab.env[key])}")


def cmd_exec(lab, args):
    lab.require_up()
    if args.node not in lab.nodes():
        raise LabError(f'there is no node "{args.node}" in this lab; there'
                       " are " + " ".join(lab.nodes()))
    argv = ["ip", "netns", "exec", lab.netns(args.node), *args.command]
    os.execvpe(argv[0], argv, lab.env)


def cmd_demo(lab, args):
    demo.demo(lab, args.topology, args.keep)


def _parser():
    default = os.environ["SDSA_TOPOLOGIES"] + "/demo.topo"
    parser = argparse.ArgumentParser(prog="sdsa-lab", add_help=False)
    parser.add_argument("--name", default="lab")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("up")
    verb.add_argument("--tokens", action="store_true")
    verb.add_argument("topology", nargs="?", default=default)
    verbs.add_parser("down")
    verbs.add_parser("status")
    verbs.add_parser("env")
    verb = verbs.add_parser("exec")
    verb.add_argument("node")
    verb.add_argument("command", nargs=argparse.REMAINDER)
    verb = verbs.add_parser("demo")
    verb.add_argument("topology", nargs="?", default=default)
    verb.add_argument("--keep", action="store_true")
    return parser


def main():
    args = _parser().parse_args()
    # An "up" that gets a signal takes down what it has built.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(1))
    if os.geteuid():
        sys.exit("sdsa-lab: network namespaces need root: run it with sudo")
    if args.verb == "exec" and not args.command:
        sys.exit("sdsa-lab: exec needs a command, as in: exec a ping 10.1.0.2")
    try:
        globals()[f"cmd_{args.verb}"](Lab(args.name), args)
    except (LabError, topology.TopologyError) as error:
        sys.exit(f"sdsa-lab: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


main()
