"""DHCPv6 of mobile nodes, relayed by kedge-mag: servers and clients that know nothing of mobility.

    dns ---- bb ---- mag1 ---- br1 )))  host with a DHCPv6 client
    ear -----'`----- mag2 ---- br2 )))

Both servers are told to the MAGs, each gets every message: the one that leases, or the script that
a test plays. The node's prefix is the LMA's choice, so a server is started when it is known.
"""
import contextlib
import os
import socket
import subprocess

import dhcp
import kernel
import roaming
from configs import ACCESS_MTU, BACKBONE_MTU, CN
from dhcp import Client, ScriptedServer, Server, counted, message_in, relay_reply
from mag import FIXED_LINK_LOCAL, FIXED_MAC
from scapy.layers.dhcp6 import (DHCP6_Advertise, DHCP6_RelayForward, DHCP6_Reply, DHCP6_Request,
                                DHCP6_Solicit, DHCP6OptClientId, DHCP6OptClientLinkLayerAddr,
                                DHCP6OptIA_NA, DHCP6OptIA_PD, DHCP6OptIAAddress,
                                DHCP6OptIAPrefix, DHCP6OptIfaceId, DHCP6OptRelayMsg,
                                DHCP6OptServerId, DHCP6OptUnknown, DUID_LL)
from scapy.layers.inet import UDP
from scapy.layers.inet6 import ICMPv6ND_RA, ICMPv6NDOptPrefixInfo, IPv6
from scapy.layers.l2 import Ether
from scapy.utils6 import in6_mactoifaceid
from sentences import Skip, same, test, true
from traffic import ping

limit_s = 90
SERVER, EAR = "2001:db8:d::53", "2001:db8:e::53"
FIXED_IDENTIFIER = "200:5eff:fe00:5213"  # RFC 6543
ALL_RELAYS, CLIENT_PORT, SERVER_PORT = "ff02::1:2", 546, 547
OUTSIDE = "2001:db8:bad::7"
LONGEST = ACCESS_MTU - 40 - 8  # octets of an answer that go to a node in one packet
IPV6 = 0x86dd
SERVER_ID = DHCP6OptServerId(duid=DUID_LL(lladdr="02:00:00:00:0d:0c"))


def needed():
    if why := dhcp.lacks():
        raise Skip(why)


class Domain(roaming.Roaming):
    keys = "dhcp: stateful"

    def _wire(self):
        super()._wire()
        for name, address in (("dns", SERVER), ("ear", EAR)):
            ns, net = self.namespace(name), address.removesuffix("53")
            kernel.link(self.spaces["bb"], f"{name}0", ns, "net0", BACKBONE_MTU)
            self.spaces["bb"].ip(f"-6 addr add {net}1/64 dev {name}0 nodad")
            ns.ip(f"-6 addr add {address}/64 dev net0 nodad")
            ns.ip(f"-6 route add default via {net}1")
        self.ear = ScriptedServer(self.spaces["ear"], EAR)
        self._undo.callback(self.ear.close)

    def mag_config(self, *args, **kw):
        text = super().mag_config(*args, **kw)
        return text.replace("\nmag:\n", f"\nmag:\n  {self.keys}\n"
                                        f"  dhcp_servers: [{SERVER}, {EAR}]\n", 1)

    def lma_config(self):
        return super().lma_config().replace(
            "profiles:\n", "profiles:\n  - match: other@example\n    prefix_count: 3\n", 1)

    def server(self, *prefixes, **kw):
        needed()
        return Server(self.spaces["dns"], self.dir, prefixes, **kw)

    def joined(self, name, mag, **kw):
        """A host that the MAG serves and that has no address but its link-local one."""
        host = self.host(name, **kw).join(mag.air)
        return host, mag.until_bound(host.mac)["prefix"]

    def client(self, host, *options):
        needed()
        return Client(host, self.dir, *options)


def link_local(host):
    return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(
        socket.AF_INET6, "fe80::" + in6_mactoifaceid(host.mac)))


def inside(address, prefix):
    return address.startswith(prefix.removesuffix(":/64"))


# ---- Addresses

