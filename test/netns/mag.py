"""A Mobile Access Gateway: signalling played by this script, tunnel done by the Linux kernel.

The kernel's end is seg6: `encap.red` with one segment is plain IPv6-in-IPv6 without a routing
header (RFC 2473), `End.DT6` takes it off again. The script's end writes PBUs with
test/interop/pmip.py and hears PBAs on a raw socket of protocol 135, where the kernel has already
thrown away what has a wrong checksum.
"""
import select
import socket
import time

from scapy.layers.inet6 import IPv6

import pmip
from kernel import Failed


# RFC 6543: the same on every access link, so that a mobile node sees one router everywhere.
FIXED_MAC = "00:00:5e:00:52:13"
FIXED_LINK_LOCAL = "fe80::200:5eff:fe00:5213"
SO_RCVBUFFORCE = 33
UP, MAIN, DOWN = 200, 254, 201  # routing tables: into the tunnel, usual, out of it


class Mag:
    """`coa` is its proxy care-of address, on the namespace's link to the LMA."""

    def __init__(self, ns, dev, coa, lmaa):
        self.ns, self.dev, self.coa, self.lmaa = ns, dev, coa, lmaa
        self.seq = 0
        self.nodes = {}
        with ns:
            self.mh = socket.socket(socket.AF_INET6, socket.SOCK_RAW, pmip.MH)
            self.mh.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            self.mh.bind((coa, 0))
            # A second ear that nobody reads from before the end: counts what the kernel let through.
            self._ear = socket.socket(socket.AF_INET6, socket.SOCK_RAW, pmip.MH)
            self._ear.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
            self._ear.bind((coa, 0))
            # Whole packets of our own, header included: for what the kernel would not write.
            self.raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def close(self):
        self.mh.close()
        self._ear.close()
        self.raw.close()

    # ---- The kernel's tunnel end

    def open_tunnel(self):
        ip, ns = self.ns.ip, self.ns
        for where in ("all", "default", self.dev):
            ns.sysctl(f"net.ipv6.conf.{where}.forwarding", 1)
            ns.sysctl(f"net.ipv6.conf.{where}.seg6_enabled", 1)
        ip(f"sr tunsrc set {self.coa}")
        # The care-of address is also an address of this host, for the signalling: only tunnel
        # packets must be seen before the local table.
        ip("-6 rule add pref 100 lookup local")
        ip("-6 rule del pref 0")
        ip(f"-6 rule add pref 10 to {self.coa} ipproto 41 lookup {DOWN}")
        ip(f"-6 route add {self.coa}/128 table {DOWN} encap seg6local action End.DT6 table {MAIN} "
           f"dev {self.dev}")
        ip(f"-6 route add default table {UP} encap seg6 mode encap.red segs {self.lmaa} "
           f"dev {self.dev}")

    def serve(self, node, prefix):
        """Routes a node's prefix to its link, and what comes from it into the tunnel."""
        dev = node.mag_dev
        self.ns.ip(f"-6 route replace {prefix} dev {dev}")
        self.ns.ip(f"-6 rule add pref 50 from {prefix} iif {dev} lookup {UP}")
        self.nodes[prefix] = dev

    def leave(self, prefix):
        dev = self.nodes.pop(prefix)
        self.ns.ip(f"-6 route del {prefix} dev {dev}", check=False)
        self.ns.ip(f"-6 rule del pref 50 from {prefix} iif {dev} lookup {UP}", check=False)

    # ---- Signalling

    def pbu(self, mn_id, lifetime=600, flags=pmip.A | pmip.P, options=None, seq=None, **kw):
        """Bytes of a PBU from here to the LMA; sends nothing."""
        if seq is None:
            self.seq = (self.seq + 1) & 0xffff
            seq = self.seq
        if options is None:
            options = pmip.pbu_options(mn_id, **kw)
        body = pmip.PbuBody(mhtype=pmip.PBU, seq=seq, flags=flags, lifetime=lifetime // 4)
        return pmip.seal(pmip.write(body, options), self.coa, self.lmaa)

    def send(self, mh, **ip):
        """A mobility header as it is, right or wrong, in an IPv6 packet of our own."""
        self.send_packet(bytes(IPv6(src=ip.get("src", self.coa), dst=self.lmaa, nh=pmip.MH,
                                    plen=ip.get("plen")) / mh))

    def send_packet(self, packet):
        dst = socket.inet_ntop(socket.AF_INET6, packet[24:40])
        self.raw.sendto(packet, (dst, 0))

    def hear(self, timeout=3.0, of=lambda message: message.body.mhtype != pmip.HEARTBEAT):
        """The next message from the LMA that is one of those; None when there is none in time. An
        LMA that starts sends heartbeats unasked, which nobody waits for here."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self.mh], [], [], left)[0]:
                return None
            raw, (src, *_) = self.mh.recvfrom(4096)
            if src == self.lmaa:
                message = pmip.Message(raw)
                if of(message):
                    return message
        return None

    def count_heard(self, of, quiet_s=0.2):
        """How many messages from there the kernel let through, until it is quiet."""
        n = 0
        while select.select([self._ear], [], [], quiet_s)[0]:
            n += self._ear.recvfrom(4096)[1][0] == of
        return n

    def ask(self, mn_id, timeout=3.0, **kw):
        """Sends a PBU, returns the PBA to it; resends once, as a MAG does (RFC 5213 6.9.4)."""
        for _ in range(2):
            mh = self.pbu(mn_id, **kw)
            seq = int.from_bytes(mh[6:8], "big")
            self.send(mh)
            answer = self.hear(timeout, lambda m: m.body.mhtype == pmip.PBA and m.seq == seq)
            if answer is not None:
                return answer
        raise Failed(f"no PBA for {mn_id!r} from {self.lmaa} to {self.coa}")

    def register(self, mn_id, **kw):
        """Registers; the prefix that the LMA gives. Anything but status 0 is a failure."""
        answer = self.ask(mn_id, **kw)
        if answer.status != 0:
            raise Failed(f"PBA for {mn_id!r} has status {answer.status}")
        return pmip.normal(answer.prefixes[0])
