#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A service function for labs that speaks NSH or filters and resets TCP.

function.py [--nsh] [--drop-tcp-port=N] [--reset-tcp-port=N] PORT [PORT]

Goes into the background.  Passes frames from one port to the other, with all
that they carry.  TCP to the first number it drops; to the second it answers
with a reset by itself, out of where the packet came in.

With --nsh it has one port and speaks NSH (RFC 8300) with whole frames inside:
what it passes goes back with the service index lower by one, and what it
answers by itself goes the way that the first context header says."""

import argparse
import os
import select
import socket
import struct

ETH_P_ALL = 3
ETH_VLAN, ETH_NSH = 0x8100, 0x894f
ETH_IPV4, ETH_IPV6 = 0x800, 0x86dd
SO_RCVBUFFORCE = 33
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
TP_STATUS_VLAN_VALID = 1 << 4
NSH_SIZE, NSH_ETHERNET = 24, 3
TCP, RST, ACK, SYN = 6, 4, 16, 2


def open_port(name):
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                         socket.htons(ETH_P_ALL))
    port.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    port.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    port.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
    port.bind((name, 0))
    return port


def receive(port):
    """Returns a frame with the VLAN tag that the kernel had taken off."""
    frame, ancillary, _, _ = port.recvmsg(65536, 256)
    for level, kind, data in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, *_, tci, _ = struct.unpack("IIIHHHH", data[:20])
            if status & TP_STATUS_VLAN_VALID:
                tag = struct.pack("!HH", ETH_VLAN, tci)
                frame = frame[:12] + tag + frame[12:]
    return frame


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Packet:
    """A frame with TCP in it; 'tcp' is None if it is something else."""

    def __init__(self, frame):
        self.frame = frame
        self.at = 14                            # Offset of the IP header.
        kind, = struct.unpack("!H", frame[12:14])
        if kind == ETH_VLAN:
            self.at = 18
            kind, = struct.unpack("!H", frame[16:18])
        self.tcp = None
        ip = frame[self.at:]
        if kind == ETH_IPV4 and len(ip) >= 20 and ip[9] == TCP:
            size, = struct.unpack("!H", ip[2:4])
            self.addresses, self.tcp = ip[12:20], ip[4 * (ip[0] & 15):size]
        elif kind == ETH_IPV6 and len(ip) >= 40 and ip[6] == TCP:
            size, = struct.unpack("!H", ip[4:6])
            self.addresses, self.tcp = ip[8:40], ip[40:40 + size]
        if self.tcp is not None and len(self.tcp) < 20:
            self.tcp = None

    def is_to(self, tcp_port):
        return (self.tcp is not None and tcp_port
                and self.tcp[2:4] == struct.pack("!H", tcp_port))

    def reset(self):
        """Returns the frame that answers with a reset (RFC 9293 s.3.5.2)."""
        sport, dport, seq, ack, offset, flags = struct.unpack(
            "!HHIIBB", self.tcp[:14])
        if flags & ACK:
            fields = (dport, sport, ack, 0, 5 << 4, RST)
        else:
            length = (len(self.tcp) - 4 * (offset >> 4)
                      + (flags & 1) + bool(flags & SYN))
            fields = (dport, sport, 0, (seq + length) & 0xffffffff, 5 << 4,
                      RST | ACK)
        half = len(self.addresses) // 2
        addresses = self.addresses[half:] + self.addresses[:half]
        tcp = struct.pack("!HHIIBB6x", *fields)
        pseudo = addresses + struct.pack("!II", len(tcp), TCP)
        tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
        ip = (make_ipv4(addresses, tcp) if half == 4
              else struct.pack("!IHBB", 6 << 28, len(tcp), TCP, 64)
              + addresses)
        return (self.frame[6:12] + self.frame[:6] + self.frame[12:self.at]
                + ip + tcp)


def make_ipv4(addresses, payload):
    def header(check):
        return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64,
                           TCP, check) + addresses
    return header(checksum(header(0)))


def treat(args, frame):
    """Returns "pass", "drop", or a frame that answers 'frame'."""
    packet = Packet(frame)
    if packet.is_to(args.drop_tcp_port):
        return "drop"
    if packet.is_to(args.reset_tcp_port):
        return packet.reset()
    return "pass"


def treat_nsh(args, frame):
    """Returns the frame to send back, or None."""
    nsh = frame[14:14 + NSH_SIZE]
    if (frame[12:14] != struct.pack("!H", ETH_NSH) or len(nsh) < NSH_SIZE
            or nsh[2:4] != bytes((1, NSH_ETHERNET))):
        return None
    done = treat(args, frame[14 + NSH_SIZE:])
    if done == "drop":
        return None
    spi_si, context = struct.unpack("!II", nsh[4:12])
    inner = frame[14 + NSH_SIZE:]
    if done == "pass":
        spi_si -= 1
    else:
        spi_si, inner = context, done
    if not spi_si & 0xff:
        return None             # End of the path, or no way back.
    return (frame[6:12] + frame[:6] + frame[12:14] + nsh[:4]
            + struct.pack("!I", spi_si) + nsh[8:] + inner)


def serve(args, ports):
    poll = select.poll()
    for port in ports:
        poll.register(port, select.POLLIN)
    by_fd = {port.fileno(): port for port in ports}
    while True:
        for fd, _ in poll.poll():
            port = by_fd[fd]
            try:
                frame = receive(port)
                if args.nsh:
                    answer = treat_nsh(args, frame)
                    if answer:
                        port.send(answer)
                    continue
                done = treat(args, frame)
                if done == "pass":
                    ports[port is ports[0]].send(frame)
                elif done != "drop":
                    port.send(done)
            except OSError:
                pass            # The port is down, or the frame too long.


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nsh", action="store_true")
    parser.add_argument("--drop-tcp-port", type=int)
    parser.add_argument("--reset-tcp-port", type=int)
    parser.add_argument("port", nargs="+")
    args = parser.parse_args()
    ports = [open_port(name) for name in args.port]
    if os.fork():
        os._exit(0)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):
        os.dup2(null, fd)
    serve(args, ports)


if __name__ == "__main__":
    main()
