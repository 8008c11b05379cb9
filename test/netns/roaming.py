"""A domain whose MAGs are kedge-mag, and whose nodes are plain Linux hosts that move between them.

    cn ---- lma ---- bb ---- mag1 ---- br1 )))  host
                      `----- mag2 ---- br2 )))

Decides addresses and names of that part. All three programs have the same kind of ports.
"""
import os
import time

import configs
import pmip
from air import Air, Host
from capture import Capture, complaints
from configs import COA, LMA_BACK, LMAA
from domain import Domain
from judge import Judge
from kernel import Failed, address_bytes
from mag_program import MagProgram
from traffic import ask_once


IP_END = 14 + 40  # in an untagged Ethernet frame


class Roaming(Domain):
    vlans = (0,)

    def _wire(self):
        self.air, self.hosts = Air(self.namespace("air")), {}
        super()._wire()

    def _wire_mag(self, name, coa):
        ns, bridge = self._wire_backbone(name, coa), name.replace("mag", "br")
        self.air.bridge(bridge)
        self.air.serve(bridge, ns)
        files = [os.path.join(self.dir, f"{name}.{what}") for what in ("yaml", "sock", "restart")]
        self.write(f"{name}.yaml", self.mag_config(name, *files[1:]))
        mag = MagProgram(ns, self.build or "", *files[:2], coa=coa, air=bridge)
        self._undo.callback(mag.kill)
        self.mags[name] = mag

    def mag_config(self, name, sock, counter):
        return configs.mag(name, sock, counter, self.mode, self.vlans,
                           tunnel_mtu=self.backbone_mtu)

    def programs(self):
        return [self.lma, self.mag1, self.mag2]

    def start(self):
        super().start()
        self.air.until_open()
        # The kernel beside each program answers: a TAP takes up to a second to carry anything.
        for address in self.backbone_addresses():
            self._until(lambda a=address: ask_once(self.spaces["bb"], a), f"{address} to answer")

    def backbone_addresses(self):
        return (LMA_BACK, *COA.values())

    @staticmethod
    def _until(true, what, timeout=10):
        deadline = time.monotonic() + timeout
        while not true():
            if time.monotonic() > deadline:
                raise Failed(f"not within {timeout} s: {what}")

    # ---- Hosts

    def host(self, name, mag=None, **kw):
        """A host; joins that MAG's link and waits for its address if one is named."""
        number = len(self.hosts) + 0x10
        kw.setdefault("mac", f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}")
        host = Host(name, self.namespace(name), self.air, **kw)
        self.hosts[name] = host
        if mag is not None:
            host.join(mag.air)
            self.until_served(host, mag)
        return host

    def until_served(self, host, mag, timeout=15):
        """Until MAG and LMA agree that it is there and it has its address; the LMA's binding."""
        row = mag.until_bound(host.mac, timeout)
        binding = self.until_at_lma(row["mn_id"], mag)
        host.until_addressed(timeout)
        if not host.has_prefix(binding["prefix"]):
            raise Failed(f"{host.name} has {host.addresses()}, the LMA gave {binding['prefix']}")
        return binding

    def until_at_lma(self, mn_id, mag, timeout=10):
        def there():
            return [b for b in self.lma.bindings(mn_id)
                    if (b["proxy_coa"], b["state"]) == (mag.coa, "active")]
        return self.lma.until(there, f"{mn_id} at {mag.coa}", timeout)[0]

    def binding(self, host):
        """What the LMA has of it, wherever it is; None if nothing."""
        return next((b for b in self.lma.bindings() if b["ll_id"] == host.mac), None)

    # ---- What others say of the messages

    def heard(self, src, mhtype, since=0):
        """The messages of that kind from there, on the LMA's backbone link; `since`: how many
        messages of all kinds to leave out."""
        src = address_bytes(src)
        return [pmip.Message(f[IP_END:]) for f in self.tap.frames[since:]
                if f[22:38] == src and f[IP_END + 2] == mhtype]

    def verdict_of_others(self):
        """As the domain's, of the messages of all three programs. The kernel is asked afterwards:
        what an AF_XDP port takes it never sees."""
        frames = self.tap.close()
        ours = " || ".join(f"ipv6.src == {a}" for a in (LMAA, *COA.values()))
        said = complaints(self.tap.path, ours)
        with Judge(self.namespace("judge"), (LMAA, *COA.values())) as judge:
            refused = judge.refused(frames)
        said += [f"the kernel refuses {frame[14:].hex()}" for frame in refused]
        return len(frames), said

    def capture(self, ns, dev, name, next_header=135):
        """A capture that ends with the domain at the latest."""
        tap = Capture(ns, dev, os.path.join(self.dir, name), next_header)
        self._undo.callback(tap.close)
        return tap
