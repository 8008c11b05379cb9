"""What kedge-mag keeps on its access links: to whom a frame belongs, who hears what, a node on
several interfaces. The LMA is ours; the nodes are scripts, on a bridge that hides nobody from anybody.
"""
import socket

import pmip
import roaming
from configs import CN, COA
from kernel import address_bytes
from mag import FIXED_LINK_LOCAL, FIXED_MAC
from scapy.layers.inet6 import (ICMPv6EchoRequest, ICMPv6MLReport2, ICMPv6ND_NS, IPv6,
                                IPv6ExtHdrHopByHop, RouterAlert)
from sentences import same, test, true
from stations import bytes_of, link_local
from tagged import TaggedNode

limit_s = 60
VLAN = 100
TIME_EXCEEDED, ECHO_REPLY, RA, NS, NA = 3, 129, 134, 135, 136
SOLICITED_NODE = "ff02::1:ff00:5213"
ROUTER, ANSWER, OVERRIDE = 0x80, 0x40, 0x20


class Domain(roaming.Roaming):
    """Evidence of a node lasts as long as a test. mag2 knows nobody but those in its table."""
    vlans = (0, VLAN)

    def mag_config(self, name, sock, counter):
        text = super().mag_config(name, sock, counter).replace("probe_after_ms: 2000",
                                                               "probe_after_ms: 60000")
        return text.replace("  realm: example\n", "") if name == "mag2" else text

    def node(self, name, mag=None, vlan=0, mac=None):
        """A node that asked for its router and is bound; its prefix is `prefix`."""
        number = len(self.spaces)
        node = TaggedNode(self, name, mac or f"02:00:00:00:03:{number:02x}", (mag or self.mag1).air)
        node.solicit(vlan)
        node.prefix = (mag or self.mag1).until_bound(node.mac)["prefix"]
        node.hear(RA)
        return node

    def rows(self, mn_id):
        """What mag1 has of that node: interface, MAC, prefix."""
        return sorted((r["interface"], r["mac"], r["prefix"]) for r in self.mag1.nodes()
                      if r["mn_id"] == mn_id)

    def ordered(self, mn_id, interface, handoff, mac):
        """Told by the link layer; its prefix there."""
        self.mag1.order("mag", "attach", mac, "nai", mn_id, "interface", interface,
                        "handoff", handoff)
        return self.mag1.until(lambda: [r["prefix"] for r in self.mag1.nodes(mac)
                                        if (r["state"], r["interface"]) == ("bound", interface)],
                               f"{mac} to be bound at {interface}")[0]

    def deregistrations(self, since):
        return [m for m in self.heard(COA["mag1"], pmip.PBU, since) if m.lifetime == 0]


def inside(prefix, last=7):
    return prefix.replace("::/64", f"::{last:x}")


def echo(source, to=CN, **kw):
    return IPv6(src=source, dst=to, **kw) / ICMPv6EchoRequest(id=7)


def counted(mag, name, act):
    before = mag.counters()[name]
    act()
    mag.until(lambda: mag.counters()[name] > before, f"{name} + 1")
    same(name, mag.counters()[name], before + 1)


def text(raw):
    return socket.inet_ntop(socket.AF_INET6, raw)


# ---- Who is served, and by what it is known

@test
def MAG_PP_01_without_a_row_or_a_realm_a_node_has_no_profile_and_no_service(d):
    stranger = TaggedNode(d, "pp1", "02:00:00:00:03:f1", d.mag2.air)
    before = len(d.heard(COA["mag2"], pmip.PBU))
    stranger.solicit()
    row = d.mag2.until(lambda: d.mag2.node(stranger.mac), "a row of it")
    same("state", row["state"], "refused")
    true(f"reason: {row['reason']}", "no row of nodes" in row["reason"])
    d.node("pp2", d.mag2, mac="02:00:00:00:00:01")  # one in the table is served meanwhile
    names = {m.find(pmip.MnId).ident for m in d.heard(COA["mag2"], pmip.PBU)[before:]}
    same("whom the LMA heard of", names, {b"mn@example"})


