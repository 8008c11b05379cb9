"""A domain whose MAG is a User Mode Linux: the tunnel's end is its ip6tnl, a link of its own is the
access link. The signalling is a script's, as at the other scripted MAGs.

    cn ---- lma ---- bb ---- [vec0  UML  vec1] ---- node

Decides what is configured in the guest.
"""
import queue
import time

from scapy.layers.inet6 import IPv6

import domain
import kernel
import machine
import pmip
from configs import LMAA
from mag import FIXED_MAC, Mag
from node import Node

BACKBONE_MAC = "02:00:00:00:b1:01"
TUNNEL, UP = "lma0", 200  # the tunnel's device, and the routing table of what goes into it


class UmlMag(Mag):
    """A Mag whose kernel is another one."""

    def __init__(self, ns, guest, coa, lmaa):  # pylint: disable=super-init-not-called
        self.ns, self.guest, self.coa, self.lmaa, self.dev = ns, guest, coa, lmaa, "vec0"
        self.seq, self.nodes, self.n_heard = 0, {}, 0

    def close(self):
        self.guest.close()

    def open_tunnel(self):
        """As its manual says, nothing switched off: `encaplimit` is 4 when not named."""
        ip = self.guest.ip
        self.guest.sysctl("net.ipv6.conf.all.forwarding", 1)
        for where in ("all", "default", "vec0", "vec1"):
            self.guest.sysctl(f"net.ipv6.conf.{where}.accept_dad", 0)
        for dev in ("lo", "vec0", "vec1"):  # vec1's link-local address is mag.FIXED_LINK_LOCAL
            ip(f"link set {dev} up")
        ip(f"-6 addr add {self.coa}/64 dev vec0 nodad")
        ip(f"-6 route add default via {self.coa[:-1]}ff")
        ip(f"-6 tunnel add {TUNNEL} mode ip6ip6 local {self.coa} remote {self.lmaa} dev vec0")
        ip(f"link set {TUNNEL} up")
        ip(f"-6 route add default dev {TUNNEL} table {UP}")
        self.guest.ask(listen=self.coa)

    def serve(self, node, prefix):
        self.guest.ip(f"-6 route replace {prefix} dev vec1")
        self.guest.ip(f"-6 rule add pref 50 from {prefix} iif vec1 lookup {UP}")

    def send(self, mh, **ip):
        self.send_packet(bytes(IPv6(src=self.coa, dst=self.lmaa, nh=pmip.MH, **ip) / mh))

    def send_packet(self, packet):
        self.guest.ask(send=packet.hex())

    def hear(self, timeout=3.0, of=lambda message: message.body.mhtype != pmip.HEARTBEAT):
        deadline = time.monotonic() + timeout
        while True:
            try:
                one = self.guest.heard.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                return None
            self.n_heard += one["src"] == self.lmaa
            message = pmip.Message(bytes.fromhex(one["heard"]))
            if one["src"] == self.lmaa and of(message):
                return message

    def count_heard(self, of, quiet_s=0.2):
        """How many messages of the LMA its kernel let through so far, once it is quiet."""
        while self.hear(quiet_s, lambda message: True):
            pass
        return self.n_heard


class UmlNode(Node):
    """A mobile node on the only access link; the MAG's end of that wire is in the guest."""

    def __init__(self, ns, mag):
        super().__init__("node", ns, "node@example")
        self.mag = mag


class Domain(domain.Domain):
    def _wire_mag(self, name, coa):
        if name != "mag1":
            return
        bb, ns, host = self.spaces["bb"], self.namespace(name), self.namespace("node")
        kernel.link(bb, name, ns, "back0", self.backbone_mtu)
        kernel.link(host, "radio0", ns, "acc0")
        for dev in ("back0", "acc0"):
            ns.quiet(dev)
        bb.ip(f"-6 addr add {coa[:-1]}ff/64 dev {name} nodad")
        guest = machine.Machine(ns, self.dir, [("back0", BACKBONE_MAC, self.backbone_mtu),
                                               ("acc0", FIXED_MAC, 1500)])
        self._undo.callback(guest.close)
        self.mags[name] = UmlMag(ns, guest, coa, LMAA)
        self.say(f"    User Mode Linux {guest.until_ready()}")
        self.mags[name].open_tunnel()
        self.host = UmlNode(host, self.mags[name])

    def narrow(self, mtu):
        """The way to the MAG, as the router says. Not the way back: this kernel's ip6tnl refuses
        what RFC 2473 7.1 wants it to send in pieces (a packet of 1280 bytes on a path of 1280)."""
        net = self.mag1.coa[:-1]
        self.spaces["bb"].ip(f"-6 route add {net}/64 dev mag1 mtu lock {mtu} metric 1")

    def attached(self):
        """The node, registered once for all tests."""
        if self.host.address is None:
            self.host.attach()
        return self.host
