"""Mobile nodes behind an 802.1Q tag. The kernel here need not know tags: the node is a script."""
import contextlib
import socket
import struct
import time

import roaming
from capture import packet_socket
from configs import CN, MODES
from kernel import Failed, wire
from mag import FIXED_MAC
from scapy.layers.inet6 import ICMPv6EchoRequest, ICMPv6ND_RS, ICMPv6NDOptSrcLLAddr, IPv6
from scapy.layers.l2 import Dot1Q, Ether
from sentences import same, test, true

modes = MODES
VLAN, RA, ECHO_REPLY = 100, 134, 129
SOL_PACKET, PACKET_AUXDATA, VLAN_VALID = 263, 8, 0x10
MAC = "02:00:00:00:01:00"


class Domain(roaming.Roaming):
    vlans = (0, VLAN)


class TaggedNode:
    """Frames on a bridge with tags of its own."""

    def __init__(self, d, name, mac, bridge):
        self.ns, self.mac = d.namespace(name), mac
        self.ns.quiet("default")
        wire(self.ns, "radio0", d.air.ns, name, mac=mac)
        self.ns.ip("link set radio0 up")
        d.air.ns.ip(f"link set {name} master {bridge} up")
        d.air.until_open()
        self._sock = packet_socket(self.ns, "radio0")
        self._sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)

    def send(self, packet, vlan, dst=FIXED_MAC):
        tag = Dot1Q(vlan=vlan, type=0x86dd) if vlan else None
        frame = Ether(src=self.mac, dst=dst, type=0x8100 if vlan else 0x86dd)
        self._sock.send(bytes(frame / tag / packet if vlan else frame / packet))

    def solicit(self, vlan):
        self.send(IPv6(src="fe80::1", dst="ff02::2", hlim=255) / ICMPv6ND_RS() /
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
            if packet[6:7] == b"\x3a" and packet[40] == icmp_type:
                return vlan, packet
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


def counted(mag, name, act):
    before = mag.drops().get(name, 0)
    act()
    mag.until(lambda: mag.drops().get(name, 0) > before, f"{name} + 1")
    same(name, mag.drops()[name], before + 1)


@test
def a_tagged_node_is_served_with_its_tag_and_with_no_other(d):
    node = TaggedNode(d, "tagged", MAC, d.mag1.air)
    node.solicit(VLAN)
    row = d.mag1.until_bound(MAC)
    same("interface", row["interface"], f"access{VLAN}")
    vlan, advert = node.hear(RA)
    same("tag of the RA", vlan, VLAN)
    prefix = row["prefix"].replace("::/64", "::7")
    true("its prefix is in the RA", socket.inet_pton(socket.AF_INET6, row["prefix"][:-3]) in advert)

    echo = IPv6(src=prefix, dst=CN) / ICMPv6EchoRequest(id=7)
    same("tag of the echo reply", node.ask(echo, VLAN, ECHO_REPLY), VLAN)
    counted(d.mag1, "drop_spoof", lambda: node.send(echo, 0))
    counted(d.mag1, "drop_vlan", lambda: node.send(echo, 200))


@test
def an_untagged_host_is_served_beside_it(d):
    host = d.host("plain", d.mag1)
    same("interface", d.mag1.node(host.mac)["interface"], "access")
