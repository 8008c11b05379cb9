"""A whole domain on one machine: correspondent, LMA, a backbone router, two MAGs, mobile nodes.

    cn ---- core ---- lma ---- back ---- bb ---- mag1 ---- mn (moves)
                                          `----- mag2

Decides addresses and names. Everything is made here and taken away here, also when a test fails.
"""
import contextlib
import os
import shutil
import threading

import kernel
import configs
from capture import Capture, complaints, names
from configs import (BACKBONE_MTU, BB_LMA, CN, COA, CORE_GW, LMA_BACK, LMAA, STRANGER)
from kernel import Failed
from lma import Lma
from mag import Mag
from node import Node

class Domain:
    """Made by `with Domain(build) as d`. Until `d.start()` nobody serves. `mode` is the kind of
    ports that the programs have: one of configs.MODES."""
    backbone_mtu = BACKBONE_MTU  # the tunnel's in each configuration, too

    def __init__(self, build, say=lambda line: None, mode="af_xdp"):
        self.build, self.say, self.mode = build, say, mode
        self.spaces, self.mags = {}, {}
        self.dir = self.lma = None
        self._undo = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as on_error:
            on_error.callback(self.close)
            kernel.reap(self.say)
            self.dir = kernel.scratch()
            self._undo.callback(shutil.rmtree, self.dir, ignore_errors=True)
            self._wire()
            self.lma = self._make_lma()
            on_error.pop_all()
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        self._undo.close()

    def namespace(self, name):
        ns = kernel.Namespace(name).add()
        self._undo.callback(ns.delete)
        self.spaces[name] = ns
        return ns

    def _wire(self):
        cn, lma, bb = (self.namespace(n) for n in ("cn", "lma", "bb"))
        kernel.link(cn, "core0", lma, "core0")
        kernel.link(lma, "back0", bb, "lma0", self.backbone_mtu)
        cn.ip(f"-6 addr add {CN}/64 dev core0 nodad")
        cn.ip(f"-6 route add default via {CORE_GW}")
        core, back = self._twin(lma, "core0"), self._twin(lma, "back0", self.backbone_mtu)
        lma.ip(f"-6 addr add {CORE_GW}/64 dev {core} nodad")
        lma.ip(f"-6 addr add {LMA_BACK}/64 dev {back} nodad")
        lma.ip(f"-6 addr add {LMAA}/128 dev lo")
        lma.ip(f"-6 route add 2001:db8:b0::/44 via {BB_LMA}")
        bb.ip(f"-6 addr add {BB_LMA}/64 dev lma0 nodad")
        bb.ip(f"-6 route add {LMAA}/128 via {LMA_BACK}")
        for ns in (lma, bb):
            ns.sysctl("net.ipv6.conf.all.forwarding", 1)
        for name, coa in COA.items():
            self._wire_mag(name, coa)

    def _twin(self, ns, netdev, mtu=1500):
        """Where the kernel's addresses of that port stand."""
        name = configs.twin(self.mode, netdev)
        if name != netdev:
            # The kernel sees the port's frames, too, and must not answer them there.
            ns.quiet(netdev)
            ns.tap(name, mtu)
        return name

    def _wire_backbone(self, name, coa):
        """A link from the router to that MAG, with addresses and routes; its namespace."""
        bb, ns = self.spaces["bb"], self.namespace(name)
        net = coa[:-1]
        kernel.link(bb, name, ns, "back0", self.backbone_mtu)
        bb.ip(f"-6 addr add {net}ff/64 dev {name} nodad")
        back = self._twin(ns, "back0", self.backbone_mtu)
        ns.ip(f"-6 addr add {coa}/64 dev {back} nodad")
        ns.ip(f"-6 route add {LMAA}/128 via {net}ff")
        ns.ip(f"-6 route add default via {net}ff")
        return ns

    def _wire_mag(self, name, coa):
        mag = Mag(self._wire_backbone(name, coa), "back0", coa, LMAA)
        self._undo.callback(mag.close)
        mag.open_tunnel()
        self.mags[name] = mag

    # ---- The programs under test

    def programs(self):
        """Those that have to serve when a test begins and when it ends."""
        return [self.lma]

    def start(self):
        """Starts those that do not run, all at once; Failed if one does not come up."""
        missing, errors = [p for p in self.programs() if not p.is_running()], []

        def begin(program):
            try:
                program.start()
            except (Failed, OSError) as e:
                errors.append(e)
        threads = [threading.Thread(target=begin, args=(p,)) for p in missing]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        if errors:
            raise errors[0]

    def listen(self):
        """From here on every mobility message is kept, for `verdict_of_others`."""
        self.tap = Capture(self.spaces["bb"], "lma0", os.path.join(self.dir, "all.pcap"))
        self._undo.callback(self.tap.close)

    def verdict_of_others(self):
        """What tshark and the kernel say of all that was sent since `listen`; empty is good."""
        heard = sum(mag.count_heard(LMAA) for mag in self.mags.values())
        self.tap.close()
        ours = f"ipv6.src == {LMAA}"
        to_mags = " || ".join(f"ipv6.dst == {mag.coa}" for mag in self.mags.values())
        sent = len(names(self.tap.path, f"{ours} && ({to_mags})"))
        said = complaints(self.tap.path, ours)
        if sent != heard:
            said.append(f"{sent} messages were sent, the kernel let {heard} through")
        return sent, said

    def stranger(self):
        """A host that reaches the LMA and may not register anybody."""
        if "stranger" not in self.mags:
            bb, ns = self.spaces["bb"], self.namespace("stranger")
            kernel.link(bb, "stranger", ns, "back0", self.backbone_mtu)
            bb.ip(f"-6 addr add {STRANGER[:-1]}ff/64 dev stranger nodad")
            ns.ip(f"-6 addr add {STRANGER}/64 dev back0 nodad")
            ns.ip(f"-6 route add default via {STRANGER[:-1]}ff")
            mag = Mag(ns, "back0", STRANGER, LMAA)
            self._undo.callback(mag.close)
            self.mags["stranger"] = mag
        return self.mags["stranger"]

    def node(self, name, mag="mag1"):
        """A mobile node with a wire to that MAG; not registered."""
        node = Node(name, self.namespace(name), f"{name}@example")
        node.wire_to(self.mags[mag])
        return node

    @property
    def cn(self):
        return self.spaces["cn"]

    @property
    def mag1(self):
        return self.mags["mag1"]

    @property
    def mag2(self):
        return self.mags["mag2"]

    # ---- The LMA, or the kernel in its place

    def _make_lma(self):
        lma = Lma(self.spaces["lma"], self.build or "", self.write("lma.yaml"),
                  os.path.join(self.dir, "lma.sock"))
        self._undo.callback(lma.kill)
        return lma

    def write(self, name, text=None):
        """A configuration file in this run's directory; its path."""
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text or self.lma_config())
        return path

    def lma_config(self):
        return configs.lma(os.path.join(self.dir, "lma.sock"), self.mode,
                           os.path.join(self.dir, "lma.restart"), self.backbone_mtu)

    def kernel_as_lma(self, mag, prefix):
        """The kernel plays the LMA's tunnel for one prefix: shows that the domain itself works."""
        ns = self.spaces["lma"]
        if not getattr(self, "_kernel_lma", False):
            ns.sysctl("net.ipv6.conf.all.seg6_enabled", 1)
            ns.ip(f"sr tunsrc set {LMAA}")
            ns.ip("-6 rule add pref 100 lookup local")
            ns.ip("-6 rule del pref 0")
            ns.ip(f"-6 rule add pref 10 to {LMAA} ipproto 41 lookup 201")
            ns.ip(f"-6 route add {LMAA}/128 table 201 encap seg6local action End.DT6 table 254 "
                  "dev back0")
            self._kernel_lma = True
        ns.ip(f"-6 route replace {prefix} encap seg6 mode encap.red segs {mag.coa} dev back0")
