"""What nodes do on an access link of kedge-mag: come, fall silent, talk to each other, lie."""
import socket

from configs import CN
from mag import FIXED_LINK_LOCAL, FIXED_MAC
from roaming import Roaming
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import Ether
from sentences import same, test, true
from traffic import ask_once, ping, transfer

Domain, limit_s = Roaming, 60
MB = 1 << 20
NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT = 135, 136


def raised(program, counter, act, by=1):
    """The counter goes up by exactly that much because of what was done."""
    before = program.counters().get(counter, 0)
    act()
    program.until(lambda: program.counters().get(counter, 0) >= before + by, f"{counter} + {by}")
    same(counter, program.counters()[counter], before + by)


def frame(host, packet, mac=None):
    """A frame of that host's making, true or not."""
    with host.ns, socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("radio0", 0))
        s.send(bytes(Ether(src=mac or host.mac, dst=FIXED_MAC, type=0x86dd) / packet))


def echo(src, dst=CN):
    return IPv6(src=src, dst=dst) / ICMPv6EchoRequest(id=7)


# ---- Coming

@test
def a_node_in_the_table_has_the_name_that_stands_there(d):
    host = d.host("t1", d.mag1, mac="02:00:00:00:00:01")
    same("name", d.mag1.node(host.mac)["mn_id"], "mn@example")
    same("name at the LMA", d.binding(host)["mn_id"], "mn@example")


@test
def a_host_that_looks_for_duplicates_attaches_with_its_first_frame(d):
    host = d.host("t2", d.mag1, dad=True)
    true("ping", ping(d.cn, host.address))
    true("attached at once", d.mag1.node(host.mac)["attach_ms"] < 1000)


@test
def MAG_RA_06_the_routers_address_is_defended_against_a_host_that_takes_it(d):
    host = d.host("t3", d.mag1, dad=True)
    host.ns.ip(f"-6 addr add {FIXED_LINK_LOCAL}/64 dev radio0")
    host.until(lambda: "dadfailed" in host.ns.ip(f"-6 addr show to {FIXED_LINK_LOCAL}"),
               "the kernel to give the router's address up")
    true("ping", ping(d.cn, host.address))


@test
def an_operator_attaches_a_node_by_another_name(d):
    host = d.host("t4")
    d.mag1.attach(host.mac, "named@example")
    host.join(d.mag1.air)
    row = d.mag1.until_bound(host.mac)
    same("name", row["mn_id"], "named@example")
    host.until_addressed()


@test
def a_node_that_the_lma_refuses_gets_no_prefix(d):
    host = d.host("t5", mac="02:00:00:00:00:03").join(d.mag1.air)
    row = d.mag1.until(lambda: d.mag1.node(host.mac), "a row of it")
    row = d.mag1.until(lambda: (r := d.mag1.node(host.mac)) and r["state"] == "refused" and r,
                       "it to be refused")
    same("status", row["status"], 152)
    d.host("t6", d.mag1)  # another one is served meanwhile
    same("addresses", host.addresses(), [])
    same("binding", d.binding(host), None)


# ---- Leaving

def frames_of_type(tap, kind, src=None):
    """ICMPv6 messages of that type; `src`: only from that MAC."""
    src = src and bytes.fromhex(src.replace(":", ""))
    return [f for f in tap.frames if f[54] == kind and src in (None, f[6:12])]


@test
def an_idle_host_answers_probes_and_stays(d):
    host = d.host("s1", d.mag1)
    tap = d.capture(d.air.ns, "s1", "probes.pcap", 58)
    d.mag1.until(lambda: len(frames_of_type(tap, NEIGHBOUR_SOLICITATION, FIXED_MAC)) >= 2,
                 "two probes", 15)
    host.until(lambda: len(frames_of_type(tap, NEIGHBOUR_ADVERTISEMENT, host.mac)) >= 2,
               "two answers")
    same("state", d.mag1.node(host.mac)["state"], "bound")
    true("ping", ping(d.cn, host.address))


