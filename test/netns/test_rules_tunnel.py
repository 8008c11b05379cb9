"""What goes into the tunnel and comes out of it, packet by packet: header fields, checks, options.

Each packet of a test carries a number of its own, and one more goes behind it that passes for sure:
what has not been seen by then was not passed on.
"""
import itertools
import os
import struct

from scapy.layers.inet import UDP
from scapy.layers.inet6 import HBHOptUnknown, ICMPv6TimeExceeded, IPv6, IPv6ExtHdrDestOpt

from capture import Capture
from configs import CN, LMAA
from errors import PARAMETER_PROBLEM, TIME_EXCEEDED, Errors, mac_of, send
from kernel import address_bytes, run
from pmip import IEEE_80211
from rules import BLOCK, Rules
from sentences import same, test, true

limit_s = 30
TUNNELLED, DESTINATION, ETH, OUTER, DISCARD = 41, 60, 14, 40, 9
NOT_ECT, ECT1, ECT0, CE = range(4)
LIMIT = 4  # the type of the Tunnel Encapsulation Limit option, RFC 2473 4.1.1
TSHARK = ("ipv6.src", "ipv6.dst", "ipv6.hlim", "ipv6.tclass", "ipv6.flow", "ipv6.plen")


class Domain(Rules):
    def _wire(self):
        super()._wire()
        self.numbers, self.at = itertools.count(1), {}

    def start(self):
        """And, the first time, two nodes, one at each MAG, and an ear on each side."""
        super().start()
        if self.at:
            return
        for n, mag in enumerate((self.mag1, self.mag2)):
            prefix = self.register(mag, f"tunnel-{n}@example", att=IEEE_80211)
            self.at[mag] = prefix.replace("/64", "1")
        self.inside = self._ear("bb", "lma0")
        self.outside = self._ear("cn", "core0")
        self.to_core = mac_of(self.spaces["lma"], "core0")
        self.lma.until(self._passes_up, "its neighbour to be known")

    def _passes_up(self):
        packet, number = numbered(self, self.one, CN)
        self.mag1.send_packet(bytes(IPv6(src=self.mag1.coa, dst=LMAA, nh=TUNNELLED) / packet))
        self.said_to(self.mag1)
        return seen(self.outside, number, to_cn)

    def _ear(self, space, dev):
        ear = Capture(self.spaces[space], dev, os.path.join(self.dir, f"{dev}.pcap"), None)
        self._undo.callback(ear.close)
        return ear

    @property
    def one(self):
        return self.at[self.mag1]

    @property
    def two(self):
        return self.at[self.mag2]

    def verdict_of_others(self):
        """And tshark reads the headers of each tunnel packet as scapy does."""
        sent, said = super().verdict_of_others()
        args = ["tshark", "-n", "-r", self.inside.path, "-T", "fields", "-E", "occurrence=a"]
        frames = self.inside.close()
        for field in TSHARK:
            args += ["-e", field]
        rows = run(*args, timeout=60).splitlines()
        if len(rows) != len(frames):
            said.append(f"tshark reads {len(rows)} packets of {len(frames)}")
        for row, frame in zip(rows, frames):
            if not from_lma(frame[ETH:]):
                continue
            read = [value.split(",")[:2] for value in row.split("\t")]
            outer = IPv6(frame[ETH:])
            both = [(p.src, p.dst, p.hlim, p.tc, p.fl, p.plen) for p in (outer, inner_of(outer))]
            wanted = [list(pair) for pair in zip(*both)]
            got = read[:2] + [[int(v, 0) for v in values] for values in read[2:]]
            if got != wanted:
                said.append(f"tunnel packet: tshark {got}, scapy {wanted}")
        return sent, said


def inner_of(outer):
    """What is tunnelled in it; ESP and the like are nobody's here."""
    return outer.payload.getlayer(IPv6)


def numbered(d, src, dst, options=(), **fields):
    """A packet of its own number, and the number."""
    number = struct.pack("!Q", 0x5213 << 48 | next(d.numbers))
    packet = IPv6(src=src, dst=dst, **fields)
    for option in options:
        packet /= option
    return bytes(packet / UDP(sport=DISCARD, dport=DISCARD) / number), number


def seen(ear, number, of):
    return [f[ETH:] for f in list(ear.frames) if number in f and of(f[ETH:])]


def from_lma(packet):
    """Out of its end of a tunnel."""
    return packet[8:24] == address_bytes(LMAA) and packet[6] in (TUNNELLED, DESTINATION)


