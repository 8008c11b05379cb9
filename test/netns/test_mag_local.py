"""Nodes of one MAG among themselves (RFC 5213 6.10.5, EnableMAGLocalRouting), a hundred of them at once,
and what rdisc6, which is not ours, makes of the router they see."""
import subprocess

import pmip
from air import DEV
from configs import CN, COA
from kernel import Failed
from mag import FIXED_LINK_LOCAL, FIXED_MAC
from roaming import Roaming
from sentences import same, test, true
from traffic import ping, transfer

limit_s = 90
MB = 1 << 20
CROWD = 100
PROFILES = """\
profiles:
  - match: mn@example
    local_routing: off
  - match: stolen@example
    permit: false
  - match: "@example"
"""


class Domain(Roaming):
    """mag1 routes locally, but not for mn@example; mag2 leaves link-local addresses to the LMA."""

    def mag_config(self, name, sock, counter):
        text = super().mag_config(name, sock, counter)
        old, new = ("  realm: example\n", "  realm: example\n  local_routing: true\n") \
            if name == "mag1" else ("  realm: example\n", "  realm: example\n  link_local: '::'\n")
        true(f"room for {new}", old in text)
        return text.replace(old, new) + PROFILES


def uplink(mag):
    return mag.stats()["tx_uplink"]


