# SPDX-License-Identifier: Apache-2.0
"""Streams of which every packet is counted, and eyes that look for what is in
clear, in a process of their own."""

import multiprocessing
import select
import signal
import socket
import struct
import time

from lab_net import Eye, Inside, SO_RCVBUFFORCE

MARKER = b"sdsa-chaos-marker-in-clear-0123456789"
HEADER = struct.Struct("!III")          # Run, stream, number.
SIZE = 300                              # Octets of UDP payload.
ETH_NSH, ETH_VLAN, ETH_IPV4 = b"\x89\x4f", b"\x81\x00", b"\x08\x00"
NSH_ETHERNET, NSH_IPV4 = 14, 14 + 24
ESP = 50
IDLE_S = 0.02
GIVE_UP_S = 2.0                         # Without a packet: no more will come.


class Stream:
    """UDP from an endpoint to another one's port."""

    def __init__(self, lab, src, dst, port):
        self.name = f"{src.name}=>{dst.name}:{port}"
        self.address = (dst.ip, port)
        with Inside(lab, src.name):
            self.tx = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.tx.setblocking(False)
        with Inside(lab, dst.name):
            self.rx = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.rx.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
            self.rx.bind(self.address)
            self.rx.setblocking(False)
        self.restart()

    def restart(self):
        self.n_sent, self.seen, self.n_double = 0, set(), 0

    def send(self, run, index):
        payload = HEADER.pack(run, index, self.n_sent) + MARKER
        try:
            self.tx.sendto(payload.ljust(SIZE, b"."), self.address)
            self.n_sent += 1
        except BlockingIOError:
            pass                # It was not sent: it cannot be lost.

    def receive(self, run, index):
        while True:
            try:
                data = self.rx.recv(2048)
            except BlockingIOError:
                return
            its_run, its_index, number = HEADER.unpack(data[:HEADER.size])
            if (its_run, its_index) == (run, index):
                self.n_double += number in self.seen
                self.seen.add(number)

    def is_complete(self):
        return len(self.seen) == self.n_sent

    def lost(self):
        """Ranges of the numbers that have not come, as text."""
        missing = sorted(set(range(self.n_sent)) - self.seen)
        ranges = []
        for number in missing:
            if ranges and ranges[-1][1] == number - 1:
                ranges[-1][1] = number
            else:
                ranges.append([number, number])
        return ",".join(f"{a}-{b}" if a != b else str(a) for a, b in ranges)


def is_esp(frame):
    """Is it IPv4 with ESP, in a VLAN or not?"""
    at = 18 if frame[12:14] == ETH_VLAN else 14
    return frame[at - 2:at] == ETH_IPV4 and frame[at + 9] == ESP


def is_nsh_with_esp(frame):
    return (frame[12:14] == ETH_NSH
            and frame[NSH_IPV4] >> 4 == 4 and frame[NSH_IPV4 + 9] == ESP)


class Watcher:
    """All links and cipher ports, at both ends."""

    def __init__(self, lab, ports):
        self.eyes = {}          # By file descriptor: (eye, is it a link?).
        for node, port, is_link in ports:
            eye = Eye(lab, node, port)
            self.eyes[eye.sock.fileno()] = eye, is_link
        self.buffer = bytearray(65536)
        self.restart()

    def restart(self):
        self.n_seen, self.wrong = 0, {}

    def look(self, fd):
        eye, is_link = self.eyes[fd]
        while True:
            try:
                size = eye.sock.recv_into(self.buffer)
            except OSError:
                return          # No more; or the link went down.
            frame = self.buffer[:size]
            self.n_seen += 1
            if (MARKER in frame
                    or not (is_nsh_with_esp if is_link else is_esp)(frame)):
                what = ("the marker" if MARKER in frame
                        else frame[:60].hex())
                self.wrong.setdefault(f"{eye.node} {eye.port}: {what}", 0)
                self.wrong[f"{eye.node} {eye.port}: {what}"] += 1


class _Worker:
    def __init__(self, pipe, lab, streams, ports, interval_s):
        self.pipe, self.interval_s = pipe, interval_s
        self.streams = [Stream(lab, *stream) for stream in streams]
        self.watcher = Watcher(lab, ports)
        self.run, self.started = 0, None        # None: does not send.
        self.poll = select.poll()
        self.by_fd = {s.rx.fileno(): (s, i)
                      for i, s in enumerate(self.streams)}
        for fd in [*self.by_fd, *self.watcher.eyes, pipe.fileno()]:
            self.poll.register(fd, select.POLLIN)

    def serve(self):
        self.pipe.send("ready")
        while True:
            wait_s = 0.5
            if self.started is not None:
                wait_s = self.send_due()
            self.receive(wait_s)

    def send_due(self):
        """Sends what is due; returns when the next is."""
        due = self.started + self.n_ticks * self.interval_s
        now = time.monotonic()
        if now < due:
            return due - now
        for i, stream in enumerate(self.streams):
            stream.send(self.run, i)
        # Late packets are sent late, but not all at once.
        self.n_ticks += 1
        if now > due + 0.05:
            self.started, self.n_ticks = now, 1
        return 0

    def receive(self, wait_s):
        """Returns true if anything came."""
        events = self.poll.poll(1000 * wait_s)
        for fd, _ in events:
            if fd in self.by_fd:
                stream, i = self.by_fd[fd]
                stream.receive(self.run, i)
            elif fd in self.watcher.eyes:
                self.watcher.look(fd)
            else:
                self.command(*self.pipe.recv())
        return bool(events)

    def command(self, verb, *args):
        if verb == "start":
            self.run, = args
            for stream in self.streams:
                stream.restart()
            self.watcher.restart()
            self.started, self.n_ticks = time.monotonic(), 0
            self.pipe.send("started")
        else:
            self.started = None
            self.wait_for_all()
            self.pipe.send((
                [(s.name, s.n_sent, s.lost(), s.n_double)
                 for s in self.streams],
                self.watcher.n_seen, self.watcher.wrong))

    def wait_for_all(self):
        end = time.monotonic() + GIVE_UP_S
        while time.monotonic() < end:
            if self.receive(IDLE_S):
                end = time.monotonic() + GIVE_UP_S
            elif all(stream.is_complete() for stream in self.streams):
                return


def _work(*args):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _Worker(*args).serve()
    except EOFError:
        pass                    # Who began it is gone.


class Traffic:
    """'streams': (src, dst, port) each; 'ports': (node, port, is_link) each,
    of which all that comes in is looked at."""

    def __init__(self, lab, streams, ports, interval_s):
        self.pipe, there = multiprocessing.Pipe()
        self.process = multiprocessing.Process(
            target=_work, args=(there, lab, streams, ports, interval_s),
            daemon=True)
        self.process.start()
        there.close()
        self.pipe.recv()

    def start(self, run):
        self.pipe.send(("start", run))
        self.pipe.recv()

    def stop(self):
        """Returns (name, sent, lost numbers as text, duplicates) of each
        stream, how many frames were seen, and those that must not be."""
        self.pipe.send(("stop",))
        return self.pipe.recv()

    def close(self):
        self.process.terminate()
        self.process.join()
