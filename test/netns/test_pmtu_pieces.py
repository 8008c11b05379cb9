"""Outer fragments as no honest router would deliver them: put together, or dropped by name.

They are written here, so that each order, doubling and loss is the one that is meant.
"""
import hashlib
import itertools
import os
import random
import select
import socket
import struct

from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment

import domain
import pmip
from configs import CN, LMAA
from errors import PARAMETER_PROBLEM, TIME_EXCEEDED, Errors
from paths import TUNNELLED
from sentences import same, test, true
from traffic import ping

limit_s = 60
PORT = 6200
_ids = itertools.count(0x5213)


class Domain(domain.Domain):
    backbone_mtu = 1500


def node_of(d):
    """Registered once for all tests."""
    if not hasattr(d, "one"):
        d.one = d.node("f1").attach()
        true("reachable", ping(d.cn, d.one.address))
    return d.one


def whole(d, payload, mag=None):
    """An outer packet with a UDP datagram of the node in it."""
    inner = IPv6(src=node_of(d).address, dst=CN) / UDP(sport=PORT, dport=PORT) / payload
    return bytes(IPv6(src=(mag or d.mag1).coa, dst=LMAA, nh=TUNNELLED) / inner)


def piece(packet, at, size, ident, more=None):
    """Bytes at .. at + size of what follows its header, as a fragment."""
    rest = packet[40:]
    more = at + size < len(rest) if more is None else more
    src, dst = (socket.inet_ntop(socket.AF_INET6, packet[i:i + 16]) for i in (8, 24))
    return bytes(IPv6(src=src, dst=dst) / IPv6ExtHdrFragment(
        nh=packet[6], offset=at // 8, m=more, id=ident) / rest[at:at + size])


def cut(packet, size):
    """All of it in fragments of that size, a multiple of 8, with an id of its own."""
    ident = next(_ids)
    return [piece(packet, at, size, ident) for at in range(0, len(packet) - 40, size)]


class Arrivals:
    """The datagrams that come to the correspondent."""

    def __init__(self, d):
        with d.cn:
            self._s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self._s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._s.bind((CN, PORT))

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._s.close()

    def are(self, payloads, timeout=5):
        """As many as that come, and are those, in whatever order."""
        got = []
        while len(got) < len(payloads) and select.select([self._s], [], [], timeout)[0]:
            got.append(self._s.recv(65536))
        same("arrived", digests(got), digests(payloads))

    def and_no_more(self, d):
        """The next that comes is one that was sent behind them all."""
        d.mag1.send_packet(whole(d, b"the last"))
        self.are([b"the last"])


def digests(payloads):
    return sorted(f"{len(p)}:{hashlib.sha256(p).hexdigest()[:12]}" for p in payloads)


def sends(d, pieces):
    for p in pieces:
        d.mag1.send_packet(p)


def counted(d, counter, act, by=1, timeout=10):
    before = d.lma.counters()[counter]
    act()
    d.lma.until(lambda: d.lma.counters()[counter] >= before + by, f"{counter} + {by}", timeout)
    same(counter, d.lma.counters()[counter] - before, by)


@test
def pieces_are_put_together_in_whatever_order_they_come(d):
    # LMA-MTU-04
    orders = list(itertools.permutations(range(3)))
    wanted = [os.urandom(1100) for _ in orders]
    with Arrivals(d) as arrivals:
        for order, payload in zip(orders, wanted):
            pieces = cut(whole(d, payload), 400)
            same("pieces", len(pieces), 3)
            sends(d, [pieces[i] for i in order])
        arrivals.are(wanted)
        arrivals.and_no_more(d)


@test
def pieces_of_a_hundred_datagrams_come_mixed_and_each_is_whole(d):
    # LMA-MTU-04
    rng = random.Random(8200)
    wanted = [rng.randbytes(rng.randrange(900, 1400)) for _ in range(100)]
    mixed = [p for payload in wanted for p in cut(whole(d, payload), 8 * rng.randrange(40, 120))]
    rng.shuffle(mixed)
    with Arrivals(d) as arrivals:
        counted(d, "merged_fragment", lambda: sends(d, mixed), len(mixed) - len(wanted))
        arrivals.are(wanted)
        arrivals.and_no_more(d)


@test
def pieces_that_the_linux_kernel_made_are_put_together(d):
    # LMA-MTU-04
    wanted = [os.urandom(n) for n in range(1252, 1453, 8)]
    with d.mag1.ns, socket.socket(socket.AF_INET6, socket.SOCK_RAW, TUNNELLED) as tunnel, \
            Arrivals(d) as arrivals:
        tunnel.bind((d.mag1.coa, 0))
        d.mag1.ns.ip(f"-6 route change {LMAA}/128 via {d.mag1.coa[:-1]}ff mtu lock 1280")
        try:
            counted(d, "merged_fragment", lambda: [
                tunnel.sendto(whole(d, payload)[40:], (LMAA, 0)) for payload in wanted],
                len(wanted))
        finally:
            d.mag1.ns.ip(f"-6 route change {LMAA}/128 via {d.mag1.coa[:-1]}ff")
        arrivals.are(wanted)


@test
def a_piece_that_comes_twice_is_dropped_by_name_and_the_datagram_comes_once(d):
    payload = os.urandom(1100)
    first, second, last = cut(whole(d, payload), 400)
    with Arrivals(d) as arrivals:
        counted(d, "drop_fragment", lambda: sends(d, [first, first, last, second]))
        arrivals.are([payload])
        arrivals.and_no_more(d)


@test
def pieces_that_overlap_are_dropped_by_name_with_their_datagram(d):
    # RFC 5722: all of it, and what comes of it later is not put together with anything.
    packet, ident = whole(d, os.urandom(1100)), next(_ids)
    pieces = [piece(packet, 0, 400, ident), piece(packet, 392, 408, ident)]
    with Arrivals(d) as arrivals:
        counted(d, "drop_fragment", lambda: sends(d, pieces), 2)
        arrivals.and_no_more(d)


@test
def a_datagram_of_one_piece_is_taken_as_it_is(d):
    payload = os.urandom(300)
    packet = whole(d, payload)
    with Arrivals(d) as arrivals:
        sends(d, [piece(packet, 0, len(packet) - 40, next(_ids))])
        arrivals.are([payload])


@test
def a_piece_whose_length_is_no_multiple_of_eight_is_told_to_its_sender(d):
    # RFC 8200 4.5: Parameter Problem code 0 at the payload length.
    bad = piece(whole(d, os.urandom(1100)), 0, 399, next(_ids), more=True)
    with Errors(d.mag1.ns) as errors:
        counted(d, "drop_fragment", lambda: sends(d, [bad]))
        told = errors.get(PARAMETER_PROBLEM, bad)
    same("code, pointer", (told.code, told.value), (0, 4))


@test
def a_piece_beyond_the_end_of_the_longest_packet_is_told_to_its_sender(d):
    # RFC 8200 4.5: Parameter Problem code 0 at the fragment offset.
    bad = piece(whole(d, os.urandom(1100)), 0, 400, next(_ids), more=False)
    bad = bad[:42] + struct.pack("!H", 0xfff8) + bad[44:]
    with Errors(d.mag1.ns) as errors:
        counted(d, "drop_fragment", lambda: sends(d, [bad]))
        told = errors.get(PARAMETER_PROBLEM, bad)
    same("code, pointer", (told.code, told.value), (0, 42))


@test
def a_datagram_that_no_buffer_holds_is_dropped_by_name(d):
    huge = whole(d, b"") + os.urandom(8 * 1000)
    before = d.lma.counters()["drop_fragment_long"]
    sends(d, cut(huge, 1200))
    d.lma.until(lambda: d.lma.counters()["drop_fragment_long"] > before, "drop_fragment_long")


@test
def pieces_of_a_stranger_are_dropped_by_name_before_any_is_kept(d):
    # LMA-FW-10
    pieces = cut(whole(d, os.urandom(1100), d.stranger()), 400)
    held = d.lma.stats()["held"]
    counted(d, "drop_unknown_tunnel",
            lambda: [d.stranger().send_packet(p) for p in pieces], len(pieces))
    true("nothing kept", d.lma.stats()["held"] <= held)


@test
def a_binding_update_in_pieces_is_answered(d):
    # WIRE-10
    options = [pmip.Unknown(otype=201, data=bytes(250)) for _ in range(6)]
    mh = d.mag1.pbu("", options=pmip.pbu_options("pieces@example") + options)
    pieces = cut(bytes(IPv6(src=d.mag1.coa, dst=LMAA, nh=pmip.MH) / mh), 800)
    true("several", len(pieces) >= 2)
    counted(d, "merged_fragment", lambda: sends(d, reversed(pieces)), len(pieces) - 1)
    same("status", d.mag1.hear().status, 0)


@test
def a_binding_update_that_lacks_a_piece_is_given_up_by_name_and_its_sender_told(d):
    # WIRE-10: after two seconds; RFC 8200 4.5: Time Exceeded code 1, the first piece being there.
    mh = d.mag1.pbu("", options=pmip.pbu_options("lacks@example") +
                    [pmip.Unknown(otype=201, data=bytes(250)) for _ in range(6)])
    first, *_ = cut(bytes(IPv6(src=d.mag1.coa, dst=LMAA, nh=pmip.MH) / mh), 800)
    with Errors(d.mag1.ns) as errors:
        counted(d, "drop_fragment_timeout", lambda: sends(d, [first]))
        same("code", errors.get(TIME_EXCEEDED, first).code, 1)
    same("answer", d.mag1.hear(timeout=0.3), None)
    same("binding", d.lma.bindings("lacks@example"), [])
