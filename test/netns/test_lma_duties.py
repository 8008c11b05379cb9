"""What else RFC 5213 asks of an LMA that runs: its routes, the life of its tunnels, what gets no
service from it, and what it writes down of those that it refuses."""
import ipaddress
import re
import socket
import time

from scapy.layers.inet6 import (ICMPv6EchoRequest, HAO, ICMPv6ND_NA, ICMPv6ND_NS,
                                ICMPv6NDOptSrcLLAddr, IPv6, IPv6ExtHdrDestOpt)
from scapy.layers.l2 import Ether

import pmip
from capture import packet_socket
from configs import CN, COA, CORE_GW, LMAA, POOL
from sentences import same, test, true
from traffic import ping

limit_s = 120
ETH_IPV6 = 0x86dd
OURS = 213                       # the protocol of the routes that Kedge tells the kernel
ECHO_REQUEST, ECHO_REPLY, HOME_AGENT_TYPES = 128, 129, (144, 145, 146, 147)


def uplink(mag, source, to=CN):
    """A packet from a tunnel of that MAG."""
    mag.send_packet(bytes(IPv6(src=mag.coa, dst=LMAA, nh=41) / IPv6(src=source, dst=to) /
                          ICMPv6EchoRequest(id=9)))


def raised(d, counter, act):
    before = d.lma.counters().get(counter, 0)
    act()
    d.lma.until(lambda: d.lma.counters().get(counter, 0) > before, f"{counter} + 1")
    same(counter, d.lma.counters()[counter], before + 1)


# ---- Routes.

@test
def the_kernel_is_told_of_each_pool_and_of_no_prefix_in_it(d):
    # LMA-FW-01: the aggregate, for a routing daemon to announce.
    def told():
        return [line.split()[:2] for line in
                d.spaces["lma"].ip(f"-6 route show table all proto {OURS}").splitlines()]
    same("before", told(), [["blackhole", POOL]])
    nodes = [d.node(f"r{i}").attach() for i in range(2)]
    same("with bindings", told(), [["blackhole", POOL]])
    for node in nodes:
        same("of its prefix", d.spaces["lma"].ip(f"-6 route show table all {node.prefix}"), "")


def solicitation(target, mac):
    group = ipaddress.ip_address(int(ipaddress.ip_address("ff02::1:ff00:0")) |
                                 int(ipaddress.ip_address(target)) & 0xffffff)
    to = "33:33:" + ":".join(f"{b:02x}" for b in group.packed[-4:])
    return bytes(Ether(src=mac, dst=to) / IPv6(src=CN, dst=str(group), hlim=255) /
                 ICMPv6ND_NS(tgt=target) / ICMPv6NDOptSrcLLAddr(lladdr=mac))


@test
def nobody_answers_for_a_mobile_nodes_address_on_the_core_link(d):
    # LMA-REG-07: no proxy neighbour discovery, and no duplicate address detection for it.
    mac = d.cn.ip("-br link show core0").split()[2]
    with packet_socket(d.cn, "core0", ETH_IPV6) as s:
        s.settimeout(5)
        node = d.node("p1").attach()
        for target in (node.address, CORE_GW):
            s.send(solicitation(target, mac))
        said = []
        while not any(p.haslayer(ICMPv6ND_NA) and p[ICMPv6ND_NA].tgt == CORE_GW for p in said):
            said.append(Ether(s.recv(2048)))
    home = ipaddress.ip_network(POOL)
    same("about home addresses", [p.summary() for p in said for kind in (ICMPv6ND_NA, ICMPv6ND_NS)
                                  if p.haslayer(kind) and p.src != mac and
                                  ipaddress.ip_address(p[kind].tgt) in home], [])


# ---- Tunnels.