def to_cn(packet):
    return packet[24:40] == address_bytes(CN)


def passed_up(d, packet, number, mag=None, **outer):
    """What arrives at the correspondent of that packet out of the tunnel of that MAG."""
    mag = mag or d.mag1
    behind, last = numbered(d, d.at[mag], CN)
    for p, fields in ((packet, outer), (behind, {})):
        mag.send_packet(bytes(IPv6(**{"src": mag.coa, "dst": LMAA, "nh": TUNNELLED, **fields}) / p))
    d.lma.until(lambda: seen(d.outside, last, to_cn), "the packet behind it")
    return [IPv6(p) for p in seen(d.outside, number, to_cn)]


def passed_down(d, packet, number):
    """What goes into a tunnel of that packet from the correspondent."""
    behind, last = numbered(d, CN, d.one)
    send(d.cn, "core0", d.to_core, packet, behind)
    d.lma.until(lambda: seen(d.inside, last, from_lma), "the packet behind it")
    return [IPv6(p) for p in seen(d.inside, number, from_lma)]


def limit_option(n):
    return IPv6ExtHdrDestOpt(options=[HBHOptUnknown(otype=LIMIT, optdata=bytes([n]))])


# ---- Headers.

@test
def LMA_FW_02_downlink_goes_from_the_lma_to_the_nodes_care_of_address(d):
    for mag, address in d.at.items():
        (outer,) = passed_down(d, *numbered(d, CN, address))
        same("outer", (outer.src, outer.dst, outer.nh), (LMAA, mag.coa, TUNNELLED))
        same("inner", (inner_of(outer).src, inner_of(outer).dst), (CN, address))


@test
def LMA_FW_07_the_inner_hop_limit_goes_down_by_one_each_way(d):
    (outer,) = passed_down(d, *numbered(d, CN, d.one, hlim=17))
    same("down", inner_of(outer).hlim, 16)
    (packet,) = passed_up(d, *numbered(d, d.one, CN, hlim=17))
    same("up", packet.hlim, 16)


@test
def LMA_FW_07_what_has_no_hop_left_is_told_to_its_source(d):
    packet, number = numbered(d, CN, d.one, hlim=1)
    with Errors(d.cn) as errors:
        same("down", passed_down(d, packet, number), [])
        told = errors.get(TIME_EXCEEDED, packet)
    same("code", told.code, 0)
    packet, number = numbered(d, d.one, CN, hlim=1)
    same("up", passed_up(d, packet, number), [])
    d.lma.until(lambda: seen(d.inside, number, from_lma), "the error in the tunnel")
    (outer,) = [IPv6(p) for p in seen(d.inside, number, from_lma)]
    told = inner_of(outer)
    same("to", (outer.dst, told.dst), (d.mag1.coa, d.one))
    true(told.summary(), told.haslayer(ICMPv6TimeExceeded))


@test
def LMA_FW_09_class_is_copied_label_is_of_the_flow_and_the_hop_limit_is_64(d):
    labels = set()
    for dscp, label in ((0, 0), (46, 1), (63, 0xfffff)):
        for _ in range(2):
            (outer,) = passed_down(d, *numbered(d, CN, d.one, tc=dscp << 2, fl=label))
            same("class", outer.tc >> 2, dscp)
            same("hop limit", outer.hlim, 64)
            true("a label", outer.fl != 0)
            labels.add((label, outer.fl))
            same("the inner one", inner_of(outer).fl, label)
    same("labels: one a flow", len(labels), 3)
    true("and not the same for all", len({outer for _, outer in labels}) > 1)


# What an inner (row) and outer (column) codepoint become at the exit; None: dropped. RFC 6040 4.2.
EXIT = {NOT_ECT: {NOT_ECT: NOT_ECT, ECT0: NOT_ECT, ECT1: NOT_ECT, CE: None},
        ECT0: {NOT_ECT: ECT0, ECT0: ECT0, ECT1: ECT1, CE: CE},
        ECT1: {NOT_ECT: ECT1, ECT0: ECT1, ECT1: ECT1, CE: CE},
        CE: {NOT_ECT: CE, ECT0: CE, ECT1: CE, CE: CE}}


@test
def LMA_FW_08_congestion_marks_go_in_and_out_as_rfc_6040_wants_it(d):
    # LMA-FW-08: the default mode, ecn: rfc6040
    for inner in range(4):
        (outer,) = passed_down(d, *numbered(d, CN, d.one, tc=inner))
        same(f"in: {inner}", (outer.tc & 3, inner_of(outer).tc & 3), (inner, inner))
        for outside, wanted in EXIT[inner].items():
            out = passed_up(d, *numbered(d, d.one, CN, tc=46 << 2 | inner), tc=outside)
            same(f"out: inner {inner}, outer {outside}", [p.tc for p in out],
                 [] if wanted is None else [46 << 2 | wanted])


