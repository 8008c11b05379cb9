"""A roaming domain whose backbone is Ethernet's 1500 bytes, with a router more before each MAG.

    lma ---- bb ---(may be made narrow)--- way1 ---- mag1
               `--------------------------- way2 ---- mag2

So neither end of a tunnel sees the narrow link: it is told. Decides addresses of that part, and
what of the tunnel a capture is taken apart into.
"""
import struct

from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6

import kernel
from configs import CN
from errors import TOO_BIG, Errors, mac_of, send
from kernel import address_bytes
from mag import FIXED_MAC
from roaming import Roaming

IP6, AFTER = 14, 14 + 40  # in an untagged Ethernet frame
TUNNELLED, FRAGMENT, ICMP6, DESTINATION = 41, 44, 58, 60
HEADER, LEAST = 40, 1280  # of the tunnel; what every link takes (RFC 8200 5)


class Paths(Roaming):
    backbone_mtu = 1500

    def _wire_backbone(self, name, coa):
        bb, ns, way = self.spaces["bb"], self.namespace(name), self.namespace(f"way{name[3:]}")
        net, between = coa[:-1], f"{coa[:-3]}:1::"  # 2001:db8:b1::, 2001:db8:b1:1::
        self._wire_middle(bb, name, way)
        kernel.link(way, "mag0", ns, "back0", self.backbone_mtu)
        bb.ip(f"-6 addr add {between}1/64 dev {name} nodad")
        way.ip(f"-6 addr add {between}2/64 dev lma0 nodad")
        way.ip(f"-6 addr add {net}ff/64 dev mag0 nodad")
        bb.ip(f"-6 route add {net}/64 via {between}2")
        way.ip(f"-6 route add default via {between}1")
        way.sysctl("net.ipv6.conf.all.forwarding", 1)
        # Each refusal that a test causes is to be told: no test is about their limiter.
        for router in (bb, way):
            router.sysctl("net.ipv6.icmp.ratelimit", 0)
        back = self._twin(ns, "back0", self.backbone_mtu)
        ns.ip(f"-6 addr add {coa}/64 dev {back} nodad")
        ns.ip(f"-6 route add default via {net}ff")
        return ns

    def _wire_middle(self, bb, name, way):
        kernel.link(bb, name, way, "lma0", self.backbone_mtu)

    def narrow(self, name, mtu):
        """The link in the middle of the path to that MAG, from both of its ends."""
        self.spaces["bb"].ip(f"link set {name} mtu {mtu}")
        self.spaces[f"way{name[3:]}"].ip(f"link set lma0 mtu {mtu}")

    def one(self, name="one"):
        """A host of mag1, for all tests that need just one."""
        return self.hosts.get(name) or self.host(name, self.mag1)

    # ---- Packets that the kernel would not send

    def from_network(self, packet):
        send(self.cn, "core0", mac_of(self.spaces["lma"], "core0"), packet)

    @staticmethod
    def from_host(host, packet):
        send(host.ns, "radio0", FIXED_MAC, packet)

    def to_lma(self, packet):
        """As if the MAG or a router had sent it."""
        send(self.spaces["bb"], "lma0", mac_of(self.spaces["lma"], "back0"), packet)

    def too_big(self, host, size, up=False):
        """What the correspondent is told of a packet of that size to the host; `up`: what the host
        is told of one to the correspondent."""
        packet = echo(*((host.address, CN) if up else (CN, host.address)), size)
        with Errors(host.ns if up else self.cn) as errors:
            if up:
                self.from_host(host, packet)
            else:
                self.from_network(packet)
            return errors.get(TOO_BIG, packet)


def echo(src, dst, size=100):
    return bytes(IPv6(src=src, dst=dst) / ICMPv6EchoRequest(id=7, data=bytes(size - 48)))


def outer(frames, src, dst):
    """The packets, without Ethernet header, from one tunnel end to the other."""
    ends = address_bytes(src) + address_bytes(dst)
    return [f[IP6:] for f in frames if f[IP6 + 8:AFTER] == ends]


def length(packet):
    return 40 + struct.unpack_from("!H", packet, 4)[0]


class Piece:
    """An outer fragment (RFC 8200 4.5), read back; the packet begins with its IPv6 header."""

    def __init__(self, packet):
        self.next_header, _, at, self.id = struct.unpack_from("!BBHI", packet, 40)
        self.offset, self.more = at & ~7, at & 1
        self.size = length(packet) - 48
        self.packet = packet


def pieces(packets):
    return [Piece(p) for p in packets if p[6] == FRAGMENT]
