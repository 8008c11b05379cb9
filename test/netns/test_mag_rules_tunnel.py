"""What kedge-mag takes out of its tunnel and puts into it, packet by packet: RFC 5213 6.10, 6.9.5,
with EnableMAGLocalRouting off. The LMA is a script that answers PBUs; its end of the tunnel is this one.
"""
import socket

import roaming
from answering_lma import AnsweringLma
from capture import Capture
from configs import ACCESS_MTU, BACKBONE_MTU, CN, COA, LMA_BACK, LMAA
from errors import TOO_BIG
from kernel import address_bytes
from scapy.layers.inet6 import UDP, HBHOptUnknown, IPv6, IPv6ExtHdrDestOpt
from scapy.packet import Raw
from sentences import same, test, true
from stations import Stations, bytes_of

limit_s = 60
INNER, OPTIONS = 41, 60
LIMIT_OPTION = 4  # RFC 2473 4.1.1
LMA2 = "2001:db8:1a::2"
ECT0, CE = 2, 3
DSCP_EF = 46 << 2


class Domain(roaming.Roaming):
    """Evidence of a node lasts as long as a test; a second LMA is known and has no binding."""

    def mag_config(self, name, sock, counter):
        text = super().mag_config(name, sock, counter).replace("probe_after_ms: 2000",
                                                               "probe_after_ms: 60000")
        return text.replace(f"  lma: {LMAA}\n", f"  lma: {LMAA}\n  more_lmas: [{LMA2}]\n")

    def _make_lma(self):
        script = AnsweringLma(self.spaces["lma"], lambda coa, prefix: None)
        self._undo.callback(script.close)
        return script

    def programs(self):
        return [self.mag1, self.mag2]

    def start(self):
        super().start()
        if not hasattr(self, "air1"):
            self.air1 = Stations(self, self.mag1)
            self.macs = (f"02:00:00:00:05:{n:02x}" for n in range(256))
            self.spaces["lma"].ip(f"-6 addr add {LMA2}/128 dev lo")
            with self.spaces["lma"]:
                self.mouth = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
            self._undo.callback(self.mouth.close)

    def node(self):
        """A station that is served: its MAC and an address of its prefix."""
        mac = next(self.macs)
        self.air1.solicit(mac)
        prefix = self.mag1.until_bound(mac)["prefix"]
        self.air1.until_advertised(mac)
        return mac, prefix.replace("::/64", "::7")

    def into_tunnel(self, inner, src=LMAA, **outer):
        """As an LMA sends it, right or wrong."""
        packet = bytes(IPv6(src=src, dst=COA["mag1"], nh=INNER, **outer) / Raw(bytes(inner)))
        self.mouth.sendto(packet, (COA["mag1"], 0))

    def delivered(self, mac, to):
        """The packets to that address that came to the station, behind their link-layer header."""
        wanted = address_bytes(to)
        return [f[14:] for _, f in list(self.air1.frames.get(bytes_of(mac), []))
                if f[38:54] == wanted]

    def until_delivered(self, mac, to, n=1):
        return self.air1.until(lambda: self.delivered(mac, to)[n - 1:n], f"packet {n} to {to}")[0]

    def uplink(self, mac, *packets):
        """What comes out of the MAG towards its LMA because of these: whole outer packets."""
        tap = Capture(self.spaces["bb"], "mag1", f"{self.dir}/uplink.pcap", None)
        try:
            for packet in packets:
                self.air1.say(mac, packet)
            self.air1.until(lambda: len(of_tunnel(tap)) >= len(packets), "them in the tunnel")
        finally:
            tap.close()
        return of_tunnel(tap)


def of_tunnel(tap):
    coa = address_bytes(COA["mag1"])
    return [f[14:] for f in tap.frames if f[22:38] == coa and f[20] in (INNER, OPTIONS)]


def datagram(src, dst, size=32, **kw):
    return IPv6(src=src, dst=dst, **kw) / UDP(sport=7, dport=7) / Raw(b"k" * size)


def traffic_class(packet):
    return (packet[0] & 15) << 4 | packet[1] >> 4


def dropped(d, name, act):
    """By that name, and no station gets it."""
    before = d.mag1.drops()[name]
    act()
    d.mag1.until(lambda: d.mag1.drops()[name] > before, f"{name} + 1")
    same(name, d.mag1.drops()[name], before + 1)


# ---- Out of the tunnel

@test
def MAG_FW_02_what_is_to_nobody_here_is_dropped_and_nobody_is_told(d):
    tap = d.capture(d.spaces["bb"], "mag1", "silent.pcap", 58)
    mac, address = d.node()
    for to in ("2001:db8:100:ffff::1", "2001:db8:bad::1"):
        dropped(d, "drop_no_binding", lambda to=to: d.into_tunnel(datagram(CN, to)))
    d.into_tunnel(datagram(CN, address))
    d.until_delivered(mac, address)
    coa, told = address_bytes(COA["mag1"]), range(128)
    same("ICMPv6 errors", [f for f in tap.close() if f[22:38] == coa and f[54] in told], [])


@test
def MAG_FW_03_only_what_comes_from_an_lma_with_bindings_is_taken_out_of_the_tunnel(d):
    mac, address = d.node()
    for src in (LMA_BACK, LMA2, COA["mag2"]):
        dropped(d, "drop_unknown_tunnel",
                lambda src=src: d.into_tunnel(datagram(CN, address), src=src))
    d.into_tunnel(datagram(CN, address, size=99))
    same("the LMA's own", len(d.until_delivered(mac, address)), 40 + 8 + 99)
    same("delivered in all", len(d.delivered(mac, address)), 1)


