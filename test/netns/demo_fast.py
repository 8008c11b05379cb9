"""The demonstration of fast handover: one host, one transfer, one move, three ways side by side.

plain       its old gateway is told when it left, its new one when it is there (RFC 5213)
predictive  its old gateway is told before: packets wait at the new one (RFC 5949)
reactive    its new gateway is told where it was, when it is there (RFC 5949)

Decides what is measured and what has to hold: predictive loses, reorders and doubles nothing;
reactive loses no more than was sent before its new gateway knew of it.
"""
import argparse
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "interop"))
# pylint: disable=wrong-import-position
import kernel
from air import counters_of
from configs import CN
from fast import Fast
from kernel import Failed, pause
from show import Show
from traffic import Transfer

ALL_S = 240          # the demo itself, not what comes before
RATE = 10000         # datagrams a second, each way
GAPS_MS = (50, 200, 1000)
WAYS = ("plain", "predictive", "reactive")
MB = 1 << 20
PACE = 25e6
HEAD = ("radio gap", "way", "silent down", "silent up", "lost down", "lost up", "reordered", "doubled",
        "TCP still", "TCP sent again", "")

PICTURE = """
    cn ---- kedge-lma ---- kedge-mag 1 ---- ap1 )))
                    `----- kedge-mag 2 ---- ap2 )))  mn

    mn sends and receives 10000 numbered datagrams a second, and moves from ap1 to ap2 or back. During
    the gap its radio has no link: what mn sends waits in it, what is sent to it is lost on the air.
"""


class Move:
    """One move of the host: from the gateway that it is at to the other one, in one of the ways."""

    def __init__(self, d, host, way, gap_ms):
        self.d, self.host, self.way, self.gap_s = d, host, way, gap_ms / 1e3
        self.old, self.new = (d.mag1, d.mag2) if host.at == "br1" else (d.mag2, d.mag1)
        self.to = "ap2" if self.new is d.mag2 else "ap1"
        self.was = "ap1" if self.new is d.mag2 else "ap2"
        self.mn_id = d.binding(host)["mn_id"]

    def run(self):
        """The gap begins and ends; afterwards the LMA has the host at the new gateway."""
        if self.way == "predictive":
            self.old.order("mag", "handover", self.mn_id, "--to", self.to)
            self.d.until_state(self.old, self.mn_id, "forwarding")
            pause(0.02)  # what was on the link before is received
        self.host.leave()
        began = time.monotonic()
        if self.way == "plain":
            self.old.detach(self.host.mac)
        pause(began + self.gap_s - time.monotonic())
        self._arrive()
        self.knew_s = time.monotonic() - began
        self.d.until_at_lma(self.mn_id, self.new)
        self.d.until_quiet()


    def _arrive(self):
        """The access point says that the host is there. Where it was has to be known before its
        first frame, which says the same; who is expected may be heard first."""
        if self.way == "predictive":
            self.host.join(self.new.air)
        self.new.order("mag", "attach", self.host.mac,
                       *(["from", self.was] if self.way == "reactive" else []))
        self.host.join(self.new.air)


class Measured:
    """What a move did to the streams and to a transfer."""

    def __init__(self, d, host, way, gap_ms):
        self.way, self.gap_ms = way, gap_ms
        with d.streams(host, RATE) as both:
            pause(0.3)
            move = Move(d, host, way, gap_ms)
            move.run()
            pause(0.2)
            self.down, self.up = (stream.stop() for stream in both)
        self.bound = RATE * (move.knew_s + 0.05)  # and what was on its way
        self.still_ms, self.again = self._transfer(d, host)

    def _transfer(self, d, host):
        """The same move with a TCP connection: its longest standstill, and segments sent again."""
        before = counters_of(d.cn, "Tcp")["RetransSegs"]
        moving = Transfer(d.cn, host.ns, host.address, pace=PACE).start()
        moving.wait_for(2 * MB)
        move = Move(d, host, self.way, self.gap_ms)
        with Watch(moving) as watch:
            move.run()
            moving.wait_for(moving.moved + 2 * MB)
        moving.finish().join()
        return watch.longest_ms, counters_of(d.cn, "Tcp")["RetransSegs"] - before

    @property
    def clean(self):
        return not any(x for s in (self.down, self.up) for x in (s.lost, s.reordered, s.doubled))

    def holds(self):
        if self.way == "predictive":
            return self.clean
        return self.way == "plain" or (self.down.lost <= self.bound and self.up.lost <= RATE * 0.1)

    def row(self):
        why = {"plain": "", "predictive": "nothing may be lost",
               "reactive": f"at most {self.bound:.0f}: sent before it knew"}[self.way]
        return (f"{self.gap_ms} ms", self.way, f"{self.down.gap_ms:.0f} ms", f"{self.up.gap_ms:.0f} ms",
                self.down.lost, self.up.lost, self.down.reordered + self.up.reordered,
                self.down.doubled + self.up.doubled, f"{self.still_ms:.0f} ms", self.again, why)