@test
def MAG_DH_01_a_node_gets_its_address_from_a_server_by_its_home_network_prefix(d):
    host, prefix = d.joined("a1", d.mag1)
    with d.server("2001:db8:77::/64", prefix), d.client(host) as client:
        got = client.until("BOUND6")
        true(f"{got['address']} is in {prefix}", inside(got["address"], prefix))
        same("DNS server", got["dns"], dhcp.DNS)
        same("addresses", host.until_addressed(), got["address"])
        true("ping", ping(d.cn, got["address"]))


@test
def MAG_RA_02_MAG_DH_02_the_node_is_told_to_ask_a_server_and_makes_no_address_itself(d):
    host = d.host("a2")
    with contextlib.closing(Air(host)) as air:
        host.join(d.mag1.air)
        advert = air.next_of(ICMPv6ND_RA)[ICMPv6ND_RA]
    same("M and O", (advert.M, advert.O), (1, 0))
    same("L and A", (advert[ICMPv6NDOptPrefixInfo].L, advert[ICMPv6NDOptPrefixInfo].A), (1, 0))
    d.mag1.until_bound(host.mac)
    same("addresses", host.addresses(), [])


@test
def MAG_DH_01_a_node_with_several_prefixes_is_known_by_the_lowest_and_may_lease_from_all(d):
    host, _ = d.joined("a3", d.mag1, mac="02:00:00:00:00:02")
    prefixes = sorted((row["prefix"] for row in d.mag1.nodes(host.mac)),
                      key=lambda p: socket.inet_pton(socket.AF_INET6, p[:-3]))
    same("prefixes", len(prefixes), 3)
    with contextlib.closing(Air(host)) as air:
        relay, forward = relayed(d, air)
        same("link-address", forward.linkaddr, prefixes[0].replace("::/64", ":" + FIXED_IDENTIFIER))
        for prefix in prefixes:
            answer = lease(message_in(forward), prefix.replace("::/64", "::7"))
            counted(d.mag1, "dhcp_answered",
                    lambda a=answer: d.ear.send(relay, relay_reply(forward, a)))
            same("message", bytes(first_answer(air)[UDP].payload), bytes(answer))


# ---- From MAG to MAG

@test
def MAG_DH_02_a_node_that_moves_confirms_and_renews_the_same_lease(d):
    host, prefix = d.joined("m1", d.mag1)
    seen = len(d.ear.heard)
    with d.server(prefix) as server, d.client(host) as client:
        address = client.until("BOUND6")["address"]
        client.kill()
        host.move_to(d.mag2.air)
        same("prefix", d.mag2.until_bound(host.mac)["prefix"], prefix)
        client.advance_to_renewal()
        client.start()
        same("renewed", client.until("RENEW6")["address"], address)
        true("ping", ping(d.cn, address))
        for message in ("REQUEST", "CONFIRM", "RENEW"):
            server.until_said(rf"DHCP{message}\(net0\) ")
    ways = {(relay, forward.linkaddr) for relay, forward in d.ear.heard[seen:]}
    link = prefix.replace("::/64", ":" + FIXED_IDENTIFIER)
    same("relays and their link-address", ways, {(d.mag1.coa, link), (d.mag2.coa, link)})


@test
def MAG_DH_03_every_server_gets_every_message_and_who_sent_it(d):
    host, prefix = d.joined("m2", d.mag2)
    seen = len(d.ear.heard)
    with d.server(prefix), d.client(host) as client:
        client.until("BOUND6")
    types = {type(message_in(forward)) for _, forward in d.ear.heard[seen:]}
    true(f"the other one hears them, too: {types}", {DHCP6_Solicit, DHCP6_Request} <= types)
    _, forward = d.ear.heard[seen]
    same("hops, peer", (forward.hopcount, forward.peeraddr), (0, link_local(host)))
    true("its MAC is in the Interface-ID",
         bytes.fromhex(host.mac.replace(":", "")) in forward[DHCP6OptIfaceId].ifaceid)
    same("its MAC as RFC 6939 has it", forward[DHCP6OptClientLinkLayerAddr].clladdr, host.mac)


# ---- Not before the PBA

