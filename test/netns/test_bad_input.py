"""What no honest peer sends: each has a status or a named counter, and the process serves on."""
import random
import socket

from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.layers.l2 import Ether

import pmip
from configs import LMAA
from sentences import same, test, true
from traffic import ping

limit_s = 120


def usual():
    return pmip.pbu_options("bad@example", ll_id=b"\2\0\0\0\0\7")


def count(d, names):
    now = d.lma.counters()
    return sum(now.get(n, 0) for n in names)


def counted(d, names, act, by=1):
    """What is done there moves those counters, together, by exactly that many; no PBA comes."""
    names = [names] if isinstance(names, str) else names
    before = count(d, names)
    act()
    d.lma.until(lambda: count(d, names) >= before + by, f"{names} + {by}")
    same(f"{names}", count(d, names) - before, by)


def sealed(d, raw):
    return pmip.seal(raw, d.mag1.coa, LMAA)


def inject(d, packet):
    """A frame of ours on the LMA's backbone link: what a router would not pass on."""
    lma, bb = d.spaces["lma"], d.spaces["bb"]
    to = lma.ip("-br link show back0").split()[2]
    with bb, socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("lma0", 0))
        s.send(bytes(Ether(dst=to, src="02:00:00:00:00:01", type=0x86dd) / packet))


def status_of(d, options):
    answer = d.mag1.ask("", options=options)
    return answer.status


@test
def a_wrong_checksum_is_silence_and_a_counter(d):
    good = d.mag1.pbu("", options=usual())
    counted(d, "mh_bad_checksum",
            lambda: d.mag1.send(good[:4] + bytes([good[4] ^ 0x40]) + good[5:]))
    same("answer", d.mag1.hear(timeout=0.3), None)


@test
def a_header_longer_than_its_packet_is_counted(d):
    good = d.mag1.pbu("", options=usual())
    counted(d, "mh_truncated", lambda: d.mag1.send(good[:-8]))
    counted(d, "mh_truncated", lambda: d.mag1.send(good[:5]))


@test
def a_packet_longer_than_its_frame_is_counted(d):
    good = d.mag1.pbu("", options=usual())
    packet = bytes(IPv6(src=d.mag1.coa, dst=LMAA, nh=pmip.MH, plen=len(good) + 64) / good)
    counted(d, "drop_truncated", lambda: inject(d, packet))


@test
def every_single_flipped_bit_is_noticed(d):
    good = d.mag1.pbu("", options=usual())
    flips = [good[:i] + bytes([good[i] ^ 1 << b]) + good[i + 1:]
             for i in range(len(good)) for b in range(8)]

    def send():
        for raw in flips:
            d.mag1.send(raw)
    counted(d, ["mh_bad_checksum", "mh_truncated"], send, len(flips))
    same("answer", d.mag1.hear(timeout=0.3), None)


@test
def flipped_bits_under_a_right_checksum_leave_it_serving(d):
    rng, names = random.Random(5213), ["punts"]
    good = d.mag1.pbu("", options=usual())
    before, n = count(d, names), 500
    for _ in range(n):
        raw = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            raw[rng.randrange(6, len(raw))] ^= 1 << rng.randrange(8)
        d.mag1.send(sealed(d, bytes(raw)))
    d.lma.until(lambda: count(d, names) == before + n, "all of them read")
    while d.mag1.hear(timeout=0.1):
        pass


SPOILT = [  # what, counter, bytes after the fixed fields of a PBU
    ("an option beyond the end", "mh_option_overrun", b"\x08\xff\x01abc"),
    ("a handoff indicator of three octets", "mh_bad_option", b"\x17\x03\0\1\0"),
    ("a prefix of 17 octets", "mh_bad_option", b"\0\0\0\0" + b"\x16\x11" + bytes(17)),
    ("a prefix length of 129", "mh_bad_option", b"\x16\x12\0\x81" + bytes(16)),
    ("a prefix of length 0 that is not zero", "mh_bad_option",
     b"\x16\x12\0\0\x20\x01" + bytes(14)),
]


@test
def options_that_cannot_be_are_counted_by_what_is_wrong(d):
    for what, counter, tail in SPOILT:
        raw = sealed(d, pmip.write(pmip.PbuBody(mhtype=pmip.PBU, flags=pmip.A | pmip.P), [tail]))
        try:
            counted(d, counter, lambda raw=raw: d.mag1.send(raw))
        except Exception as e:
            raise AssertionError(f"{what}: {e}") from e