def discovered(host, *options, timeout=10):
    """What rdisc6 prints; its lines."""
    done = subprocess.run(host.ns.command("rdisc6", "-1", "-w", "3000", *options, DEV),
                          capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode == 127:  # it would look like silence
        raise Failed("rdisc6 is not installed (tools/setup check)")
    return done.returncode, [" ".join(line.split()) for line in done.stdout.splitlines()]


@test
def MAG_FW_04_two_nodes_of_one_mag_talk_without_visiting_the_lma(d):
    a, b = d.host("n1", d.mag1), d.host("n2", d.mag1)
    true("ping", ping(a.ns, b.address))
    before, hairpin = d.mag1.stats(), d.lma.stats()["tx_hairpin"]
    transfer(a.ns, b.ns, b.address, 20 * MB)
    after = d.mag1.stats()
    true(f"packets straight to the node: {after['tx_local'] - before['tx_local']}",
         after["tx_local"] - before["tx_local"] > 20 * MB // 1500)
    same("packets of nodes at the LMA", d.lma.stats()["tx_hairpin"], hairpin)
    true("the correspondent is reached through the tunnel (MAG-FW-07)", ping(a.ns, CN))


@test
def MAG_FW_04_a_profile_goes_before_the_flag(d):
    a, c = d.hosts["n1"], d.host("n3", d.mag1, mac="02:00:00:00:00:01")  # mn@example
    hairpin, local = d.lma.stats()["tx_hairpin"], d.mag1.stats()["tx_local"]
    true("ping", ping(a.ns, c.address))
    # Neighbours of a transfer that has just ended may still say good-bye.
    straight = d.mag1.stats()["tx_local"] - local
    true(f"packets straight to the node: {straight}", straight < 5)
    true("by the LMA", d.lma.stats()["tx_hairpin"] >= hairpin + 6)
    same("shown", (d.mag1.node(a.mac)["local_routing"], d.mag1.node(c.mac)["local_routing"]),
         ("on", "off"))


@test
def MAG_PP_03_MAG_RA_01_a_node_that_is_not_permitted_gets_no_advertisement_and_no_forwarding(d):
    liar = d.host("liar", mac="02:00:00:00:00:03").join(d.mag1.air)  # stolen@example
    d.mag1.until(lambda: (r := d.mag1.node(liar.mac)) and r["state"] == "refused", "the refusal")
    code, lines = discovered(liar)
    true(f"rdisc6 hears nothing: {lines}", code != 0 and not any("Prefix" in s for s in lines))
    prefix = d.binding(d.hosts["n1"])["prefix"].replace("::/64", "::66")
    liar.ns.ip(f"-6 addr add {prefix}/64 dev {DEV} nodad")
    liar.ns.ip(f"-6 neigh replace {FIXED_LINK_LOCAL} lladdr {FIXED_MAC} dev {DEV}")
    liar.ns.ip(f"-6 route replace default via {FIXED_LINK_LOCAL} dev {DEV}")
    before = d.mag1.drops()["drop_spoof"]
    subprocess.run(liar.ns.command("ping", "-6", "-c", "1", "-W", "1", "-I", prefix, CN),
                   capture_output=True, timeout=10, check=False)
    d.mag1.until(lambda: d.mag1.drops()["drop_spoof"] > before, "its packet to be dropped by name")
    same("bindings", d.binding(liar), None)


@test
def MAG_RA_04_MAG_RA_07_rdisc6_sees_one_router_with_the_nodes_prefix(d):
    a = d.hosts["n1"]
    code, lines = discovered(a)
    same(f"exit code of rdisc6: {lines}", code, 0)
    text = "\n".join(lines)
    prefix = d.binding(a)["prefix"]
    for wanted in (f"Prefix : {prefix}", "Source link-layer address: 00:00:5E:00:52:13",
                   "MTU : 1500", "Router lifetime : 1800", f"from {FIXED_LINK_LOCAL}",
                   "Valid time : 2592000", "Pref. time : 604800", "Stateful address conf. : No"):
        true(f"'{wanted}' in\n{text}", wanted in text)
    same("prefixes", text.count("Prefix :"), 1)


def asked_for(host, target):
    """What ndisc6 learns of the one that has this address; its lines."""
    done = subprocess.run(host.ns.command("ndisc6", "-1", "-r", "1", "-w", "2000", target, DEV),
                          capture_output=True, text=True, timeout=10, check=False)
    if done.returncode == 127:
        raise Failed("ndisc6 is not installed (tools/setup check)")
    return done.returncode, " ".join(done.stdout.split())


@test
def MAG_RA_10_of_a_nodes_prefix_the_mag_has_the_anycast_address_alone(d):
    a, b = d.host("r1", d.mag1), d.host("r2", d.mag1)
    prefix, others = (d.binding(host)["prefix"].replace("/64", "") for host in (a, b))
    for target in (FIXED_LINK_LOCAL, prefix):  # probes of the router, and of any router there
        code, said = asked_for(a, target)
        true(f"{target} is answered: {said}", code == 0 and FIXED_MAC in said.lower())
    for other in (f"{prefix}1", others):
        code, said = asked_for(a, other)
        true(f"{other} is nobody's: {said}", code != 0 and FIXED_MAC not in said.lower())


@test
def MAG_REG_11_MAG_REG_08_without_a_fixed_address_the_lma_gives_one_that_stays(d):
    seen = len(d.tap.frames)
    host = d.host("n4", d.mag2)
    given = d.mag2.node(host.mac)["link_local"]
    pbu, pba = d.heard(COA["mag2"], pmip.PBU, seen)[0], None
    same("asked for with zero", pbu.find(pmip.LinkLocal).address, "::")
    pba = next(m for m in d.heard("2001:db8:1a::1", pmip.PBA, seen) if m.find(pmip.LinkLocal))
    same("given, and in use", pba.find(pmip.LinkLocal).address, given)
    code, lines = discovered(host)
    true(f"the router's address: {lines}", code == 0 and f"from {given}" in "\n".join(lines))
    true("ping", ping(host.ns, CN))
    true("answers for it", given in host.ns.ip("-6 route show default"))


@test
def a_hundred_linux_hosts_attach_at_once(d):
    hosts = [d.host(f"h{n}") for n in range(CROWD)]
    d.air.ns.batch(*(line for h in hosts for line in (
        f"link set {h.name} master {d.mag1.air}",
        f"link set {h.name} type bridge_slave isolated on", f"link set {h.name} up")))
    for host in hosts:
        d.mag1.until_bound(host.mac, 30)
        host.until_addressed(30)
    bound = {b["ll_id"]: b["prefix"] for b in d.lma.bindings() if b["state"] == "active"}
    same("hosts with a prefix each", len({bound[h.mac] for h in hosts}), CROWD)
    for host in hosts[::10]:
        true("ping", ping(host.ns, CN))
