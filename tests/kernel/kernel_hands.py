# SPDX-License-Identifier: Apache-2.0
"""kernel_hands - lists how to take away by hand, one by one, whatever the
kernel backend has made in a gateway's network namespace.

Usage: kernel_hands.py NETNS

The list comes from the kernel's own dumps: nothing that is there is left out
because nobody thought of it.  Each line is a command for sh.  SAs are not
among them: only a controller can make new ones.
"""

import json
import re
import subprocess
import sys

PORTS = ('plain', 'cipher')


def run(*args):
    return subprocess.run(args, check=True, capture_output=True, text=True).stdout


def policies(ip):
    text = run(*ip, '-d', '-s', 'xfrm', 'policy')
    for block in re.split(r'\n(?=src )', text.strip()):
        found = re.search(r'dir (in|fwd|out) action \w+ index (\d+)', block)
        if not found:
            continue                    # Of a socket.
        mark = re.search(r'\tmark (\w+)/(\w+)', block)
        if_id = re.search(r'\tif_id (\w+)', block)
        yield [*ip, 'xfrm', 'policy', 'delete', 'dir', found[1], 'index', found[2],
               *(['mark', mark[1], 'mask', mark[2]] if mark else []),
               *(['if_id', if_id[1]] if if_id else [])]
    for direction in 'in', 'fwd', 'out':
        yield [*ip, 'xfrm', 'policy', 'setdefault', direction, 'accept']


def rules(ip, family):
    for rule in json.loads(run(*ip, family, '-j', '-d', 'rule')):
        if rule.get('protocol') == '93':
            yield [*ip, family, 'rule', 'del', 'pref', str(rule['priority']),
                   'fwmark', f"{rule['fwmark']}/{rule['fwmask']}"]


def routes(ip, family):
    for line in run(*ip, family, 'route', 'show', 'table', 'all',
                    'proto', '93').splitlines():
        yield [*ip, family, 'route', 'del', *line.split()]


def neighbours(ip, family):
    for neigh in json.loads(run(*ip, family, '-j', 'neigh', 'show', 'nud',
                                'permanent') or '[]'):
        yield [*ip, family, 'neigh', 'del', neigh['dst'], 'dev', neigh['dev']]


def filters(tc):
    for port in PORTS:
        for way in 'ingress', 'egress':
            for line in run(*tc, 'filter', 'show', 'dev', port, way).splitlines():
                found = re.match(r'filter protocol (\S+) pref (\d+) (\w+) '
                                 r'chain 0 (?:fh |handle )(\w+)', line)
                if found:
                    yield [*tc, 'filter', 'del', 'dev', port, way, 'protocol',
                           found[1], 'pref', found[2], 'handle', found[4],
                           found[3]]
    for port in PORTS:
        yield [*tc, 'qdisc', 'del', 'dev', port, 'clsact']


def own_devices(ip):
    return [link['ifname'] for link in json.loads(run(*ip, '-j', 'link'))
            if link['ifname'].startswith(('sdx', 'sdv'))]


def devices(ip):
    for name in own_devices(ip):
        yield [*ip, 'link', 'set', name, 'down']
        yield [*ip, 'link', 'del', name]
    for port in PORTS:
        yield [*ip, 'link', 'set', port, 'down']


def settings(ns):
    for name, value in (('ipv4/ip_forward', 0), ('ipv6/conf/all/forwarding', 0),
                        ('ipv4/conf/all/rp_filter', 1),
                        ('ipv4/conf/plain/disable_policy', 1),
                        ('ipv4/conf/cipher/disable_xfrm', 1),
                        ('ipv4/conf/all/disable_xfrm', 1)):
        yield [*ns, 'sh', '-c', f"'echo {value} >/proc/sys/net/{name}'"]


def main():
    ns = ['ip', 'netns', 'exec', sys.argv[1]]
    ip = ['ip', '-n', sys.argv[1]]
    hands = [*policies(ip), *filters([*ns, 'tc'])]
    for family in '-4', '-6':
        hands += [*rules(ip, family), *routes(ip, family), *neighbours(ip, family)]
    hands += [*devices(ip), *settings(ns)]
    for hand in hands:
        print(' '.join(hand))


main()
