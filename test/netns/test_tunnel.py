"""Packets through kedge-lma and a kernel tunnel end: both ways, over a handover, and refused."""
import socket

from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6

import pmip
from configs import CN, CORE_GW, LMAA
from sentences import same, test, true
from traffic import Transfer, ask_once, ping, transfer

limit_s = 120
MB = 1 << 20
TIME_EXCEEDED = 3  # ICMPv6 type, RFC 4443 3.3


def attached(d, name, mag="mag1"):
    node = d.node(name, mag).attach()
    same("binding", [(b["prefix"], b["proxy_coa"]) for b in d.lma.bindings(node.mn_id)],
         [(node.prefix, node.mag.coa)])
    return node


def raised(d, counter, act, by=1):
    """The counter goes up by exactly that much because of what was done."""
    before = d.lma.counters().get(counter, 0)
    act()
    d.lma.until(lambda: d.lma.counters().get(counter, 0) >= before + by, f"{counter} + {by}")
    same(counter, d.lma.counters()[counter], before + by)


@test
def echo_requests_pass_in_both_directions(d):
    node = attached(d, "a1")
    true("from the network to the node", ping(d.cn, node.address))
    true("from the node to the network", ping(node.ns, CN))
    s = d.lma.stats()
    true("counted as downlink", s["tx_downlink"] >= 3)
    true("counted as uplink", s["tx_uplink"] >= 3)


@test
def the_first_packet_waits_for_a_neighbour_that_is_not_known_yet(d):
    node = attached(d, "a8")
    true("the tunnel's way is known", ping(d.cn, node.address))
    d.spaces["lma"].ip("-6 neigh flush dev core0")
    waited = d.lma.counters().get("tx_waited", 0)
    true("not one is lost", ask_once(node.ns, CN))
    d.lma.until(lambda: d.lma.counters().get("tx_waited", 0) > waited, "tx_waited + 1")


@test
def fifty_megabytes_arrive_unchanged_at_the_mobile_node(d):
    node = attached(d, "a2")
    rate = transfer(d.cn, node.ns, node.address, 50 * MB)
    print(f"    downlink {rate * 8 / 1e9:.2f} Gb/s")


@test
def fifty_megabytes_arrive_unchanged_from_the_mobile_node(d):
    node = attached(d, "a3")
    rate = transfer(node.ns, d.cn, CN, 50 * MB)
    print(f"    uplink {rate * 8 / 1e9:.2f} Gb/s")


@test
def two_mobile_nodes_of_two_mags_reach_each_other(d):
    one, two = attached(d, "b1", "mag1"), attached(d, "b2", "mag2")
    true("ping", ping(one.ns, two.address))
    transfer(one.ns, two.ns, two.address, 8 * MB)
    true("counted as hairpin", d.lma.stats()["tx_hairpin"] > 0)


@test
def a_handover_keeps_prefix_and_connection(d):
    node = attached(d, "h1")
    prefix = node.prefix
    moving = Transfer(d.cn, node.ns, node.address, 50 * MB).start()
    moving.wait_for(5 * MB)
    node.move_to(d.mag2)
    answer = d.mag2.ask(node.mn_id, hi=pmip.BETWEEN_MAGS, ll_id=node.ll_id)
    same("status", answer.status, 0)
    same("prefix", [pmip.normal(p) for p in answer.prefixes], [prefix])
    moving.join()
    (binding,) = d.lma.bindings(node.mn_id)
    same("where it is", (binding["proxy_coa"], binding["handovers"]), (d.mag2.coa, 1))


@test
def a_handover_there_and_back_keeps_an_upload(d):
    node = attached(d, "h2")
    moving = Transfer(node.ns, d.cn, CN, 50 * MB).start()
    for mag, seen in ((d.mag2, 3 * MB), (d.mag1, 8 * MB)):
        moving.wait_for(seen)
        node.move_to(mag)
        same("status", mag.ask(node.mn_id, hi=pmip.BETWEEN_MAGS, ll_id=node.ll_id).status, 0)
    moving.join()


def inner(node_address, to=CN):
    return bytes(IPv6(src=node_address, dst=to) / ICMPv6EchoRequest(id=7))


def tunnelled(mag, packet):
    mag.send_packet(bytes(IPv6(src=mag.coa, dst=LMAA, nh=41) / packet))


@test
def another_mags_node_cannot_be_impersonated(d):
    victim, _ = attached(d, "s1", "mag1"), attached(d, "s2", "mag2")
    raised(d, "drop_spoof", lambda: tunnelled(d.mag2, inner(victim.address)))


@test
def a_source_without_binding_is_dropped_by_name(d):
    attached(d, "s3", "mag2")
    raised(d, "drop_unbound_src",
           lambda: tunnelled(d.mag2, inner("2001:db8:100:fff0::1")))


@test
def a_tunnel_from_a_stranger_is_dropped_by_name(d):
    node = attached(d, "s4")
    raised(d, "drop_unknown_tunnel", lambda: tunnelled(d.stranger(), inner(node.address)))


@test
def a_free_prefix_of_the_pool_is_dropped_by_name(d):
    raised(d, "drop_no_binding", lambda: ask_once(d.cn, "2001:db8:100:fff1::1"))


@test
def a_used_up_hop_limit_is_told_to_the_network(d):
    node = attached(d, "t1")
    true("reachable", ping(d.cn, node.address))

    def send():
        said = d.cn.run("ping", "-6", "-n", "-c", "1", "-W", "2", "-t", "1", node.address,
                        check=False)
        true(f"time exceeded: {said}", "Time exceeded" in said and CORE_GW in said)
    raised(d, "drop_hop_limit", send)


@test
def a_used_up_hop_limit_is_told_to_the_mobile_node_through_its_tunnel(d):
    node = attached(d, "t2")
    with node.ns:
        ear = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    with ear:
        # Not from the node itself: the kernel's tunnel gives the outer header the inner hop limit.
        last = bytes(IPv6(src=node.address, dst=CN, hlim=1) / ICMPv6EchoRequest(id=7))
        raised(d, "drop_hop_limit", lambda: tunnelled(d.mag1, last))
        ear.settimeout(5)
        while (message := ear.recv(2048))[0] != TIME_EXCEEDED:
            pass
        same("what it quotes", message[8 + 8:8 + 40], last[8:40])


@test
def after_deregistration_packets_are_dropped_by_name_and_then_the_binding_goes(d):
    node = attached(d, "g1")
    answer = d.mag1.ask(node.mn_id, lifetime=0, prefixes=[node.prefix], hi=pmip.HI_UNKNOWN,
                        ll_id=node.ll_id)
    same("status and lifetime", (answer.status, answer.lifetime), (0, 0))
    raised(d, "drop_detached", lambda: ask_once(d.cn, node.address))
    d.lma.until(lambda: not d.lma.bindings(node.mn_id), "the binding to go after its delay")


@test
def every_packet_has_one_verdict(d):
    d.lma.until(lambda: d.lma.imbalance() == 0, "received + originated = verdicts + held")
    true("packets were seen at all", d.lma.stats()["received"] > 0)
