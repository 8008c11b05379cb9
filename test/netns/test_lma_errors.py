"""ICMPv6 that the LMA owes, and what it makes of what routers tell of its tunnels."""
import socket
import struct

from scapy.layers.inet import UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6, IPv6ExtHdrDestOpt, PadN
from scapy.packet import Raw

import pmip
from configs import CN, LMAA
from sentences import same, test, true
from traffic import ping

limit_s = 120
UNREACHABLE, TIME_EXCEEDED, PARAMETER_PROBLEM, ECHO_REPLY = 1, 3, 4, 129
ERRORS = (1, 2, 3, 4)


class Ear:
    """The ICMPv6 errors that a host hears: type, code, parameter, source, what is quoted."""

    def __init__(self, ns):
        with ns:
            self.socket = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        self.socket.settimeout(5)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.socket.close()

    def next(self):
        while True:
            message, (source, *_) = self.socket.recvfrom(2048)
            if message[0] in ERRORS:
                return (message[0], message[1], struct.unpack("!I", message[4:8])[0], source,
                        message[8:])

    def until_echo(self, to):
        """All errors until an echo is answered that is asked for now: no more are on their way."""
        self.socket.sendto(bytes([128, 0, 0, 0, 1, 2, 3, 4]), (to, 0))
        said = []
        while True:
            message, (source, *_) = self.socket.recvfrom(2048)
            if message[0] == ECHO_REPLY and message[4:8] == b"\1\2\3\4":
                return said
            if message[0] in ERRORS:
                said.append((message[0], message[1], source))


# ---- What is owed for a bad header.

@test
def a_payload_behind_the_header_is_told_with_its_place(d):
    # WIRE-01, WIRE-02: Parameter Problem, code 0, to the packet's source.
    good = pmip.pbu_options("blame@example")
    proto = pmip.seal(pmip.write(pmip.PbuBody(mhtype=pmip.PBU, nh=6), good), d.mag1.coa, LMAA)
    short = pmip.seal(pmip.write(pmip.Body(mhtype=pmip.PBU), []), d.mag1.coa, LMAA)
    behind = IPv6(src=d.mag1.coa, dst=LMAA) / IPv6ExtHdrDestOpt(nh=pmip.MH,
                                                               options=[PadN(optdata=b"\0" * 4)])
    with Ear(d.mag1.ns) as ear:
        for what, packet, pointer in (
                ("payload proto", bytes(IPv6(src=d.mag1.coa, dst=LMAA, nh=pmip.MH) / proto), 40),
                ("header length", bytes(IPv6(src=d.mag1.coa, dst=LMAA, nh=pmip.MH) / short), 41),
                ("behind options", bytes(behind / proto), 48)):
            d.mag1.send_packet(packet)
            kind, code, param, source, quoted = ear.next()
            same(what, (kind, code, param, source), (PARAMETER_PROBLEM, 0, pointer, LMAA))
            same(f"{what}: what it quotes", quoted[8:], packet[8:])
        # WIRE-04: whatever else is wrong, nothing is said where the checksum is.
        d.mag1.send(proto[:4] + bytes([proto[4] ^ 1]) + proto[5:])
        same("with a wrong checksum", ear.until_echo(LMAA), [])


# ---- What routers tell.

def error_about(outer_src, outer_dst, inner, kind, code, param=0):
    """An ICMPv6 error about a tunnel packet, for a raw socket: the kernel adds the checksum."""
    outer = IPv6(src=outer_src, dst=outer_dst, nh=41) / inner
    return bytes([kind, code, 0, 0]) + struct.pack("!I", param) + bytes(outer)


def tell(d, message):
    with d.spaces["bb"]:
        s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    with s:
        s.sendto(message, (LMAA, 0))


@test
def trouble_inside_the_tunnel_is_told_to_the_sender_as_unreachable(d):
    # LMA-FW-15: time exceeded and each unreachable become type 1 code 3 to the inner source.
    node = d.node("f1").attach()
    true("reachable", ping(d.cn, node.address))
    inner = IPv6(src=CN, dst=node.address) / UDP(sport=7, dport=7) / Raw(b"x" * 64)
    with Ear(d.cn) as ear:
        for kind, code in ((TIME_EXCEEDED, 0), (UNREACHABLE, 0), (UNREACHABLE, 3), (UNREACHABLE, 4)):
            tell(d, error_about(LMAA, d.mag1.coa, inner, kind, code))
            said = ear.next()
            # LMA-MTU-06: from an address that the sender can reach.
            same(f"for {kind}/{code}", said[:4], (UNREACHABLE, 3, 0, LMAA))
            same("what it quotes", said[4][8:40], bytes(inner)[8:40])


@test
def what_is_no_packet_of_ours_is_told_to_nobody(d):
    # LMA-FW-15, SEC-01: quoted addresses that are not a tunnel's; LMA-MTU-06: errors about errors.
    node = d.node("f2").attach()
    inner = IPv6(src=CN, dst=node.address) / UDP(sport=7, dport=7) / Raw(b"x" * 64)
    about_error = IPv6(src=CN, dst=node.address) / ICMPv6DestUnreach() / IPv6()
    multicast = IPv6(src="ff0e::1", dst=node.address) / UDP(sport=7, dport=7)
    strange = d.lma.stats()["tunnel_errors_strange"]
    with Ear(d.cn) as ear:
        tell(d, error_about(LMAA, "2001:db8:b9::1", inner, UNREACHABLE, 0))
        tell(d, error_about(CN, d.mag1.coa, inner, UNREACHABLE, 0))
        tell(d, bytes([UNREACHABLE, 0, 0, 0, 0, 0, 0, 0]) + b"\x60" + bytes(20))
        d.lma.until(lambda: d.lma.stats()["tunnel_errors_strange"] == strange + 3, "three strange")
        seen = d.lma.stats()["tunnel_errors"]
        tell(d, error_about(LMAA, d.mag1.coa, about_error, UNREACHABLE, 0))
        tell(d, error_about(LMAA, d.mag1.coa, multicast, UNREACHABLE, 0))
        d.lma.until(lambda: d.lma.stats()["tunnel_errors"] == seen + 2, "two more seen")
        same("told", ear.until_echo(node.address), [])


@test
def a_flood_of_errors_is_not_passed_on_whole(d):
    # LMA-FW-15: limited in rate; the rate of the configuration is 1000 a second, 100 at once.
    node = d.node("f3").attach()
    true("reachable", ping(d.cn, node.address))
    inner = IPv6(src=CN, dst=node.address) / UDP(sport=7, dport=7) / Raw(b"x" * 64)
    message, n = error_about(LMAA, d.mag1.coa, inner, UNREACHABLE, 0), 4000
    before = d.lma.stats()
    with d.spaces["bb"]:
        s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    with s:
        for _ in range(n):
            s.sendto(message, (LMAA, 0))
    d.lma.until(lambda: d.lma.stats()["tunnel_errors"] - before["tunnel_errors"] +
                d.lma.drops()["drop_punt_policed"] >= n, "all of them to be seen")
    told = d.lma.stats()["tunnel_errors_relayed"] - before["tunnel_errors_relayed"]
    true(f"{told} of {n} told", 0 < told < n)
    # More than a port has buffers came at once, and all of the pool's have been there since.
    true("it serves", ping(d.cn, node.address))