@test
def a_header_shorter_than_its_type_is_counted(d):
    short = pmip.Body(mhtype=pmip.PBU)
    counted(d, "mh_too_short", lambda: d.mag1.send(sealed(d, pmip.write(short, []))))


@test
def a_payload_behind_the_header_is_counted(d):
    raw = pmip.write(pmip.PbuBody(mhtype=pmip.PBU, nh=6), usual())
    counted(d, "mh_bad_proto", lambda: d.mag1.send(sealed(d, raw)))


@test
def an_unknown_option_is_skipped(d):
    unknown = pmip.Unknown(otype=201, data=b"\xff" * 37)
    same("status", status_of(d, [unknown] + usual() + [unknown]), 0)


@test
def octets_behind_the_header_are_ignored(d):
    mh = d.mag1.pbu("", options=usual())
    d.mag1.send(mh + b"\xa5" * 512)
    same("status", d.mag1.hear().status, 0)


@test
def an_identifier_as_long_as_can_be_is_served(d):
    name = b"n" * (254 - len("@example")) + b"@example"  # with its subtype 255 octets
    options = [pmip.MnId(ident=name), *usual()[1:]]
    same("status", status_of(d, options), 0)
    same("binding", [b["mn_id"] for b in d.lma.bindings(name.decode())], [name.decode()])


@test
def no_prefix_is_158_and_a_zero_prefix_asks_for_one(d):
    without = [o for o in usual() if not isinstance(o, pmip.Hnp)]
    same("none", status_of(d, without), 158)
    same("zero", status_of(d, usual()), 0)


@test
def sixty_prefixes_are_more_than_a_message_may_have(d):
    options = pmip.pbu_options("many@example", [f"2001:db8:100:{i:x}::/64" for i in range(60)])
    counted(d, "mh_too_many_options", lambda: d.mag1.send(d.mag1.pbu("", options=options)))


def fragments(packet, size=1200):
    head, rest = packet[:40], packet[40:]
    src, dst = (socket.inet_ntop(socket.AF_INET6, head[i:i + 16]) for i in (8, 24))
    for at in range(0, len(rest), size):
        yield bytes(IPv6(src=src, dst=dst) /
                    IPv6ExtHdrFragment(nh=head[6], offset=at // 8, m=at + size < len(rest), id=7) /
                    rest[at:at + size])


@test
def three_hundred_prefixes_come_in_fragments_that_are_counted(d):
    options = pmip.pbu_options("many@example", [f"2001:db8:100:{i:x}::/64" for i in range(300)])
    mh = d.mag1.pbu("", options=options)
    pieces = list(fragments(bytes(IPv6(src=d.mag1.coa, dst=LMAA, nh=pmip.MH) / mh)))
    true("several fragments", len(pieces) > 5)

    def send():
        for piece in pieces:
            d.mag1.send_packet(piece)
    counted(d, "drop_fragment_long", send, len(pieces))


@test
def a_message_in_fragments_is_put_together_and_answered(d):
    """WIRE-10; too many prefixes for one session (SEC-10), so that the answer is 130."""
    options = pmip.pbu_options("some@example", [f"2001:db8:100:9{i:02x}::/64" for i in range(20)])
    mh = d.mag1.pbu("", options=options)
    pieces = list(fragments(bytes(IPv6(src=d.mag1.coa, dst=LMAA, nh=pmip.MH) / mh), 200))

    def send():
        for piece in reversed(pieces):
            d.mag1.send_packet(piece)
    counted(d, "merged_fragment", send, len(pieces) - 1)
    same("status", d.mag1.hear().status, 130)


@test
def what_is_in_the_tunnel_must_be_a_whole_packet(d):
    node = d.node("n1").attach()
    for inner in (b"", b"\x60" + bytes(20), bytes(IPv6(src=node.address, dst=LMAA, plen=99))):
        counted(d, ["drop_inner", "drop_truncated"], lambda inner=inner: d.mag1.send_packet(
            bytes(IPv6(src=d.mag1.coa, dst=LMAA, nh=41) / inner)))


@test
def a_tunnel_inside_the_tunnel_is_refused(d):
    node = d.node("n2").attach()
    nested = bytes(IPv6(src=node.address, dst=LMAA, nh=41) / IPv6(src=node.address, dst="::1"))
    counted(d, "drop_nested", lambda: d.mag1.send_packet(
        bytes(IPv6(src=d.mag1.coa, dst=LMAA, nh=41) / nested)))


@test
def after_all_this_it_serves_and_the_sum_is_right(d):
    node = d.node("n3").attach()
    true("ping", ping(d.cn, node.address))
    d.lma.until(lambda: d.lma.imbalance() == 0, "received + originated = verdicts + held")