@test
def MAG_PP_04_a_solicitation_with_the_address_of_another_is_of_the_one_whose_mac_it_has(d):
    victim = d.node("pp3")
    liar = TaggedNode(d, "pp4", "02:00:00:00:03:f2", d.mag1.air)
    liar.solicit(source=link_local(victim.mac))
    row = d.mag1.until_bound(liar.mac)
    _, frame, packet = liar.hear_frame(RA)
    same("to whom", frame[:6], bytes_of(liar.mac))
    true("with its own prefix", address_bytes(row["prefix"][:-3]) in packet)
    true("not that of the other", row["prefix"] != victim.prefix)
    counted(d.mag1, "drop_spoof", lambda: liar.send(echo(inside(victim.prefix))))
    counted(d.mag1, "drop_spoof", lambda: liar.send(echo(inside(victim.prefix)), src=victim.mac,
                                                    vlan=VLAN))
    victim.send(echo(inside(victim.prefix)))  # the bridge learns again where it is
    same("the other is served on", victim.ask(echo(inside(victim.prefix)), 0, ECHO_REPLY), 0)


# ---- Who hears what

@test
def MAG_LT_01_MAG_FW_10_nodes_of_one_link_hear_nothing_of_each_other_from_the_mag(d):
    one, two = d.node("lt1"), d.node("lt2")
    two.seen.clear()
    for to in ("ff02::1", "ff02::2", "ff02::fb", "ff0e::1", link_local(two.mac)):
        one.send(echo(link_local(one.mac), to))
        one.send(echo(inside(one.prefix), to))
    one.send(IPv6(src=link_local(one.mac), dst="ff02::1:ff00:1", hlim=255) /
             ICMPv6ND_NS(tgt=inside(two.prefix)))
    one.solicit(source=link_local(one.mac))
    one.hear(RA)
    same("one is served", one.ask(echo(inside(one.prefix)), 0, ECHO_REPLY), 0)
    same("and two", two.ask(echo(inside(two.prefix)), 0, ECHO_REPLY), 0)
    of_mag = [(f[:6], text(p[24:40])) for _, f, p in two.seen if f[6:12] == bytes_of(FIXED_MAC)]
    true(f"two heard from the MAG what is its own: {of_mag}",
         all(mac == bytes_of(two.mac) and to == inside(two.prefix) for mac, to in of_mag))


@test
def MAG_RA_10_MAG_RA_06_neighbour_solicitations_are_answered_for_the_routers_addresses_alone(d):
    node = d.node("ra1")
    source, seen = link_local(node.mac), node.seen
    own, anycast = FIXED_LINK_LOCAL, node.prefix.removesuffix("/64")
    wanted = [(own, own, ROUTER | ANSWER | OVERRIDE),
              (own, SOLICITED_NODE, ROUTER | ANSWER | OVERRIDE),
              (anycast, own, ROUTER | ANSWER)]
    for other in (inside(node.prefix, 1), inside(node.prefix), "fe80::77"):
        for source_of_it in (source, "::"):
            node.send(IPv6(src=source_of_it, dst=SOLICITED_NODE, hlim=255) / ICMPv6ND_NS(tgt=other))
    seen.clear()
    for target, to, flags in wanted:
        node.send(IPv6(src=source, dst=to, hlim=255) / ICMPv6ND_NS(tgt=target))
        _, frame, packet = node.hear_frame(NA)
        same(f"{target}: target, flags", (text(packet[48:64]), packet[44]), (target, flags))
        same(f"{target}: link-layer addresses", (frame[6:12], packet[66:72]),
             (bytes_of(FIXED_MAC),) * 2)
    # MAG-RA-06: who looks for duplicates of the router's address hears that there is one.
    node.send(IPv6(src="::", dst=SOLICITED_NODE, hlim=255) / ICMPv6ND_NS(tgt=own))
    packet = node.hear(NA)[1]
    same("defended: to, flags", (text(packet[24:40]), packet[44]), ("ff02::1", ROUTER | OVERRIDE))
    same("answers in all", len([p for _, _, p in seen if p[6] == 58 and p[40] == NA]), 4)


@test
def MAG_RA_09_a_link_that_came_up_again_is_told_without_being_asked(d):
    node = d.node("ra2")
    report = IPv6(src=link_local(node.mac), dst="ff02::16", hlim=1) / \
        IPv6ExtHdrHopByHop(options=RouterAlert()) / ICMPv6MLReport2()
    sent = d.mag1.node(node.mac)["pbus"]

    def told():
        node.send(report, dst="33:33:00:00:00:16")
        return d.mag1.node(node.mac)["pbus"] > sent
    d.mag1.until(told, "it to be registered anew")
    node.hear(RA)