@test
def MAG_FW_09_each_packet_goes_to_the_link_of_the_prefix_that_it_is_to(d):
    nodes = [d.node() for _ in range(3)]
    for n, (_, address) in enumerate(nodes):
        d.into_tunnel(datagram(CN, address, size=100 + n))
        d.into_tunnel(datagram(CN, address.replace("::7", ":1:2:3:4"), size=200 + n))
    for n, (mac, address) in enumerate(nodes):
        same("size", len(d.until_delivered(mac, address)), 48 + 100 + n)
        d.until_delivered(mac, address.replace("::7", ":1:2:3:4"))
    for mac, address in nodes:
        others = [a for _, a in nodes if a != address]
        same("of others", [p for a in others for p in d.delivered(mac, a)], [])


@test
def MAG_FW_08_the_inner_packet_comes_out_by_the_rules_of_the_tunnel(d):
    mac, address = d.node()
    d.into_tunnel(datagram(CN, address, hlim=9, tc=DSCP_EF | ECT0), tc=CE, hlim=200)
    got = d.until_delivered(mac, address)
    # One tunnel is one hop (RFC 2473 3.1): of ours the LMA has counted it, the MAG does its own.
    same("hop limit", got[7], 8)
    same("the congestion mark is the packet's now (RFC 6040)", traffic_class(got), DSCP_EF | CE)
    dropped(d, "drop_ecn", lambda: d.into_tunnel(datagram(CN, address), tc=CE))
    dropped(d, "drop_hop_limit", lambda: d.into_tunnel(datagram(CN, address, hlim=1)))
    limit = bytes(IPv6ExtHdrDestOpt(nh=INNER, options=[HBHOptUnknown(otype=LIMIT_OPTION, optlen=1,
                                                                     optdata=b"\0")]))
    packet = bytes(IPv6(src=LMAA, dst=COA["mag1"], nh=OPTIONS) /
                   Raw(limit + bytes(datagram(CN, address, size=77))))
    d.mouth.sendto(packet, (COA["mag1"], 0))  # SEQ-26: a limit of 0 is about the next tunnel
    same("with a limit option of 0", len(d.until_delivered(mac, address, 2)), 48 + 77)


# ---- Into the tunnel

@test
def MAG_FW_06_MAG_FW_07_everything_of_a_node_goes_through_the_lma(d):
    mac, address = d.node()
    other_mac, other = d.node()
    # A node here, the MAG's own next hop, another MAG's and the network's hosts.
    destinations = [other, COA["mag1"][:-1] + "ff", "2001:db8:b2::77", CN]
    sent = [datagram(address, to, hlim=60, tc=DSCP_EF | ECT0) for to in destinations]
    local = d.mag1.stats()["tx_local"]
    for outer, to in zip(d.uplink(mac, *sent), destinations):
        inner = outer[40:]
        same(f"{to}: outer addresses", outer[8:40],
             address_bytes(COA["mag1"]) + address_bytes(LMAA))
        same(f"{to}: inner addresses", inner[8:40], address_bytes(address) + address_bytes(to))
        # MAG-FW-08: hop limit less one, its own outside; DSCP and ECN outside as inside.
        same(f"{to}: next header, inner hop limit", (outer[6], inner[7]), (INNER, 59))
        true(f"{to}: outer hop limit {outer[7]}", outer[7] >= 60)
        same(f"{to}: traffic class", (traffic_class(outer), traffic_class(inner)),
             (DSCP_EF | ECT0,) * 2)
    same("straight to the node",
         (d.mag1.stats()["tx_local"] - local, d.delivered(other_mac, other)), (0, []))


@test
def MAG_RA_08_a_path_that_got_narrower_is_told_to_the_nodes(d):
    mac, address = d.node()
    bystander, _ = d.node()
    same("MTU at first", d.air1.adverts(mac)[-1].mtu, min(ACCESS_MTU, BACKBONE_MTU - 40))
    before = [len(d.air1.adverts(m)) for m in (mac, bystander)]
    narrow = 1440
    d.spaces["bb"].ip(f"link set lma0 mtu {narrow}")
    try:
        def told():
            d.air1.say(mac, datagram(address, CN, size=ACCESS_MTU - 48))
            return d.air1.adverts(mac)[before[0]:]
        same("the next advertisement, unasked", d.air1.until(told, "an advertisement")[0].mtu,
             narrow - 40)
        d.air1.until(lambda: d.air1.adverts(bystander)[before[1]:], "the other one to be told")
        same("the other one, too", d.air1.adverts(bystander)[-1].mtu, narrow - 40)
        # MAG-FW-08: from now on the sender hears it from the MAG.
        errors = d.air1.until(lambda: [f for _, f in list(d.air1.frames[bytes_of(mac)])
                                       if f[20] == 58 and f[54] == TOO_BIG], "a Packet Too Big")
        same("its MTU", int.from_bytes(errors[-1][58:62], "big"), narrow - 40)
        d.air1.solicit(bystander)
        d.air1.until(lambda: len(d.air1.adverts(bystander)) > before[1] + 1, "a later one")
        same("and each later one", d.air1.adverts(bystander)[-1].mtu, narrow - 40)
    finally:
        d.spaces["bb"].ip(f"link set lma0 mtu {BACKBONE_MTU}")