# ---- Checks.

@test
def LMA_FW_03_each_source_passes_in_its_own_tunnel_alone(d):
    for mag, address in d.at.items():
        for tunnel in d.at:
            out = passed_up(d, *numbered(d, address, CN), mag=tunnel)
            same(f"{address} from {tunnel.coa}", len(out), 1 if tunnel is mag else 0)


@test
def LMA_FW_04_sources_and_destinations_that_are_nobodys_do_not_pass(d):
    for src in ("fe80::1", "ff0e::1", "::1", "::"):
        with d.counts("drop_inner_src"):
            same(f"from {src}", passed_up(d, *numbered(d, src, CN)), [])
    for dst in ("fe80::1", "ff02::1", "ff0e::1"):
        packet, number = numbered(d, d.one, dst)
        with d.counts("drop_inner_dst"):
            same(f"to {dst}", passed_up(d, packet, number), [])
        same(f"to {dst}, in a tunnel", seen(d.inside, number, from_lma), [])
    for src in ("fe80::1", "ff0e::1", "::1", "::"):
        same(f"down from {src}", passed_down(d, *numbered(d, src, d.one)), [])


@test
def LMA_FW_05_no_tunnel_goes_through_the_tunnel(d):
    for dst in (LMAA, d.mag2.coa, d.mag1.coa):
        inner, number = numbered(d, d.one, CN)
        packet = bytes(IPv6(src=d.one, dst=dst, nh=TUNNELLED) / inner)
        with d.counts("drop_nested"):
            same(f"to {dst}", passed_up(d, packet, number), [])
        same("in a tunnel", seen(d.inside, number, from_lma), [])


@test
def LMA_FW_06_from_node_to_node_it_goes_through_both_tunnels_with_both_checks(d):
    packet, number = numbered(d, d.one, d.two, hlim=9)
    passed_up(d, packet, number)
    (outer,) = [IPv6(p) for p in seen(d.inside, number, from_lma)]
    same("outer", (outer.src, outer.dst), (LMAA, d.mag2.coa))
    same("one hop", inner_of(outer).hlim, 8)
    packet, number = numbered(d, d.two, d.one)
    with d.counts("drop_spoof"):
        passed_up(d, packet, number)
    same("from the wrong one", seen(d.inside, number, from_lma), [])
    packet, number = numbered(d, d.one, BLOCK + "eeee::1")
    with d.counts("drop_no_binding"):
        same("to nobody", passed_up(d, packet, number), [])


# ---- Options.

@test
def LMA_FW_11_extension_headers_of_the_outer_header_are_passed_over(d):
    # LMA-FW-11, SEQ-15, SEQ-26
    for options in ([limit_option(0)], [limit_option(4)], [limit_option(255)],
                    [IPv6ExtHdrDestOpt(), limit_option(1)],
                    [limit_option(9), IPv6ExtHdrDestOpt(), limit_option(0)]):
        packet, number = numbered(d, d.one, CN)
        out = passed_up(d, bytes_behind(options, packet), number, nh=DESTINATION)
        same(f"behind {options}", [p.src for p in out], [d.one])


def bytes_behind(headers, packet):
    """Those headers, the last of which says that a packet follows."""
    headers[-1].nh = TUNNELLED
    for a, _ in zip(headers, headers[1:]):
        a.nh = DESTINATION
    return b"".join(bytes(h) for h in headers) + packet


@test
def LMA_FW_12_a_limit_in_the_inner_packet_goes_down_by_one_or_ends_it(d):
    # LMA-FW-12, SEQ-26
    packet, number = numbered(d, CN, d.one, options=[limit_option(3)])
    (outer,) = passed_down(d, packet, number)
    same("next", outer.nh, DESTINATION)
    (option,) = [o for o in outer[IPv6ExtHdrDestOpt].options if o.otype == LIMIT]
    same("limit", bytes(option)[2:3], b"\2")
    packet, number = numbered(d, CN, d.one, options=[limit_option(0)])
    with Errors(d.cn) as errors:
        same("zero", passed_down(d, packet, number), [])
        told = errors.get(PARAMETER_PROBLEM, packet)
    same("code, pointer", (told.code, told.value), (0, OUTER + 4))
    true("quoted", number in told.quoted)