@test
def MAG_RA_03_the_router_is_the_same_one_on_each_mag(d):
    first, second = d.node("ra3"), d.node("ra4", d.mag2, mac="02:00:00:00:00:02")
    seen = []
    for node in (first, second):
        node.solicit()
        _, frame, packet = node.hear_frame(RA)
        seen.append((frame[6:12], text(packet[8:24])))
    same("MAC and link-local address", seen, [(bytes_of(FIXED_MAC), FIXED_LINK_LOCAL)] * 2)


# ---- What leaves the link

@test
def MAG_FW_01_MAG_FW_10_what_is_of_the_link_stays_on_it(d):
    node = d.node("fw1")
    tunnel = d.capture(d.spaces["bb"], "mag1", "stays.pcap", 41)
    for source, to in ((link_local(node.mac), CN), (inside(node.prefix), "ff0e::1"),
                       (inside(node.prefix), "ff02::1"), (inside(node.prefix), "fe80::1"),
                       ("::", CN), ("::1", CN), ("2001:db8:bad::1", CN), (CN, CN)):
        node.send(echo(source, to))
    node.send(echo(inside(node.prefix), hlim=1))
    packet = node.hear(TIME_EXCEEDED)[1]
    same("what is said to have expired", text(packet[56:72]), inside(node.prefix))
    same("what goes", node.ask(echo(inside(node.prefix)), 0, ECHO_REPLY), 0)
    out = {(text(f[62:78]), text(f[78:94])) for f in tunnel.close()
           if f[22:38] == address_bytes(COA["mag1"])}
    same("sources and destinations in the tunnel", out, {(inside(node.prefix), CN)})


# ---- A node on several interfaces

@test
def MAG_MH_01_MAG_REG_16_two_interfaces_of_a_node_are_two_sessions(d):
    macs = ("02:00:00:00:04:01", "02:00:00:00:04:02")
    one = d.ordered("multi@example", "access", "new", macs[0])
    two = d.ordered("multi@example", f"access{VLAN}", "new", macs[1])
    true(f"prefixes differ: {one}, {two}", one != two)
    same("rows", d.rows("multi@example"),
         [("access", macs[0], one), (f"access{VLAN}", macs[1], two)])
    same("bindings", sorted((b["ll_id"], b["prefix"]) for b in d.lma.bindings("multi@example")),
         sorted(zip(macs, (one, two))))
    d.mag1.order("mag", "detach", macs[0], "interface", "access")  # one ends, the other one stays
    d.mag1.until_gone(macs[0])
    d.lma.until(lambda: [b["ll_id"] for b in d.lma.bindings("multi@example")
                         if b["state"] == "active"] == [macs[1]], "the other binding alone")
    same("rows", d.rows("multi@example"), [(f"access{VLAN}", macs[1], two)])


@test
def MAG_MH_01_MAG_HI_02_a_session_that_moves_between_interfaces_is_served_at_the_new_one(d):
    old, seen = "02:00:00:00:04:03", len(d.tap.frames)
    node = TaggedNode(d, "mh1", "02:00:00:00:04:04", d.mag1.air)
    prefix = d.ordered("moves@example", "access", "new", old)
    same("prefix", d.ordered("moves@example", f"access{VLAN}", "interfaces", node.mac), prefix)
    same("HI", [m.find(pmip.Handoff).hi for m in d.heard(COA["mag1"], pmip.PBU, seen)],
         [pmip.NEW_INTERFACE, pmip.BETWEEN_INTERFACES])
    same("rows", d.rows("moves@example"), [(f"access{VLAN}", node.mac, prefix)])
    d.mag1.ctl("mag", "detach", old, "interface", "access")  # comes late, is about nobody
    same("tag of the echo reply", node.ask(echo(inside(prefix)), VLAN, ECHO_REPLY), VLAN)
    same("de-registrations", d.deregistrations(seen), [])


@test
def MAG_MH_02_the_same_interface_of_a_node_at_another_port_ends_the_older_attachment(d):
    seen = len(d.tap.frames)
    node = d.node("mh2")
    mn_id = d.mag1.node(node.mac)["mn_id"]
    node.solicit(VLAN)
    d.mag1.until(lambda: d.rows(mn_id) == [(f"access{VLAN}", node.mac, node.prefix)],
                 "the newer one alone, with its prefix")
    d.mag1.until_bound(node.mac)
    same("tag of the echo reply", node.ask(echo(inside(node.prefix)), VLAN, ECHO_REPLY), VLAN)
    same("de-registrations", d.deregistrations(seen), [])
    counted(d.mag1, "drop_spoof", lambda: node.send(echo(inside(node.prefix))))
