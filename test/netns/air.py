"""The access links, and the hosts on them: bridges in a namespace of their own, one for each MAG.

A host is a plain Linux host: one interface, what the kernel does by default, no mobility software.
A handoff is what a radio does: its carrier goes, and comes back at another bridge. Nothing else
changes for it. Decides nothing about what MAGs make of that.
"""
import contextlib
import json
import time

from kernel import Failed, Namespace, pause, wire

DEV = "radio0"


class Air:
    def __init__(self, ns):
        self.ns = ns
        for where in ("all", "default"):
            ns.sysctl(f"net.ipv6.conf.{where}.disable_ipv6", 1)  # a bridge is no mobile node

        for what in ("iptables", "ip6tables", "arptables"):
            with contextlib.suppress(OSError):  # a kernel without this
                ns.sysctl(f"net.bridge.bridge-nf-call-{what}", 0)

    def bridge(self, name):
        self.ns.ip(f"link add {name} type bridge forward_delay 0 stp_state 0 mcast_snooping 0")
        self.ns.ip(f"link set {name} up")

    def serve(self, name, mag_ns, dev="acc0"):
        """The MAG's own port of that bridge: `dev` in its namespace."""
        wire(mag_ns, dev, self.ns, f"to-{name}")
        # Tags go in the frame: a port of ours reads frames, not what the kernel notes beside them.
        self.ns.run("ethtool", "-K", f"to-{name}", "txvlan", "off")
        mag_ns.quiet(dev)  # only the MAG speaks there, not the kernel beside it
        mag_ns.ip(f"link set {dev} up")
        self.ns.ip(f"link set to-{name} master {name} up")

    def until_open(self, timeout=10):
        """Until the bridges pass on what the MAGs say: the kernel takes up to a second for that."""
        deadline = time.monotonic() + timeout
        while "state disabled" in self.ns.run("bridge", "link"):
            if time.monotonic() > deadline:
                raise Failed("a bridge stays closed")
            pause(0.02)


class Host:
    """Not on the air until `join`. With `dad` it looks for duplicates of its addresses for a second,
    as a host does by default; without, tests are quicker."""

    def __init__(self, name, ns, air, mac, dad=False):
        self.name, self.ns, self.air, self.mac = name, ns, air, mac
        self.at = None
        for key, value in (("accept_ra", 1), ("accept_dad", int(dad)), ("addr_gen_mode", 0)):
            ns.sysctl(f"net.ipv6.conf.default.{key}", value)
        wire(ns, DEV, air.ns, name, mac=mac)
        ns.ip(f"link set {DEV} up")  # has no carrier yet

    def join(self, bridge):
        """Its carrier comes, there."""
        # Isolated: hosts of one bridge hear the MAG alone, as stations of an access point do.
        self.air.ns.batch(f"link set {self.name} master {bridge}",
                          f"link set {self.name} type bridge_slave isolated on",
                          f"link set {self.name} up")
        self.at = bridge
        return self

    def leave(self):
        """Its carrier goes. Whoever served it is not told."""
        self.air.ns.batch(f"link set {self.name} down", f"link set {self.name} nomaster")
        self.at = None

    def move_to(self, bridge):
        """From one bridge to the other. When the carrier went, and when it was back (monotonic)."""
        began = time.monotonic()
        self.air.ns.batch(f"link set {self.name} down", f"link set {self.name} master {bridge}",
                          f"link set {self.name} type bridge_slave isolated on",
                          f"link set {self.name} up")
        self.at = bridge
        return began, time.monotonic()

    # ---- What it has

    def addresses(self):
        """Its global addresses that may be used."""
        rows = json.loads(self.ns.ip(f"-6 -j addr show dev {DEV} scope global"))
        return [a["local"] for row in rows for a in row.get("addr_info", [])
                if "local" in a and not a.get("tentative") and not a.get("dadfailed")]

    @property
    def address(self):
        return self.addresses()[0]

    def until(self, true, what, timeout=10):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            value = true()
            if value:
                return value
            pause(0.02)
        raise Failed(f"{self.name}: not within {timeout} s: {what}")

    def until_addressed(self, timeout=10):
        """Until it has made an address of what a Router Advertisement said."""
        return self.until(self.addresses, "an address of its own", timeout)[0]

    def has_prefix(self, prefix):
        net = prefix.split("::/")[0] + ":"
        return any(a.startswith(net) for a in self.addresses())

    def tcp(self):
        """The kernel's own counters of TCP in here, by name."""
        return counters_of(self.ns, "Tcp")


def counters_of(ns: Namespace, protocol):
    with ns, open("/proc/thread-self/net/snmp", encoding="ascii") as f:
        names, values = (line.split()[1:] for line in f if line.startswith(f"{protocol}:"))
    return dict(zip(names, map(int, values)))
