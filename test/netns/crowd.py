"""Many emulated mobile nodes at one MAG (test/perf/nodes.c), and what they cost it.

The domain's MAG and LMA are the real programs, as configured for a crowd: limits that protect a
MAG from a few nodes are raised where one netdev plays tens of thousands.
"""
import json
import os
import select
import subprocess

from configs import CN
from kernel import Failed, wire
from roaming import Roaming

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGESIZE")


class CrowdDomain(Roaming):
    """Room for `nodes`; registrations of `lifetime_s`."""
    nodes, lifetime_s = 2000, 3600

    def mag_config(self, name, sock, counter):
        text = super().mag_config(name, sock, counter)
        for old, new in (("max_nodes: 1024", f"max_nodes: {self.nodes}\n"
                          f"  max_pending: {self.nodes}\n  attach_rate: 10000\n"
                          "  signalling_rate: 10000000"),
                         ("lifetime_s: 3600", f"lifetime_s: {self.lifetime_s}"),
                         ("probe_after_ms: 2000", "probe_after_ms: 30000"),
                         ("mbufs: 8192", "mbufs: 32768"), ("memory_mb: 512", "memory_mb: 1024")):
            if old not in text:
                raise Failed(f"no '{old}' in the MAG's configuration")
            text = text.replace(old, new)
        return text

    def lma_config(self):
        text = super().lma_config()
        for old, new in (("max_bindings: 10000", f"max_bindings: {2 * self.nodes + 10000}"),
                         ("signalling_rate: 5000", "signalling_rate: 10000000"),
                         ("mbufs: 8192", "mbufs: 32768"), ("memory_mb: 512", "memory_mb: 1024"),
                         ("prefix: 2001:db8:100::/48", "prefix: 2001:db8:100::/44")):
            if old not in text:
                raise Failed(f"no '{old}' in the LMA's configuration")
            text = text.replace(old, new)
        return text


class Crowd:
    """The emulator, on mag1's link. `rate`: how many nodes begin in a second."""

    def __init__(self, d, count, rate, build):
        self.d, self.count = d, count
        ns = d.namespace("crowd")
        ns.quiet("default")
        wire(ns, "radio0", d.air.ns, "crowd")
        ns.ip("link set radio0 up")
        d.air.ns.ip(f"link set crowd master {d.mag1.air} up")
        d.air.until_open()
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            ns.command(os.path.join(build, "test/perf/nodes"), "radio0", str(count), str(rate), CN),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        d._undo.callback(self.close)  # pylint: disable=protected-access

    def close(self):
        self.process.kill()
        self.process.wait()

    def hear(self, timeout):
        """What it says next."""
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            raise Failed(f"{self.count} nodes say nothing in {timeout} s")
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"the nodes ended: {self.process.stderr.read()}")
        return json.loads(line)

    def ask(self, timeout=10):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.hear(timeout)


def resident(program):
    """Bytes of memory that a program has in use."""
    with open(f"/proc/{pid_of(program)}/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * PAGE


def control_seconds(program):
    """CPU time of its control thread, which is its first."""
    pid = pid_of(program)
    with open(f"/proc/{pid}/task/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def pid_of(program):
    """Of the program itself: nsenter becomes it."""
    return program.process.pid


def count_at_lma(d, state="active"):
    return sum(b["state"] == state for b in d.lma.bindings())