@test
def MAG_DH_04_nothing_is_relayed_before_the_lma_has_accepted_the_node(d):
    needed()
    d.lma.kill()
    host, seen = d.host("n1").join(d.mag1.air), len(d.ear.heard)
    d.mag1.until(lambda: d.mag1.node(host.mac), "the MAG to see it")
    before = d.mag1.stats()
    with d.client(host) as client:
        d.mag1.until(lambda: d.mag1.stats()["dhcp_not_bound"] >= before["dhcp_not_bound"] + 2,
                     "two messages to be dropped")
        same("relayed", d.mag1.stats()["dhcp_relayed"], before["dhcp_relayed"])
        same("heard", d.ear.heard[seen:], [])
        d.lma.start()
        prefix = d.mag1.until_bound(host.mac, 40)["prefix"]
        with d.server(prefix):
            true("its address", inside(client.until("BOUND6", 60)["address"], prefix))


# ---- Answers, good and bad

def alone(option):
    option = option.copy()
    option.remove_payload()
    return option


def lease(message, address, kind=DHCP6_Reply):
    """An answer to that message: this address."""
    return kind(trid=message.trid) / alone(message[DHCP6OptClientId]) / SERVER_ID / DHCP6OptIA_NA(
        iaid=message[DHCP6OptIA_NA].iaid, T1=1800, T2=2880,
        ianaopts=[DHCP6OptIAAddress(addr=address, preflft=3600, validlft=7200)])


def leases(address):
    """A server that has this address for everybody."""
    kinds = {DHCP6_Solicit: DHCP6_Advertise, DHCP6_Request: DHCP6_Reply}

    def answer(message):
        kind = kinds.get(type(message))
        return lease(message, address, kind) if kind else None
    return answer


@contextlib.contextmanager
def answering(ear, answer):
    ear.answer = answer
    try:
        yield
    finally:
        ear.answer = None


@test
def MAG_DH_04_a_lease_outside_the_home_network_prefixes_is_dropped_by_name_and_told(d):
    host, prefix = d.joined("l1", d.mag1)
    good, before = prefix.replace("::/64", "::abc"), d.mag1.stats()
    with d.client(host) as client:
        with answering(d.ear, leases(OUTSIDE)):
            d.mag1.until(lambda: d.mag1.stats()["dhcp_lease_outside"] >
                         before["dhcp_lease_outside"], "a lease to be dropped")
            d.mag1.until(lambda: any(f"leases {OUTSIDE}/128" in line and host.mac in line
                                     for line in d.mag1.log), "a line in the log")
            same("answers", d.mag1.stats()["dhcp_answered"], before["dhcp_answered"])
            same("addresses", host.addresses(), [])
        with answering(d.ear, leases(good)):
            same("a good one", client.until("BOUND6")["address"], good)


def solicit():
    duid = DUID_LL(lladdr="02:00:00:00:0c:1d")
    return DHCP6_Solicit(trid=0x70ad) / DHCP6OptClientId(duid=duid) / DHCP6OptIA_NA(iaid=7)


class Air:
    """A host's interface, frame by frame."""

    def __init__(self, host):
        self.host = host
        with host.ns:
            self._sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(IPV6))
        self._sock.bind(("radio0", IPV6))
        self._sock.settimeout(10)

    def send(self, message, src=None, dst=ALL_RELAYS, **udp):
        mac = "33:33:00:01:00:02" if dst == ALL_RELAYS else FIXED_MAC
        packet = IPv6(src=src or link_local(self.host), dst=dst, hlim=1) / \
            UDP(**{"sport": CLIENT_PORT, "dport": SERVER_PORT, **udp}) / message
        self._sock.send(bytes(Ether(src=self.host.mac, dst=mac, type=IPV6) / packet))

    def next_of(self, layer, wanted=lambda frame: True):
        """The next frame with that layer that is wanted."""
        while True:
            frame = Ether(self._sock.recv(65536))
            if layer in frame and wanted(frame):
                return frame

    def close(self):
        self._sock.close()


def first_answer(air):
    """The first frame with a server's message that came to that host and was not looked at yet."""
    return air.next_of(UDP, lambda f: f[UDP].dport == CLIENT_PORT)