@test
def a_tunnel_lasts_as_long_as_a_binding_uses_it(d):
    one, two = d.node("t1").attach(), d.node("t2").attach()
    others = [b for b in d.lma.bindings() if b["proxy_coa"] == d.mag1.coa and
              b["mn_id"] not in (one.mn_id, two.mn_id)]
    for b in others:
        same("status", d.mag1.ask(b["mn_id"], lifetime=0, prefixes=[b["prefix"]],
                                  hi=pmip.HI_UNKNOWN).status, 0)
    d.lma.until(lambda: not any(d.lma.bindings(b["mn_id"]) for b in others), "only two left")
    # LMA-HO-03: one has moved, the tunnel is still the other one's.
    same("status", d.mag2.ask(one.mn_id, hi=pmip.BETWEEN_MAGS, ll_id=one.ll_id).status, 0)
    raised(d, "drop_spoof", lambda: uplink(d.mag1, one.address))
    true("the other one's packets pass", ping(two.ns, CN))
    # The last one has moved: nobody is let in from there.
    same("status", d.mag2.ask(two.mn_id, hi=pmip.BETWEEN_MAGS, ll_id=two.ll_id).status, 0)
    raised(d, "drop_unknown_tunnel", lambda: uplink(d.mag1, one.address))
    raised(d, "drop_unknown_tunnel", lambda: uplink(d.mag1, two.address))
    # And back: it is made anew.
    same("status", d.mag1.ask(two.mn_id, hi=pmip.BETWEEN_MAGS, ll_id=two.ll_id).status, 0)
    true("its packets pass again", ping(two.ns, CN))


@test
def a_tunnel_ends_with_the_lifetime_of_its_last_binding(d):
    # LMA-FW-16.
    mag = d.mag2
    for b in d.lma.bindings():
        if b["proxy_coa"] == mag.coa:
            mag.ask(b["mn_id"], lifetime=0, prefixes=[b["prefix"]], hi=pmip.HI_UNKNOWN,
                    ll_id=bytes.fromhex((b["ll_id"] or "").replace(":", "")))
    d.lma.until(lambda: not [b for b in d.lma.bindings() if b["proxy_coa"] == mag.coa], "none left")
    node = d.node("e1", "mag2").attach(lifetime=4)
    raised(d, "tx_uplink", lambda: uplink(mag, node.address))
    d.lma.until(lambda: not d.lma.bindings(node.mn_id), "its lifetime to end")
    raised(d, "drop_unknown_tunnel", lambda: uplink(mag, node.address))


@test
def a_tunnel_outlives_a_deregistration_for_the_delay(d):
    # LMA-FW-16: what waits to be deleted still counts.
    mag = d.mag2
    same("bindings of that MAG", [b for b in d.lma.bindings() if b["proxy_coa"] == mag.coa], [])
    node = d.node("w1", "mag2").attach()
    same("status", mag.ask(node.mn_id, lifetime=0, prefixes=[node.prefix], hi=pmip.HI_UNKNOWN,
                           ll_id=node.ll_id).status, 0)
    raised(d, "drop_detached", lambda: uplink(mag, node.address))
    d.lma.until(lambda: not d.lma.bindings(node.mn_id), "its delay to end")
    raised(d, "drop_unknown_tunnel", lambda: uplink(mag, node.address))


@test
def a_static_tunnel_stays_without_bindings(d):
    # LMA-HO-03, LMA-FW-10: what comes out of it is judged by its inner source.
    usual = d.lma.config
    d.lma.stop()
    d.lma.config = d.write("static.yaml", d.lma_config().replace(
        f"address: {COA['mag2']}\n", f"address: {COA['mag2']}\n    static_tunnel: true\n"))
    d.lma.start()
    try:
        raised(d, "drop_unbound_src", lambda: uplink(d.mag2, "2001:db8:100:7::1"))
        raised(d, "drop_unknown_tunnel", lambda: uplink(d.mag1, "2001:db8:100:7::1"))
        node = d.node("s1", "mag2").attach()
        raised(d, "tx_uplink", lambda: uplink(d.mag2, node.address))
        same("status", d.mag1.ask(node.mn_id, hi=pmip.BETWEEN_MAGS, ll_id=node.ll_id).status, 0)
        raised(d, "drop_spoof", lambda: uplink(d.mag2, node.address))
    finally:
        d.lma.stop()
        d.lma.config = usual
        d.lma.start()


