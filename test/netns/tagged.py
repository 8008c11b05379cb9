"""A node that is a script, with an 802.1Q tag or none: frames go out and come in as they are, so
one namespace plays it on any VLAN and with any address."""
import contextlib
import socket
import struct
import time

from capture import packet_socket
from kernel import Failed, wire
from mag import FIXED_MAC
from scapy.layers.inet6 import ICMPv6ND_RS, ICMPv6NDOptSrcLLAddr, IPv6
from scapy.layers.l2 import Dot1Q, Ether

SOL_PACKET, PACKET_AUXDATA, VLAN_VALID = 263, 8, 0x10


class TaggedNode:
    """Frames on a bridge with tags of its own. `seen`: what has been read, (tag, frame, packet)."""

    def __init__(self, d, name, mac, bridge):
        self.ns, self.mac, self.seen = d.namespace(name), mac, []
        self.ns.quiet("default")
        wire(self.ns, "radio0", d.air.ns, name, mac=mac)
        self.ns.ip("link set radio0 up")
        d.air.ns.ip(f"link set {name} master {bridge} up")
        d.air.until_open()
        self._sock = packet_socket(self.ns, "radio0")
        self._sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)

    def send(self, packet, vlan=0, dst=FIXED_MAC, src=None):
        tag = Dot1Q(vlan=vlan, type=0x86dd) if vlan else None
        frame = Ether(src=src or self.mac, dst=dst, type=0x8100 if vlan else 0x86dd)
        self._sock.send(bytes(frame / tag / packet if vlan else frame / packet))

    def solicit(self, vlan=0, source="fe80::1"):
        self.send(IPv6(src=source, dst="ff02::2", hlim=255) / ICMPv6ND_RS() /
                  ICMPv6NDOptSrcLLAddr(lladdr=self.mac), vlan, "33:33:00:00:00:02")

    def ask(self, packet, vlan, icmp_type):
        """Sends it until an answer of that type comes, as ping does; the answer's tag."""
        for _ in range(10):
            self.send(packet, vlan)
            with contextlib.suppress(Failed):
                return self.hear(icmp_type, 1)[0]
        raise Failed(f"no answer in VLAN {vlan}")

    def hear(self, icmp_type, timeout=5):
        """The next ICMPv6 message of that type to it: its tag and the packet."""
        vlan, _, packet = self.hear_frame(icmp_type, timeout)
        return vlan, packet

    def hear_frame(self, icmp_type, timeout=5):
        """The same with the frame that it came in."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            self._sock.settimeout(left)
            try:
                frame, ancillary, *_, sender = self._sock.recvmsg(65536, 64)
            except TimeoutError:
                break
            if sender[2] == socket.PACKET_OUTGOING:
                continue
            vlan, packet = self._untag(frame, ancillary)
            self.seen.append((vlan, frame, packet))
            if packet[6:7] == b"\x3a" and packet[40] == icmp_type:
                return vlan, frame, packet
        raise Failed(f"no ICMPv6 message of type {icmp_type} came")

    @staticmethod
    def _untag(frame, ancillary):
        if frame[12:14] == b"\x81\x00":
            return struct.unpack("!H", frame[14:16])[0] & 0xfff, frame[18:]
        for *_, data in ancillary:
            status, *_, tci, _ = struct.unpack("=IIIHHHH", data)
            if status & VLAN_VALID:
                return tci & 0xfff, frame[14:]
        return 0, frame[14:]