@test
def a_host_that_leaves_silently_is_deregistered(d):
    host = d.host("s2", d.mag1)
    host.leave()
    d.mag1.until_gone(host.mac, 10)
    d.lma.until(lambda: not d.binding(host), "the LMA to delete the binding after its delay")


@test
def a_host_that_the_operator_detaches_comes_back_with_its_next_frame(d):
    host = d.host("s3", d.mag1)
    prefix = d.binding(host)["prefix"]
    d.mag1.detach(host.mac)

    def back():
        ask_once(host.ns, CN)
        return (d.binding(host) or {}).get("state") == "active"
    d.mag1.until(back, "its next frames to attach it")
    same("prefix", d.until_served(host, d.mag1)["prefix"], prefix)


# ---- Two of them

@test
def two_hosts_of_one_mag_reach_each_other_through_the_lma(d):
    one, two = d.host("b1", d.mag1), d.host("b2", d.mag1)
    before = d.lma.stats()["tx_hairpin"]
    true("ping", ping(one.ns, two.address))
    transfer(one.ns, two.ns, two.address, 4 * MB)
    true("through the LMA", d.lma.stats()["tx_hairpin"] > before)


@test
def two_hosts_of_two_mags_reach_each_other(d):
    one, two = d.host("b3", d.mag1), d.host("b4", d.mag2)
    true("ping", ping(one.ns, two.address))
    transfer(one.ns, two.ns, two.address, 4 * MB)


# ---- Lies

@test
def the_source_of_another_node_is_dropped_by_name(d):
    victim, liar = d.host("l1", d.mag1), d.host("l2", d.mag1)
    raised(d.mag1, "drop_spoof", lambda: frame(liar, echo(victim.address)))


@test
def the_link_layer_address_of_another_node_is_dropped_by_name(d):
    victim, liar = d.host("l3", d.mag1), d.host("l4", d.mag1)
    raised(d.mag1, "drop_spoof", lambda: frame(liar, echo(liar.address), mac=victim.mac))
    true("the victim is served on", ping(victim.ns, CN))
    same("as the same", d.mag1.node(victim.mac)["state"], "bound")


def burst(host, packets):
    """Frames of that host's making, as quick as can be; each may have a MAC of its own."""
    frames = [bytes(Ether(src=mac, dst=FIXED_MAC, type=0x86dd) / packet) for mac, packet in packets]
    with host.ns, socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("radio0", 0))
        for f in frames:
            s.send(f)


def unbound(d, liar, source):
    """Control looks at a few of them, as at any sign of a node; the others have a name."""
    before = d.mag1.counters()
    burst(liar, [(liar.mac, echo(source))] * 200)
    d.mag1.until(lambda: d.mag1.drops()["drop_unbound_src"] > before["drop_unbound_src"] + 100,
                 "drop_unbound_src + 100")
    same("what went on", d.mag1.stats()["tx_uplink"] - before["tx_uplink"], 0)


@test
def the_source_of_a_node_at_another_mag_is_dropped_by_name(d):
    victim, liar = d.host("l5", d.mag2), d.host("l6", d.mag1)
    unbound(d, liar, victim.address)


@test
def MAG_FW_05_a_source_outside_all_pools_is_dropped_by_name(d):
    unbound(d, d.host("l7", d.mag1), "2001:db8:bad::1")


@test
def SEC_01_who_makes_addresses_up_is_policed_and_others_are_served(d):
    host, liar = d.host("l8", d.mag1), d.host("l9", d.mag1)
    dropped = d.mag1.drops()["drop_unbound_src"]
    burst(liar, [(f"02:66:00:00:{i >> 8:02x}:{i & 255:02x}", echo("2001:db8:bad::2"))
                 for i in range(4000)])
    true("ping", ping(host.ns, CN))
    true("some had to wait", d.mag1.drops()["drop_unbound_src"] > dropped)
    true("table has its size", len(d.mag1.nodes()) <= 1024)
    same("the honest one", d.mag1.node(host.mac)["state"], "bound")
    for program in (d.mag1, d.lma):  # who was made up need not be probed away
        program.balances()
        program.kill()
        program.start()
