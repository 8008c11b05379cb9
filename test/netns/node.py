"""A mobile node: a Linux host with one interface, which knows nothing of Mobile IPv6.

Moving it is what a radio does: the same interface comes up on another MAG's link.
"""
import ipaddress

from kernel import link
from mag import FIXED_LINK_LOCAL, FIXED_MAC


class Node:
    def __init__(self, name, ns, mn_id):
        self.name, self.ns, self.mn_id = name, ns, mn_id
        self.mag, self.mag_dev = None, f"acc-{name}"
        self.prefix = self.address = None

    def wire_to(self, mag):
        """Its first link. The MAG's end looks the same on every MAG (RFC 6543)."""
        link(self.ns, "radio0", mag.ns, self.mag_dev)
        self._dress(mag)
        self.mag = mag

    def _dress(self, mag):
        ip = mag.ns.ip
        ip(f"link set {self.mag_dev} address {FIXED_MAC}")
        mag.ns.sysctl(f"net.ipv6.conf.{self.mag_dev}.addr_gen_mode", 1)
        ip(f"link set {self.mag_dev} up")
        ip(f"-6 addr add {FIXED_LINK_LOCAL}/64 dev {self.mag_dev} nodad")
        mag.ns.sysctl(f"net.ipv6.conf.{self.mag_dev}.forwarding", 1)
        mag.ns.run("ethtool", "-K", self.mag_dev, "tx", "off")

    def use(self, prefix):
        """Takes an address of the prefix, as from a Router Advertisement."""
        self.prefix = prefix
        self.address = str(ipaddress.ip_network(prefix)[1])
        self.ns.ip(f"-6 addr add {self.address}/64 dev radio0 nodad")
        self.ns.ip(f"-6 route replace default via {FIXED_LINK_LOCAL} dev radio0")
        self.mag.serve(self, prefix)

    def attach(self, **kw):
        """Registers at the LMA through its MAG and configures what it was given."""
        self.use(self.mag.register(self.mn_id, ll_id=self.ll_id, **kw))
        return self

    @property
    def ll_id(self):
        return bytes.fromhex(self.ns.ip("-br link show radio0").split()[2].replace(":", ""))

    def move_to(self, mag):
        """The wire goes to another MAG; addresses stay. Signalling is the caller's."""
        if self.prefix is not None:
            self.mag.leave(self.prefix)
        self.mag.ns.ip(f"link set {self.mag_dev} netns {mag.ns.name}")
        self.mag = mag
        self._dress(mag)
        if self.prefix is not None:
            mag.serve(self, self.prefix)