def relayed(d, air, **how):
    """A message of that host, as the other server hears it: relay and Relay-forward."""
    seen = len(d.ear.heard)
    air.send(solicit(), **how)
    return d.ear.until_heard(
        lambda _, f: f.peeraddr == link_local(air.host), "the message", seen)


def of_node(forward, mac):
    """Its Interface-ID names that MAC."""
    forward, mac = DHCP6_RelayForward(bytes(forward)), bytes.fromhex(mac.replace(":", ""))
    option = forward[DHCP6OptIfaceId]
    option.ifaceid = option.ifaceid[:-6] + mac
    return forward


def shorter_than(prefix):
    """A delegated prefix that has the home network prefix in it, and more."""
    return DHCP6OptIA_PD(iaid=8, T1=10, T2=20, iapdopt=[
        DHCP6OptIAPrefix(preflft=30, validlft=40, plen=60, prefix=prefix[:-3])])


def padded(message, size):
    """Made so long with an option that nobody knows."""
    return message / DHCP6OptUnknown(optcode=0xfff0, data=bytes(size - len(message) - 4))


@test
def MAG_DH_04_every_bad_answer_is_dropped_by_its_name_and_the_good_one_is_for_its_node_alone(d):
    host, prefix = d.joined("b1", d.mag1)
    refused = d.host("b2", mac="02:00:00:00:00:03").join(d.mag1.air)
    d.mag1.until(lambda: (d.mag1.node(refused.mac) or {}).get("state") == "refused", "a refusal")
    with contextlib.closing(Air(host)) as air:
        relay, forward = relayed(d, air)
        good = lease(message_in(forward), prefix.replace("::/64", "::7"))
        answer = relay_reply(forward, good)
        other = OUTSIDE.replace("::7", "::1")
        bad = {
            "dhcp_answer_malformed": [bytes(answer)[:-3], b""],
            "dhcp_answer_unexpected": [relay_reply(forward, answer), forward, bytes(good),
                                       relay_reply(forward, solicit()),
                                       relay_reply(forward, good, peeraddr="2001:db8::1")],
            "dhcp_unknown_node": [relay_reply(of_node(forward, mac), good)
                                  for mac in (refused.mac, "02:00:00:00:77:77", "02",
                                              host.mac + ":00")],
            "dhcp_other_session": [relay_reply(forward, good, linkaddr=other)],
            "dhcp_lease_outside": [relay_reply(forward, lease(message_in(forward), OUTSIDE)),
                                   relay_reply(forward, good / shorter_than(prefix))],
            "dhcp_too_long": [relay_reply(forward, padded(good, LONGEST + 1))],
        }
        for name, payloads in bad.items():
            for payload in payloads:
                counted(d.mag1, name, lambda p=payload: d.ear.send(relay, p))
        good = padded(good, LONGEST)
        counted(d.mag1, "dhcp_answered", lambda: d.ear.send(relay, relay_reply(forward, good)))
        frame = first_answer(air)
    same("addresses", (frame.src, frame.dst, frame[IPv6].src, frame[IPv6].dst),
         (FIXED_MAC, host.mac, FIXED_LINK_LOCAL, link_local(host)))
    same("message", bytes(frame[UDP].payload), bytes(good))


@test
def MAG_DH_03_nobody_but_the_servers_answers(d):
    host, prefix = d.joined("s1", d.mag1)
    with contextlib.closing(Air(host)) as air:
        relay, forward = relayed(d, air)
    answer = relay_reply(forward, lease(message_in(forward), prefix.replace("::/64", "::7")))
    with d.cn, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as stranger:
        stranger.bind((CN, 0))
        counted(d.mag1, "dhcp_stranger",
                lambda: stranger.sendto(bytes(answer), (relay, SERVER_PORT)))


# ---- Messages that are no client's

