"""A domain whose two gateways know each other: fast handover (RFC 5949) is on.

Access point ap1 is mag1's, ap2 is mag2's. Decides that, and how large the buffers are. Its hosts may
have a radio: during a gap the host's own packets wait in it, as they do in a modem, and what is sent
to it is lost on the air. Their streams are numbered datagrams each way, by a program of its own.
"""
import contextlib
import json
import os
import signal
import subprocess

import configs
from air import DEV, Host
from configs import CN, COA
from kernel import Failed
from roaming import Roaming

APS = {"ap1": "mag1", "ap2": "mag2"}
BUFFERS = 49152  # packet buffers: a second of ten thousand packets each way, and all else


def section(**more):
    rows = "".join(f"    - ap: {ap}\n      mag: {COA[mag]}\n" for ap, mag in APS.items())
    keys = {"node_buffer_kib": 40960, "buffer_mib": 48, **more}
    return "fast_handover:\n  peers:\n" + rows + \
        "".join(f"  {key}: {value}\n" for key, value in keys.items())


class RadioHost(Host):
    """A host whose interface is a TAP; `joins` and leaves without its kernel's noticing."""

    def __init__(self, name, ns, air, mac, program):  # pylint: disable=super-init-not-called
        self.name, self.ns, self.air, self.mac = name, ns, air, mac
        self.at, self.links = None, {}
        for key, value in (("accept_ra", 1), ("accept_dad", 0), ("addr_gen_mode", 0)):
            ns.sysctl(f"net.ipv6.conf.default.{key}", value)
        devs = []
        for number, bridge in enumerate(("br1", "br2"), 1):
            dev = f"{name}{number}"
            air.ns.ip(f"link add {dev} type veth peer name {dev}b")
            air.ns.batch(f"link set {dev}b master {bridge}",
                         f"link set {dev}b type bridge_slave isolated on",
                         f"link set {dev}b up", f"link set {dev} up")
            self.links[bridge] = number
            devs.append(dev)
        self._radio = subprocess.Popen([program, ns.name, DEV, air.ns.name, *devs], text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self._radio.stdout.readline() != "ready\n":
            raise Failed(f"{program} does not start")
        ns.batch(f"link set {DEV} address {mac}", f"link set {DEV} txqueuelen 65536",
                 f"link set {DEV} up")

    def _say(self, what):
        """Frames up, down, lost on the air since the last word."""
        self._radio.stdin.write(f"{what}\n")
        self._radio.stdin.flush()
        return [int(n) for n in self._radio.stdout.readline().split()]

    def join(self, bridge):
        self.at = bridge
        self._say(f"at {self.links[bridge]}")
        return self

    def leave(self):
        self.at = None
        return self._say("gap")

    def end(self):
        self._radio.stdin.close()
        self._radio.wait(5)


class Numbers:
    """One stream of numbered datagrams; afterwards sent, received, lost, doubled, reordered, gap_ms."""

    def __init__(self, program, sender, receiver, to, port, rate):
        self._hear = self._begin(receiver, [program, "hear", to, str(port)])
        if self._hear.stdout.readline() != b"ready\n":
            raise Failed(f"{program} does not listen at {to}")
        self._send = self._begin(sender, [program, "send", to, str(port), str(rate)])

    @staticmethod
    def _begin(ns, args):
        return subprocess.Popen(ns.command(*args), stdout=subprocess.PIPE)

    def stop(self):
        self._send.send_signal(signal.SIGTERM)
        self.sent = int(self._send.communicate(timeout=10)[0])
        self._hear.send_signal(signal.SIGTERM)
        found = json.loads(self._hear.communicate(timeout=20)[0])
        self.received, self.gap_ms = found["received"], found["gap_ms"]
        self.doubled, self.reordered = found["doubled"], found["reordered"]
        self.lost = self.sent - self.received
        return self

    def kill(self):
        for process in (self._send, self._hear):
            if process.poll() is None:
                process.kill()
                process.wait()


class Fast(Roaming):
    more = {}  # keys of the section, for all gateways

    def mag_config(self, name, sock, counter):
        text = configs.mag(name, sock, counter, self.mode, self.vlans,
                           tunnel_mtu=self.backbone_mtu, probe_after_ms=20000)
        return text.replace("mbufs: 8192", f"mbufs: {BUFFERS}") + section(**self.more)

    def lma_config(self):
        return super().lma_config().replace("lma:\n", "lma:\n  fast_handover: true\n", 1)

    # ---- What the gateways say of it

    @staticmethod
    def handover(mag, mn_id):
        return next((h for h in mag.show("handovers") if h["mn_id"] == mn_id), None)

    def until_state(self, mag, mn_id, *states, timeout=10):
        """Until that gateway's handover of the node is in one of the states; its row."""
        def there():
            row = self.handover(mag, mn_id)
            return row if row and row["state"] in states else None
        return mag.until(there, f"handover of {mn_id} at {mag.coa} to be {states}", timeout)

    def until_quiet(self, timeout=15):
        """Until no gateway holds a packet or a tunnel for a handover any more."""
        for mag in (self.mag1, self.mag2):
            mag.until(lambda m=mag: all(h["state"] == "over" for h in m.show("handovers")),
                      f"no handover under way at {mag.coa}", timeout)
            mag.until(lambda m=mag: m.counters().get("handover_queues", 0) == 0,
                      f"no queue in use at {mag.coa}", timeout)

    # ---- Hosts with a radio, and their streams

    def radio_host(self, name, mag):
        mac = f"02:00:00:00:01:{len(self.hosts) + 0x10:02x}"
        host = RadioHost(name, self.namespace(name), self.air, mac, self._program("radio"))
        self._undo.callback(host.end)
        self.hosts[name] = host
        host.join(mag.air)
        self.until_served(host, mag)
        return host

    def _program(self, name):
        return os.path.join(self.build, "test", "perf", name)

    @contextlib.contextmanager
    def streams(self, host, rate=10000):
        """Ten thousand numbered datagrams a second, each way at once: (down, up)."""
        address = host.address
        both = (Numbers(self._program("stream"), self.cn, host.ns, address, 7001, rate),
                Numbers(self._program("stream"), host.ns, self.cn, CN, 7002, rate))
        try:
            yield both
        finally:
            for stream in both:
                stream.kill()