# ---- No service.

@test
def home_agent_discovery_and_prefix_discovery_get_no_service(d):
    # LMA-FW-17: ICMPv6 144..147. The echo afterwards shows that the LMA was there to answer.
    with d.mag1.ns:
        ear = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    with ear:
        ear.settimeout(5)
        for kind in HOME_AGENT_TYPES:
            ear.sendto(bytes([kind, 0, 0, 0, 0, 7, 0, 0]), (LMAA, 0))
        ear.sendto(bytes([ECHO_REQUEST, 0, 0, 0, 0, 7, 0, 1]), (LMAA, 0))
        said = []
        while ECHO_REPLY not in said:
            message, (source, *_) = ear.recvfrom(2048)
            if source == LMAA:
                said.append(message[0])
    same("answers", said, [ECHO_REPLY])


@test
def return_routability_gets_no_service(d):
    # LMA-FW-17: MH 1..4 are nothing that this node knows (WIRE-06).
    for kind in (1, 2, 3, 4):
        raw = pmip.write(pmip.Body(mhtype=kind), [b"\0" * 10])
        d.mag1.send(pmip.seal(raw, d.mag1.coa, LMAA))
        answer = d.mag1.hear()
        same(f"answer to type {kind}", (answer.body.mhtype, answer.status), (pmip.BE, 2))


@test
def a_home_address_option_is_not_missed_and_not_taken(d):
    # LMA-RX-03: a PBU has none, and that is no error. WIRE-15: one that comes with it names nobody.
    answer = d.mag1.ask("plain@example", ll_id=b"\2\0\0\0\1\1")
    same("without one", answer.status, 0)
    mh = d.mag1.pbu("dressed@example", ll_id=b"\2\0\0\0\1\2")
    home = HAO(hoa=str(ipaddress.ip_network(answer.prefixes[0], strict=False)[1]))
    packet = IPv6(src=d.mag1.coa, dst=LMAA) / IPv6ExtHdrDestOpt(nh=pmip.MH, options=[home]) / mh
    raised(d, "drop_ext_headers", lambda: d.mag1.send_packet(bytes(packet)))
    same("binding", d.lma.bindings("dressed@example"), [])
    (binding,) = d.lma.bindings("plain@example")
    same("the other one's", binding["proxy_coa"], d.mag1.coa)


# ---- The log.

def refusals(d, mn_id):
    return [line for line in d.lma.log if mn_id in line]


@test
def a_refusal_is_logged_with_node_mag_and_status(d):
    # SEC-06.
    same("status", d.mag1.ask("stolen@example").status, 152)
    d.lma.until(lambda: refusals(d, "stolen@example"), "a line of the log")
    line = refusals(d, "stolen@example")[-1]
    true(f"names the MAG: {line}", d.mag1.coa in line)
    true(f"names the status: {line}", re.search(r"\b152\b", line))


@test
def a_thousand_refusals_are_a_few_lines_and_a_number(d):
    # SEC-06: limited in rate, and what is left out is said.
    before, begin = len(d.lma.log), time.monotonic()
    for _ in range(1000):
        d.mag1.send(d.mag1.pbu("stolen@example"))
    while d.mag1.hear(timeout=0.3):
        pass
    seconds = int(time.monotonic() - begin) + 2
    lines = [line for line in d.lma.log[before:] if "stolen@example" in line]
    true(f"{len(lines)} lines in {seconds} s", 1 <= len(lines) <= 10 * seconds)

    def next_refusal():
        d.mag1.ask("stolen@example")
        return any("left out" in line for line in d.lma.log[before:])
    d.lma.until(next_refusal, "what was left out to be said")