@test
def what_is_no_clients_message_is_dropped_by_its_name(d):
    host, prefix = d.joined("f1", d.mag1)
    seen = len(d.ear.heard)
    with contextlib.closing(Air(host)) as air:
        bad = [
            ("dhcp_from_relay", DHCP6_RelayForward(linkaddr=prefix.replace("/64", "1"),
                                                   peeraddr=link_local(host)) /
             DHCP6OptRelayMsg(message=solicit()), {}),
            ("dhcp_unexpected", DHCP6_Advertise(trid=1) / SERVER_ID, {}),
            ("dhcp_checksum", solicit(), {"chksum": 0x1234}),
            ("dhcp_source", solicit(), {"src": prefix.replace("/64", "1")}),
            ("dhcp_malformed", b"\x01\x02\x03", {}),
        ]
        for name, message, how in bad:
            counted(d.mag1, name, lambda m=message, h=how: air.send(m, **h))
        same("relayed", d.ear.heard[seen:], [])
        for dst in (ALL_RELAYS, FIXED_LINK_LOCAL):  # good ones are
            counted(d.mag1, "dhcp_relayed", lambda to=dst: relayed(d, air, dst=to))


# ---- What an operator may have forgotten

@test
def a_server_that_cannot_be_reached_is_told_of(d):
    host, _ = d.joined("w1", d.mag1)
    route = d.mag1.ns.ip("-6 route show default").strip()
    with contextlib.closing(Air(host)) as air:
        d.mag1.ns.ip("-6 route del default")
        try:
            counted(d.mag1, "dhcp_send_failed", lambda: air.send(solicit()))
        finally:
            d.mag1.ns.ip(f"-6 route replace {route}")
        d.mag1.until(lambda: any(f"nothing can be sent to {SERVER}" in line for line in d.mag1.log),
                     "a line in the log")
        relayed(d, air)


@test
def a_mag_whose_port_another_relay_has_does_not_start_and_says_so(d):
    d.mag1.stop()
    with d.mag1.ns, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as other:
        other.bind((d.mag1.coa, SERVER_PORT))
        done = subprocess.run(d.mag1.ns.command(d.mag1.program, "--config", d.mag1.config),
                              capture_output=True, text=True, timeout=30, check=False)
    same("exit code", done.returncode, 1)
    true(f"says why: {done.stderr}", f"UDP port {SERVER_PORT} of {d.mag1.coa}" in done.stderr)
    d.start()


# ---- Without addresses

@contextlib.contextmanager
def all_mags_are(d, keys):
    """Every MAG starts again with these keys of `mag`; afterwards with the usual ones."""
    def start(what):
        d.keys = what
        for name, mag in d.mags.items():
            mag.stop()
            files = [os.path.join(d.dir, f"{name}.{end}") for end in ("sock", "restart")]
            d.write(f"{name}.yaml", d.mag_config(name, *files))
        d.start()
    start(keys)
    try:
        yield
    finally:
        start(Domain.keys)


@test
def MAG_DH_02_stateless_a_node_makes_its_address_and_asks_for_all_else(d):
    with all_mags_are(d, "dhcp: stateless"):
        host = d.host("o1")
        with contextlib.closing(Air(host)) as air:
            host.join(d.mag1.air)
            advert = air.next_of(ICMPv6ND_RA)[ICMPv6ND_RA]
            same("M, O and A", (advert.M, advert.O, advert[ICMPv6NDOptPrefixInfo].A), (0, 1, 1))
            binding = d.until_served(host, d.mag1)
            counted(d.mag1, "dhcp_not_offered", lambda: air.send(solicit()))
        with d.server(binding["prefix"], stateless=True), d.client(host, "-S") as client:
            same("DNS server", client.until("RENEW6")["dns"], dhcp.DNS)


@test
def MAG_REG_11_the_relay_is_at_the_link_local_address_that_the_lma_gave(d):
    with all_mags_are(d, 'dhcp: stateful\n  link_local: "::"'):
        host, prefix = d.joined("g1", d.mag1)
        router = d.mag1.node(host.mac)["link_local"]
        with contextlib.closing(Air(host)) as air:
            relay, forward = relayed(d, air, dst=router)
            answer = lease(message_in(forward), prefix.replace("::/64", "::7"))
            d.ear.send(relay, relay_reply(forward, answer))
            frame = first_answer(air)
    same("from", (frame[IPv6].src, frame[IPv6].dst), (router, link_local(host)))
