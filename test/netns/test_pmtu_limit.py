"""The limit of tunnels in tunnels (RFC 2473 4.1.1), as LMA and MAG enter one and leave one."""
import socket
import struct

from scapy.layers.inet import UDP
from scapy.layers.inet6 import ICMPv6ParamProblem, IPv6

from configs import BB_LMA, CN, LMAA
from errors import PARAMETER_PROBLEM, TOO_BIG, UNREACHABLE, Errors
from paths import DESTINATION, HEADER, TUNNELLED, Paths, echo, length, outer
from sentences import same, test, true
from traffic import ping

Domain, limit_s = Paths, 60
LIMIT_HEADER = 8
ADDRESS_UNREACHABLE = 3
# Of a packet that has it right behind its header, and of what we put there (RFC 2473 5.1).
VALUE_AT = 40 + 4


def limit_option(n):
    return bytes([4, 1, n, 1, 1, 0])  # and PadN


def limited(packet, n):
    """The packet with a Destination Options header that lets it into n more tunnels."""
    raw = bytes(packet)
    head = bytes([raw[6], 0]) + limit_option(n)
    return (raw[:4] + struct.pack("!H", len(raw) - 40 + len(head)) + bytes([DESTINATION]) +
            raw[7:40] + head + raw[40:])


def sent_to_mag(d, tap):
    return outer(tap.frames, LMAA, d.mag1.coa)


@test
def LMA_FW_15_a_limit_reached_inside_the_tunnel_is_told_as_unreachable(d):
    # LMA-FW-15
    host, packet = d.one(), limited(echo(CN, d.one().address), 1)
    tap = d.capture(d.spaces["bb"], "lma0", "reached.pcap", DESTINATION)
    with Errors(d.cn) as errors:
        d.from_network(packet)
        d.lma.until(lambda: sent_to_mag(d, tap), "it to be in the tunnel")
        # What a tunnel inside ours would say of the limit 0 that it finds there.
        entry = ICMPv6ParamProblem(code=0, ptr=VALUE_AT)
        d.to_lma(bytes(IPv6(src=BB_LMA, dst=LMAA) / entry / sent_to_mag(d, tap)[0]))
        told = errors.get(UNREACHABLE, packet)
    same("code", told.code, ADDRESS_UNREACHABLE)
    true("reachable still", ping(d.cn, host.address))


def until_heard(ns, address, act):
    """A UDP datagram that comes to that address because of what is done there."""
    with ns, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.bind((address, 6100))
        s.settimeout(5)
        act()
        return s.recv(2048)


def datagram(src, dst, what):
    return bytes(IPv6(src=src, dst=dst) / UDP(sport=6100, dport=6100) / what)


@test
def SEQ_15_a_limit_option_of_any_value_is_taken_off_with_the_outer_header(d):
    # SEQ-15, SEQ-26, LMA-FW-11
    host = d.one()
    for n in (4, 0, 255):
        what = b"limit %d" % n
        inner = datagram(host.address, CN, what)
        packet = limited(IPv6(src=d.mag1.coa, dst=LMAA, nh=TUNNELLED) / inner, n)
        same(f"limit {n}", until_heard(d.cn, CN, lambda p=packet: d.to_lma(p)), what)


@test
def SEQ_26_a_packet_that_may_enter_no_tunnel_is_refused_at_its_limit(d):
    # SEQ-26, LMA-FW-12, MAG-FW-08
    host = d.one()
    down, up = (limited(echo(*ends), 0) for ends in ((CN, host.address), (host.address, CN)))
    before = [p.drops()["drop_limit"] for p in (d.lma, d.mag1)]
    with Errors(d.cn) as at_cn, Errors(host.ns) as at_host:
        d.from_network(down)
        d.from_host(host, up)
        for what, told in (("LMA", at_cn.get(PARAMETER_PROBLEM, down)),
                           ("MAG", at_host.get(PARAMETER_PROBLEM, up))):
            same(f"{what}: code, pointer", (told.code, told.value), (0, VALUE_AT))
    same("drop_limit", [p.drops()["drop_limit"] for p in (d.lma, d.mag1)],
         [n + 1 for n in before])


@test
def SEQ_26_a_limit_of_three_is_two_in_the_outer_header(d):
    # SEQ-26, LMA-FW-12
    host = d.one()
    tap = d.capture(d.spaces["bb"], "lma0", "limit.pcap", DESTINATION)
    down, up = (limited(datagram(*ends, b"three"), 3)
                for ends in ((CN, host.address), (host.address, CN)))
    same("down", until_heard(host.ns, host.address, lambda: d.from_network(down)), b"three")
    same("up", until_heard(d.cn, CN, lambda: d.from_host(host, up)), b"three")
    frames = tap.close()
    for what, ends in (("LMA", (LMAA, d.mag1.coa)), ("MAG", (d.mag1.coa, LMAA))):
        (packet,) = outer(frames, *ends)
        same(f"{what}: header", packet[40:48], bytes([TUNNELLED, 0]) + limit_option(2))
        same(f"{what}: length", length(packet), 40 + 8 + len(down))
        same(f"{what}: what is inside", packet[48:55], down[:7])


@test
def SEQ_26_the_tunnels_mtu_is_eight_less_for_a_packet_with_a_limit(d):
    # SEQ-26, LMA-MTU-01
    host, least = d.one(), 1500 - HEADER - LIMIT_HEADER
    tap = d.capture(d.spaces["bb"], "lma0", "eight.pcap", DESTINATION)
    down, up = (limited(echo(*ends, least + 1 - LIMIT_HEADER), 3)
                for ends in ((CN, host.address), (host.address, CN)))
    with Errors(d.cn) as at_cn, Errors(host.ns) as at_host:
        d.from_network(down)
        d.from_host(host, up)
        same("MTU at the LMA", at_cn.get(TOO_BIG, down).value, least)
        same("MTU at the MAG", at_host.get(TOO_BIG, up).value, least)
    d.from_network(limited(echo(CN, host.address, least - LIMIT_HEADER), 3))
    d.lma.until(lambda: sent_to_mag(d, tap), "one that fits to be in the tunnel")
    same("sizes of what went", [length(p) for p in sent_to_mag(d, tap)], [1500])


@test
def LMA_FW_11_a_header_chain_longer_than_any_honest_one_is_dropped_by_name(d):
    inner = datagram(d.one().address, CN, b"deep")
    pad = bytes([DESTINATION, 0, 1, 4, 0, 0, 0, 0])
    chain = pad * 40 + bytes([TUNNELLED]) + pad[1:]
    before = d.lma.drops()["drop_ext_headers"]
    d.to_lma(bytes(IPv6(src=d.mag1.coa, dst=LMAA, nh=DESTINATION) / (chain + inner)))
    d.lma.until(lambda: d.lma.drops()["drop_ext_headers"] == before + 1, "drop_ext_headers + 1")