class Watch:
    """The longest time in which a transfer did not move."""

    def __init__(self, moving):
        self.moving, self.longest_ms = moving, 0.0

    def __enter__(self):
        import threading  # pylint: disable=import-outside-toplevel
        self._on = True
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def _look(self):
        last, since = self.moving.moved, time.monotonic()
        while self._on:
            pause(0.002)
            now = time.monotonic()
            if self.moving.moved != last:
                last, since = self.moving.moved, now
            self.longest_ms = max(self.longest_ms, (now - since) * 1e3)

    def __exit__(self, *_):
        self._on = False
        self._thread.join()


def play(show, d, gaps):
    show.scene("Three processes in namespaces of their own; the gateways know each other")
    d.start()
    show.claim("ready", True, f"kedge-lma, two kedge-mag; ports {d.mode}, no huge pages")
    host = d.radio_host("mn", d.mag1)
    show.claim("mn at ap1", True, host.address)
    with d.streams(host, RATE) as both:
        pause(1)
        rest = [stream.stop() for stream in both]
    show.claim("without a move", not any(s.lost + s.reordered + s.doubled for s in rest),
               ", ".join(f"{s.received} of {s.sent}" for s in rest) + " datagrams came, in order")
    found = []
    show.scene(f"{len(gaps) * len(WAYS)} moves with streams, and as many with TCP")
    for gap_ms in gaps:
        for way in WAYS:
            m = Measured(d, host, way, gap_ms)
            found.append(m)
            show.claim(f"{way}, {gap_ms} ms", m.holds(),
                       f"{m.down.lost} lost down, {m.up.lost} up of {m.down.sent} and {m.up.sent}")
    show.scene("What it came to")
    show.command(d.mag1, "show", "handovers")
    print()
    show.table(HEAD, [m.row() for m in found], left=(0, 1, 10))
    show.say("silent", "the longest time between two datagrams that came; the gap itself is the radio's")
    for name, mag in (("kedge-lma", d.lma), ("kedge-mag 1", d.mag1), ("kedge-mag 2", d.mag2)):
        show.claim(f"{name} accounts", mag.imbalance() == 0, "every packet has one verdict")


def arguments():
    p = argparse.ArgumentParser(prog="tools/demo --fast", description=__doc__.splitlines()[0])
    p.add_argument("--build", required=True, help=argparse.SUPPRESS)
    p.add_argument("--spent", default="", help=argparse.SUPPRESS)
    p.add_argument("--fast", action="store_true", help=argparse.SUPPRESS)
    p.add_argument("--gaps", default=",".join(map(str, GAPS_MS)), help="of the radio, ms")
    return p.parse_args()


def too_late(*_):
    raise Failed(f"not done in {ALL_S} s")


def main():
    args, show = arguments(), Show()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGALRM, too_late)
    signal.alarm(ALL_S)
    why = kernel.lacks(tunnel=False)
    if why:
        sys.exit(f"demo: {why}")
    print(PICTURE, end="")
    try:
        with Fast(os.path.abspath(args.build), lambda line: show.say(line)) as d:
            try:
                play(show, d, [int(gap) for gap in args.gaps.split(",")])
            except (Failed, OSError) as e:
                show.claim(f"{type(e).__name__}: {e}", False)
                for program in d.programs():
                    show.lines(program.tail())
    except KeyboardInterrupt:
        print("\ninterrupted; everything is taken away")
    print(f"\n{args.spent}demo {show.seconds():.1f} s")
    print(f"{show.held} held, {show.broken} did not")
    sys.exit(1 if show.broken or not show.held else 0)


if __name__ == "__main__":
    main()
