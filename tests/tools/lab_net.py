# SPDX-License-Identifier: Apache-2.0
"""Packets at the ports of a lab's network namespaces, for tests in Python."""

import ctypes
import os
import socket
import struct

ETH_P_ALL = 3
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23
SO_TIMESTAMPNS_NEW, SO_RCVBUFFORCE = 64, 33
CLONE_NEWNET = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)


class Inside:
    """In a "with" block: in the network namespace of a lab's node."""

    def __init__(self, lab, node):
        self.path = f"/run/netns/sdsa-{lab}-{node}"

    def __enter__(self):
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(self.path, os.O_RDONLY)
        _enter(there)
        os.close(there)

    def __exit__(self, *_):
        _enter(self.home)
        os.close(self.home)


def _enter(fd):
    if libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class Eye:
    """Sees what comes in at a port of a namespace, and can send there."""

    def __init__(self, lab, node, port):
        self.node, self.port = node, port
        with Inside(lab, node):
            # Deaf until it is bound: else it hears other ports too.
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
            self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS_NEW, 1)
            self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
            self.sock.bind((port, ETH_P_ALL))
            self.sock.setblocking(False)

    def read(self):
        """Yields frames with their times in nanoseconds."""
        while True:
            try:
                frame, extra, _, _ = self.sock.recvmsg(65536, 256)
            except BlockingIOError:
                return
            stamp = next(data for level, kind, data in extra
                         if (level, kind) == (socket.SOL_SOCKET,
                                              SO_TIMESTAMPNS_NEW))
            seconds, nanoseconds = struct.unpack("qq", stamp[:16])
            yield frame, seconds * 10**9 + nanoseconds
