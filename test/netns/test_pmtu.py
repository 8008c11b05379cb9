"""Packets that do not fit into the tunnel, and a path that is narrower than both of its ends."""
import collections

from scapy.layers.inet6 import ICMPv6PacketTooBig, IPv6

from configs import BB_LMA, CN, CORE_GW, LMAA, STRANGER
from errors import ERROR_TYPES, TOO_BIG, Errors
from paths import FRAGMENT, HEADER, ICMP6, LEAST, TUNNELLED, Paths, echo, length, outer
from sentences import same, test, true
from traffic import Transfer, ping, transfer

# The tests go on in the order in which they stand: a path gets narrower and never wider again.
Domain, limit_s = Paths, 60
MB = 1 << 20


def path_shown(d, mag):
    """What `kedgectl show mags` says of the path to it."""
    return next(m["path_mtu"] for m in d.lma.show("mags") if m["proxy_coa"] == mag.coa)


# ---- A tunnel of 1460 bytes in a backbone of 1500

@test
def LMA_MTU_02_what_is_too_big_for_the_tunnel_is_told_to_the_correspondent(d):
    host = d.one()
    true("reachable", ping(d.cn, host.address))
    # LMA-MTU-01, LMA-MTU-02: 1500 less the outer header. LMA-MTU-06: the address of that link.
    told = d.too_big(host, 1500)
    same("MTU and source", (told.value, told.source), (1500 - HEADER, CORE_GW))
    true("quoted as far as an error may be long", len(told.quoted) > 1000 and told.size <= LEAST)
    before = d.lma.stats()["tx_downlink"]
    d.from_network(echo(CN, host.address, 1460))
    d.lma.until(lambda: d.lma.stats()["tx_downlink"] > before, "1460 bytes to fit")


@test
def a_transfer_of_a_correspondent_that_begins_with_1500_byte_packets_goes_on(d):
    host = d.one()
    d.cn.ip("-6 route flush cache")
    tap = d.capture(d.spaces["bb"], "lma0", "wide.pcap", TUNNELLED)
    transfer(d.cn, host.ns, host.address, 8 * MB)
    sizes = collections.Counter(map(length, outer(tap.close(), LMAA, d.mag1.coa)))
    same("largest outer packet", max(sizes), 1500)
    true(f"most of them are full: {sizes.most_common(2)}", sizes[1500] > 4000)


@test
def MAG_FW_08_what_is_too_big_for_the_tunnel_is_told_to_the_mobile_node(d):
    # MAG-FW-08
    host = d.one()
    told = d.too_big(host, 1500, up=True)
    same("MTU", told.value, 1500 - HEADER)
    transfer(host.ns, d.cn, CN, 8 * MB)


# ---- A narrow link in the middle

@test
def LMA_MTU_05_the_tunnel_follows_what_a_router_of_its_path_says(d):
    # LMA-MTU-05, LMA-MTU-07
    host, narrow = d.one(), 1400
    d.narrow("mag1", narrow)
    d.cn.ip("-6 route flush cache")
    tap = d.capture(d.spaces["bb"], "lma0", "narrow.pcap", None)
    # The first one is lost to the router; what it tells the LMA is told on to the correspondent.
    told = d.too_big(host, 1460)
    same("MTU, from the router on", told.value, narrow - HEADER)
    true(f"source {told.source}", told.source in (CORE_GW, LMAA))  # LMA-MTU-06: both are reachable
    same("shown", path_shown(d, d.mag1), narrow)
    said = [p[40] for p in outer(tap.close(), BB_LMA, LMAA) if p[6] == ICMP6]
    same("errors of the router", [kind for kind in said if kind in ERROR_TYPES], [TOO_BIG])
    # And the tunnel itself knows now.
    refused_by = d.lma.drops()["drop_too_big"]
    told = d.too_big(host, 1460)
    same("MTU, from the tunnel", (told.value, told.source), (narrow - HEADER, CORE_GW))
    same("dropped before the tunnel", d.lma.drops()["drop_too_big"] - refused_by, 1)


@test
def MAG_FW_08_the_mags_tunnel_follows_what_a_router_of_its_path_says(d):
    # MAG-FW-08
    host, narrow = d.one(), 1400
    d.narrow("mag1", narrow)
    host.ns.ip("-6 route flush cache")
    told = d.too_big(host, 1460, up=True)
    same("MTU, from the router on", told.value, narrow - HEADER)
    refused_by = d.mag1.drops()["drop_too_big"]
    told = d.too_big(host, 1460, up=True)
    same("MTU, from the tunnel", told.value, narrow - HEADER)
    same("dropped before the tunnel", d.mag1.drops()["drop_too_big"] - refused_by, 1)


@test
def transfers_go_on_both_ways_over_a_path_that_became_narrow_meanwhile(d):
    host = d.one()
    down = Transfer(d.cn, host.ns, host.address, pace=20e6).start()
    up = Transfer(host.ns, d.cn, CN, pace=20e6).start()
    for one in (down, up):
        one.wait_for(2 * MB)
    d.narrow("mag1", 1340)
    for one in (down, up):
        one.wait_for(one.moved + 4 * MB)
    for one in (down, up):
        one.finish()
    for one in (down, up):
        one.join()
    told = d.too_big(host, 1320)
    same("MTU by now", told.value, 1340 - HEADER)


@test
def the_wide_path_beside_it_stays_wide(d):
    host = d.host("p3", d.mag2)
    told = d.too_big(host, 1500)
    same("MTU", told.value, 1500 - HEADER)
    tap = d.capture(d.spaces["bb"], "lma0", "beside.pcap", FRAGMENT)
    transfer(d.cn, host.ns, host.address, 4 * MB)
    same("pieces", len(tap.close()), 0)


# ---- Routers that lie

def router_says(d, mtu, src, dst):
    """Packet Too Big about a tunnel packet between those two."""
    quoted = IPv6(src=src, dst=dst, nh=TUNNELLED) / IPv6(src=CN, dst=d.one().address) / bytes(1000)
    d.to_lma(bytes(IPv6(src=BB_LMA, dst=LMAA) / ICMPv6PacketTooBig(mtu=mtu) / quoted))


@test
def a_packet_too_big_about_no_tunnel_of_ours_is_not_believed(d):
    d.host("p4", d.mag2)
    before = d.lma.stats()["tunnel_errors_strange"], path_shown(d, d.mag2)
    with Errors(d.cn) as errors:
        router_says(d, 1300, LMAA, STRANGER)
        router_says(d, 1300, STRANGER, d.mag2.coa)
        d.lma.until(lambda: d.lma.stats()["tunnel_errors_strange"] == before[0] + 2,
                    "both to be counted")
        same("path", path_shown(d, d.mag2), before[1])
        same("told", errors.next(TOO_BIG, timeout=0.2), None)


@test
def LMA_MTU_05_a_packet_too_big_with_less_than_1280_is_believed_down_to_1280(d):
    # LMA-MTU-05
    d.host("p5", d.mag2)
    router_says(d, 68, LMAA, d.mag2.coa)
    d.lma.until(lambda: path_shown(d, d.mag2) == LEAST, "the path to have 1280 bytes")
