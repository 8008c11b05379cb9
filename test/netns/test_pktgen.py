"""What tools/pktgen writes: its configuration, and its files as other programs and an LMA read them.

Pktgen-DPDK itself is not here. DPDK's pcap driver plays the files to a kedge-lma in its place.
"""
import contextlib
import os
import re
import subprocess
import tempfile

import kernel
import pmip
from lma import Lma
from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6
from scapy.utils import rdpcap
from sentences import Skip, same, test, true

import capture

serves = False
limit_s = 30
NODES = 64
TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "pktgen")
CONFIG, MAKE = os.path.join(TOOLS, "lma.yaml"), os.path.join(TOOLS, "make-pcap")
LMAA, COA, CN = "2001:db8:1a::1", "2001:db8:b1::1", "2001:db8:c::2"
HNP = "2001:db8:1000:{:x}::/64"
WHAT = ("downlink", "uplink", "bindings")  # played to ports in this order
MAC = "02:70:63:61:70:{:02x}"              # of DPDK's pcap driver: its first port, and so on


class Domain(contextlib.ExitStack):
    """A namespace with an LMA, and a directory for files."""

    def __init__(self, build, *_):
        super().__init__()
        self.build = build

    def __enter__(self):
        self.dir = self.enter_context(tempfile.TemporaryDirectory(prefix="kedge-pktgen-"))
        self.ns = kernel.Namespace("pktgen").add()
        self.callback(self.ns.delete)
        self.lma = Lma(self.ns, self.build, self.path("lma.yaml"), self.path("lma.sock"))
        self.callback(self.lma.kill)
        for i, what in enumerate(WHAT):
            self.make(what, "--nodes", str(NODES), "--to", MAC.format(i))
        return self

    def path(self, name):
        return os.path.join(self.dir, name)

    def make(self, what, *args, config=CONFIG, name=None):
        kernel.run(MAKE, config, what, self.path(name or f"{what}.pcap"), *args)

    def frames(self, name):
        return rdpcap(self.path(f"{name}.pcap"))

    def config(self):
        """The committed one, with files for ports."""
        with open(CONFIG, encoding="utf-8") as f:
            text = f.read()
        head, _, rest = text.partition("\nports:\n")
        rest = rest[rest.index("\ninterfaces:\n"):]
        ports = "".join(f"  - name: {port}\n    driver: vdev\n    device: net_pcap{i}\n"
                        f"    devargs: rx_pcap={self.path(what)}.pcap{again}\n"
                        for i, (port, what, again) in enumerate(
                            (("core0", "downlink", ",infinite_rx=1"),
                             ("backbone0", "uplink", ",infinite_rx=1"),
                             ("signalling0", "bindings", ""))))
        more = "\ninterfaces:\n  - name: kp-signalling\n    port: signalling0\n    role: core\n"
        text = f"{head}\nports:\n{ports}{rest.replace(chr(10) + 'interfaces:' + chr(10), more)}"
        text = text.replace("/tmp/kedge-pktgen.sock", self.lma.socket)
        return text.replace("/tmp/kedge-pktgen.restart", self.path("restart"))


@test
def the_configuration_for_pktgen_is_good(d):
    same("over memif", kernel.run(d.lma.program, "--check", CONFIG).strip(), f"{CONFIG}: good")
    with open(CONFIG, encoding="utf-8") as f:
        head, ports, rest = re.split(r"^(?=ports:|interfaces:)", f.read(), flags=re.M)
    nic = re.sub(r"^#(?=  )", "", ports[ports.index("#  - name"):], flags=re.M)
    with open(d.path("nic.yaml"), "w", encoding="utf-8") as f:
        f.write(f"{head}ports:\n{nic}{rest}")
    same("on a NIC", kernel.run(d.lma.program, "--check", f.name).strip(), f"{f.name}: good")
    same("its ports", nic.count("driver: pci"), 2)


@test
def updates_ask_for_the_first_prefixes_of_the_pool(d):
    frames = d.frames("bindings")
    messages = [pmip.Message(bytes(f[IPv6].payload)) for f in frames]
    same("faults", [x for m in messages for x in pmip.faults(m, COA, LMAA)], [])
    same("from, to", {(f[IPv6].src, f[IPv6].dst) for f in frames}, {(COA, LMAA)})
    same("prefixes", [m.prefixes for m in messages],
         [[pmip.normal(HNP.format(k))] for k in range(NODES)])
    same("names", len({m.find(pmip.MnId).ident for m in messages}), NODES)


@test
def traffic_has_each_node_once_inside_the_tunnel_of_its_mag(d):
    hosts = {pmip.normal(HNP.format(k))[:-len("/64")] + "1" for k in range(NODES)}
    down, up = d.frames("downlink"), d.frames("uplink")
    same("downlink", ({f[IPv6].src for f in down}, {f[IPv6].dst for f in down}), ({CN}, hosts))
    same("outer", {(f[IPv6].src, f[IPv6].dst, f[IPv6].nh) for f in up}, {(COA, LMAA, 41)})
    inner = [f[IPv6].payload for f in up]
    same("uplink", ({p.src for p in inner}, {p.dst for p in inner}), (hosts, {CN}))
    same("octets", ({len(f) for f in down}, {len(f) for f in up}), ({64}, {104}))
    true("in no order", [f[IPv6].dst for f in down] != sorted(f[IPv6].dst for f in down))


@test
def tshark_finds_nothing_wrong_in_any_file(d):
    if not capture.has_tshark():
        raise Skip("tshark is not installed (tools/setup check)")
    with open(d.path("all.pcap"), "wb") as out:
        for i, what in enumerate(WHAT):
            with open(d.path(f"{what}.pcap"), "rb") as f:
                out.write(f.read()[24 if i else 0:])
    wrong = "_ws.malformed || _ws.expert || udp.checksum.status == 0"
    said = subprocess.run(["tshark", "-r", d.path("all.pcap"), "-o", "udp.check_checksum:TRUE",
                           "-Y", f"({wrong}) || frame.number == {3 * NODES}"],
                          capture_output=True, text=True, check=True, timeout=20).stdout
    same("lines", [line.split()[0] for line in said.splitlines()], [str(3 * NODES)])


@test
def any_size_has_a_right_checksum(d):
    for size in (63, 1514):
        d.make("downlink", "--to", MAC.format(0), "--nodes", "3", "--size", str(size), name="x.pcap")
        for frame in d.frames("x"):
            written = frame[UDP].chksum
            del frame[UDP].chksum
            same(f"checksum at {size}", IPv6(bytes(frame[IPv6]))[UDP].chksum, written)
            same("octets", len(frame), size)


@test
def an_lma_registers_and_forwards_what_is_in_the_files(d):
    with open(d.lma.config, "w", encoding="utf-8") as f:
        f.write(d.config())
    d.lma.start()
    d.lma.until(lambda: d.lma.stats()["bindings"] == NODES, "every node to be bound")
    begun = d.lma.counters()

    def forwards():
        now = d.lma.counters()
        return all(now[x] > begun[x] + 2 * NODES for x in ("tx_downlink", "tx_uplink"))
    d.lma.until(forwards, "traffic both ways")
    d.make("downlink", "--bound", config=d.lma.config, name="bound.pcap")
    same("destinations of the bound", {f[IPv6].dst for f in d.frames("bound")},
         {f[IPv6].dst for f in d.frames("downlink")})
    same("the LMA's address", {f.dst for f in d.frames("bound")}, {MAC.format(0)})
    same("exit code", d.lma.stop(), 0)
