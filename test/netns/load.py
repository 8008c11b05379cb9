"""kedge-lma between two links, and kedge-load at their other ends.

    kedge-load  -- core --  kedge-lma  -- backbone -- kedge-load
    correspondent          (a namespace)              MAGs, nodes

Decides addresses, ports and what the LMA's configuration is. The links are memifs, or veth pairs to
a namespace of kedge-load's, which both programs use by one of the drivers for netdevs. Both share
this machine; where each runs is the caller's (`lcores`).
"""
import contextlib
import json
import os
import shutil
import subprocess

import configs
import kernel
from kernel import Failed
from lma import Lma
from program import SANITIZER

CORE = {"lma": "2001:db8:c::1", "load": "2001:db8:c::2"}
BACKBONE = {"lma": "2001:db8:b0::1", "load": "2001:db8:b0::2"}
LMAA = "2001:db8:1a::1"
COAS, FIRST_COA = "2001:db8:b1::/112", "2001:db8:b1::1"
STRANGE_COA = "2001:db8:b1::1:1"  # reaches the LMA, is no configured MAG
POOL = "2001:db8:8000::/33"  # more than 16 million of /64
MTU = 1600  # of the backbone: the outer header fits beside a 1500 byte packet

CONFIG = """\
node:
  name: lma1
management:
  socket: {dir}/lma.sock
dataplane:
  workers: {workers}
  lcores: "{lcores}"
  hugepages: {huge}
  memory_mb: 512
  mbufs: 16384
  idle_sleep_us: {idle_sleep_us}
lma:
  addresses: [{lmaa}]
  max_bindings: {bindings}
  max_mags: {max_mags}
  min_delay_before_bce_delete_ms: 100
  signalling_rate: 10_000_000
  timestamp_validity_window_ms: 10_000
  tunnel_mtu: {mtu}
heartbeat:
  counter: {dir}/lma.restart
{ports}mags:
  - name: load
    prefix: {coas}
pools:
  - name: load
    prefix: {pool}
profiles:
  - match: "@barred.example"
    permit: false
  - match: "*"
    permit: true
"""


MEMIF = """\
  - name: {name}0
    driver: memif
    socket: {dir}/{name}.sock
    server: true
    queues: {workers}
"""


class LoadDomain:
    """`with LoadDomain(build, ...) as d`: the LMA serves, `d.load(...)` plays against it."""

    def __init__(self, build, driver="memif", bindings=10000, mags=16, lcores="", workers=1,
                 huge=False, idle_sleep_us=100):
        self.build, self.driver, self.bindings, self.mags = build, driver, bindings, mags
        self.lcores, self.workers, self.huge = lcores, workers, huge
        self.idle_sleep_us = idle_sleep_us
        self.dir = self.lma = self.ns = self.peer = None
        self._undo = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as on_error:
            on_error.callback(self._undo.close)
            kernel.reap()
            self.dir = kernel.scratch()
            self._undo.callback(shutil.rmtree, self.dir, ignore_errors=True)
            self._wire()
            self._start()
            on_error.pop_all()
        return self

    def __exit__(self, *exc):
        self._undo.close()

    def _wire(self):
        self.ns = kernel.Namespace("lma").add()
        self._undo.callback(self.ns.delete)
        if self.driver != "memif":
            self.peer = kernel.Namespace("load").add()
            self._undo.callback(self.peer.delete)
        for name, side, mtu in (("core", CORE, 1500), ("backbone", BACKBONE, MTU)):
            twin = self._wire_netdev(name, mtu) if self.peer else name
            if twin != f"{name}0":
                self.ns.tap(twin, mtu)
            self.ns.ip(f"-6 addr add {side['lma']}/64 dev {twin} nodad")
        self.ns.ip(f"-6 addr add {LMAA}/128 dev lo")
        self.ns.ip(f"-6 route add 2001:db8:b1::/64 via {BACKBONE['load']}")

    def _wire_netdev(self, name, mtu):
        """Where the kernel's addresses of that side of the LMA stand."""
        kernel.link(self.peer, name, self.ns, f"{name}0", mtu)
        self.peer.quiet(name)
        twin = configs.twin(self.driver, f"{name}0")
        if twin != f"{name}0":
            self.ns.quiet(f"{name}0")
        return twin

    def _ports(self):
        rows = [(name, f"{name}0", name, 0) for name in ("core", "backbone")]
        if self.peer:
            return configs.ports(self.driver, rows)
        text = "ports:\n" + "".join(MEMIF.format(name=name, dir=self.dir, workers=self.workers)
                                    for name, *_ in rows)
        return text + "interfaces:\n" + "".join(f"  - name: {n}\n    port: {p}\n    role: {r}\n"
                                                for n, p, r, _ in rows)

    def _port(self, name):
        """Of kedge-load."""
        if self.peer:
            return f"driver={self.driver},netdev={name}"
        return f"driver=memif,socket={self.dir}/{name}.sock,queues={self.workers}"

    def _start(self):
        config = os.path.join(self.dir, "lma.yaml")
        with open(config, "w", encoding="ascii") as f:
            f.write(CONFIG.format(dir=self.dir, workers=self.workers, lcores=self.lcores,
                                  huge=str(self.huge).lower(), lmaa=LMAA, mtu=MTU, coas=COAS,
                                  pool=POOL, bindings=self.bindings, max_mags=self.mags + 1,
                                  idle_sleep_us=self.idle_sleep_us, ports=self._ports()))
        self.lma = Lma(self.ns, self.build, config, os.path.join(self.dir, "lma.sock"))
        self._undo.callback(self.lma.kill)
        self.lma.start()

    def arguments(self, *more):
        enter = self.peer.command() if self.peer else []
        return [*enter, os.path.join(self.build, "tools/load/kedge-load"),
                "--core", self._port("core"), "--core-address", CORE["load"], "--core-gateway", CORE["lma"],
                "--backbone", self._port("backbone"),
                "--backbone-address", BACKBONE["load"], "--backbone-gateway", BACKBONE["lma"],
                "--lma", LMAA, "--proxy-coa", FIRST_COA, "--mags", str(self.mags), *more]

    def load(self, *more, timeout=60):
        """Exit code, its result as a dictionary, and all that it said. It begins with an LMA that
        knows nobody: who comes back within `min_delay_before_bce_delete_ms` would have moved."""
        self.lma.until(lambda: self.lma.stats()["bindings"] == 0, "no binding to be left")
        path = os.path.join(self.dir, "load.json")
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
        done = subprocess.run(self.arguments("--quiet", "--json", path, *more), text=True,
                              capture_output=True, timeout=timeout, check=False,
                              env={**SANITIZER, **os.environ})
        said = done.stdout + done.stderr
        if not os.path.exists(path):
            raise Failed(f"kedge-load left no result (exit code {done.returncode}):\n{said}\n"
                         f"{self.lma.tail()}")
        with open(path, encoding="ascii") as f:
            return done.returncode, json.load(f), said
