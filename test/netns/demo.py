"""The demonstration: a Linux host attaches, downloads, and moves between two gateways meanwhile.

Decides what is shown and in which order. Each scene is also a claim: if one does not hold, the exit
code is 1.
"""
import argparse
import contextlib
import os
import re
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "interop"))
# pylint: disable=wrong-import-position
import kernel
import pmip
from air import DEV
from configs import CN, LMAA, MODES, POOL
from kernel import Failed
from mag import FIXED_LINK_LOCAL
from roaming import IP_END, Roaming
from show import Show
from stream import Stream
from traffic import Transfer, transfer

MB = 1 << 20
AT_ONCE = 200 * MB
PACE = 25e6          # bytes per second of the transfer beside which gaps are measured
MAC, STOLEN = "02:00:00:00:00:01", "02:00:00:00:00:03"
PROFILES = """\
profiles:
  - match: stolen@example
    permit: false
  - match: "@example"
"""
SETTLED = 700        # datagrams after a move until it counts as over
ADVERT = 134         # ICMPv6 type of an RA
ALL_S = 90           # after this long nothing is waited for any more
PICTURE = f"""
  cn ------- kedge-lma ======= router ======= kedge-mag 1 ----- bridge 1  ) ) )  mn
                                  `========== kedge-mag 2 ----- bridge 2         moves

  ---- plain IPv6    ==== IPv6 in IPv6 (RFC 5213)    mn: a Linux host, no mobility software
  cn {CN}    LMA {LMAA}    prefixes of {POOL}
"""


class Move:
    """One handoff: when it was, and what it cost."""

    def __init__(self, number, to, times):
        self.number, self.to = number, to
        self.away, self.back = times
        self.registered_ms = self.down = self.up = None

    def row(self):
        return (f"{self.number}  to {self.to}", f"{(self.back - self.away) * 1e3:.1f} ms",
                f"{self.registered_ms or 0:.1f} ms", f"{self.down.ms:.0f} ms", f"{self.up.ms:.0f} ms",
                self.down.lost, self.up.lost)


HEAD = ("handoff", "carrier away", "registered after", "gap down", "gap up", "lost down", "lost up")


class Served(Roaming):
    """Its MAGs serve who is in the realm, but one."""

    def mag_config(self, name, sock, counter):
        return super().mag_config(name, sock, counter) + PROFILES


def attach(show, d):
    show.scene("A Linux host comes to bridge 1")
    host = d.host("mn", mac=MAC, dad=True)
    tap = d.capture(host.ns, DEV, "attach.pcap", None)
    host.join(d.mag1.air)
    show.say("carrier", "mn does what any Linux does by default")
    row = d.mag1.until_bound(MAC)
    d.until_served(host, d.mag1)
    tap.close()
    times = attach_times(tap)
    show.claim("first frame to RA", times is not None,
               f"{times:.2f} ms on the host's link; kedge-mag says {row['attach_ms']:.2f} ms"
               if times is not None else "no Router Advertisement came")
    show.claim("address", host.has_prefix(row["prefix"]), f"{host.address}, by SLAAC")
    show.claim("router", FIXED_LINK_LOCAL in host.ns.ip("-6 route show default"),
               f"{FIXED_LINK_LOCAL}, the same at each MAG (RFC 6543)")
    show.command(d.mag1, "show", "nodes")
    show.command(d.lma, "show", "bindings")
    return host


def refusal(show, d):
    show.scene("A host that may not attach comes to bridge 1")
    host = d.host("stolen", mac=STOLEN)
    host.join(d.mag1.air)
    show.say("profiles", "stolen@example: permit: false")
    row = d.mag1.until(lambda: next((r for r in d.mag1.nodes(STOLEN) if r["state"] == "refused"),
                                    None), "the host to be refused")
    show.claim("refused", row["reason"], row["reason"])
    show.claim("no service", not host.addresses() and d.binding(host) is None,
               "no Router Advertisement, no address, no binding at the LMA")
    show.command(d.mag1, "show", "nodes")
    show.say("what to do", row["advice"])
    host.leave()


def attach_times(tap):
    """Milliseconds from the host's first frame to the first RA; None if there is none."""
    own = bytes.fromhex(MAC.replace(":", ""))
    sent = [t for f, t in zip(tap.frames, tap.times) if f[6:12] == own]
    adverts = [t for f, t in zip(tap.frames, tap.times)
               if f[6:12] != own and f[20] == 58 and f[IP_END] == ADVERT]
    return (adverts[0] - sent[0]) / 1e6 if sent and adverts else None


def pinged(ns, to):
    """The round trip times that ping says, or None if one was lost."""
    said = ns.run("ping", "-6", "-n", "-q", "-i", "0.05", "-c", "10", "-W", "1", to, check=False)
    rtt = re.search(r"= ([\d.]+)/([\d.]+)/([\d.]+)/", said)
    return f"{rtt.group(2)} ms on average, 10 of 10" if rtt and " 10 received" in said else None


def traffic(show, d, host):
    show.scene("Traffic through the tunnel")
    for label, ns, to in (("ping mn -> cn", host.ns, CN), ("ping cn -> mn", d.cn, host.address)):
        said = pinged(ns, to)
        show.claim(label, said, said or "not all came back")
    for label, args in (("TCP down", (d.cn, host.ns, host.address)),
                        ("TCP up", (host.ns, d.cn, CN))):
        rate = transfer(*args, AT_ONCE)
        show.claim(label, True, f"{rate * 8 / 1e9:.2f} Gb/s, {AT_ONCE // MB} MB, SHA-256 equal")


def registered_ms(d, mag, since):
    """From the carrier's loss to the LMA's first acceptance at that MAG, on the wire."""
    wall = time.time_ns() - time.monotonic_ns() + int(since * 1e9)
    for frame, at in zip(list(d.tap.frames), list(d.tap.times)):
        message = pmip.Message(frame[IP_END:])
        if at > wall and message.body.mhtype == pmip.PBA and message.status == 0 and \
                message.lifetime > 0 and frame[38:54] == kernel.address_bytes(mag.coa):
            return (at - wall) / 1e6
    return None


def handoffs(show, d, host, down, up):
    """There, back, and there again; the list of moves."""
    moves = []
    for number, name in enumerate(("mag2", "mag1", "mag2"), 1):
        mag = d.mags[name]
        move = Move(number, name, host.move_to(mag.air))
        d.until_at_lma("mn@example", mag)
        for stream in (down, up):
            stream.until_since(move.back, SETTLED)
        move.registered_ms = registered_ms(d, mag, move.away)
        end = time.monotonic()
        move.down, move.up = (s.gap(move.away - 0.05, end) for s in (down, up))
        moves.append(move)
        show.claim(f"handoff {number} to {name}", move.registered_ms is not None,
                   f"registered {move.registered_ms or 0:.1f} ms after the carrier went, silent "
                   f"{move.down.ms:.0f} ms down, {move.up.ms:.0f} ms up")
    return moves


def move_about(show, d, host):
    """Three handoffs beside one connection and two streams. What the last table is made of."""
    show.scene("The host moves while it downloads")
    before = {"tcp": host.tcp(), "addresses": host.addresses()}
    with contextlib.ExitStack() as undo:
        moving = Transfer(d.cn, host.ns, host.address, pace=PACE).start()
        moving.wait_for(2 * MB)
        streams = Stream(d.cn, host.ns, host.address), Stream(host.ns, d.cn, CN)
        for stream in streams:
            undo.callback(stream.kill)
            stream.until_since(0, 200)
        show.say("one TCP connection", f"paced to {PACE * 8 / 1e6:.0f} Mb/s; beside it 1000 "
                 "datagrams a second each way")
        moves = handoffs(show, d, host, *streams)
        moving.wait_for(moving.moved + 5 * MB)
        for stream in streams:
            stream.stop()
        rate = moving.finish().join()
    return {**before, "moves": moves, "moving": moving, "rate": rate, "streams": streams}


def summary(show, d, host, m):
    show.scene("What it came to")
    moving, after = m["moving"], host.tcp()
    opened = sum(after[k] - m["tcp"][k] for k in ("ActiveOpens", "PassiveOpens"))
    reset = sum(after[k] - m["tcp"][k] for k in ("EstabResets", "OutRsts", "AttemptFails"))
    show.claim("addresses before", m["addresses"], ", ".join(m["addresses"]))
    show.claim("addresses after", host.addresses() == m["addresses"],
               ", ".join(host.addresses()))
    (_, port), (_, to_port) = moving.ends
    show.claim("TCP connection", opened == 1,
               f"{CN}.{port} -> mn.{to_port}, the same; mn's kernel opened {opened}")
    show.claim("not reset", reset == 0, f"{reset} resets, {moving.retransmitted} segments again")
    show.claim("data", True, f"{moving.moved // MB} MB, SHA-256 equal, "
               f"{m['rate'] * 8 / 1e6:.0f} Mb/s over three handoffs")
    print()
    show.table(HEAD, [move.row() for move in m["moves"]])
    for label, stream, lost in (
            ("datagrams down", m["streams"][0], sum(x.down.lost for x in m["moves"])),
            ("datagrams up", m["streams"][1], sum(x.up.lost for x in m["moves"]))):
        show.say(label, f"{stream.sent} sent, {lost} lost in handoffs, "
                 f"{stream.lost - lost} at other times")


def accounting(show, d):
    show.scene("Every packet has one verdict")
    drops, programs = {}, {"kedge-lma": d.lma, "kedge-mag 1": d.mag1, "kedge-mag 2": d.mag2}
    for name, program in programs.items():
        with contextlib.suppress(Failed):
            program.balances()
        s, wrong = program.stats(), program.imbalance()
        show.claim(name, wrong == 0, f"received {s['received']} + originated {s['originated']} "
                   f"= sum of all verdicts{f', but for {wrong}' if wrong else ''}")
        for row in program.show("drops"):
            if row["count"]:
                drops.setdefault((row["name"], row["text"]), {})[name] = row["count"]
    if drops:
        print()
        show.table(("drop", *programs, "why"),
                   [(name, *(counts.get(p, 0) for p in programs), why)
                    for (name, why), counts in sorted(drops.items())], left=(0, 4))


def play(show, d):
    show.scene("Three processes in namespaces of their own")
    d.listen()
    d.start()
    show.claim("ready", True, f"kedge-lma, two kedge-mag; ports {d.mode}, no huge pages")
    host = attach(show, d)
    traffic(show, d, host)
    seen = move_about(show, d, host)
    summary(show, d, host, seen)
    refusal(show, d)
    accounting(show, d)
    return host


def hold(d, host):
    move = f"ip -n {d.air.ns.name} link set {host.name}"
    print(f"""
Everything stays up until you press Ctrl-C. Try in another terminal:
    {d.mag2.ctl_program} --socket {d.mag2.socket} show nodes
    {d.lma.ctl_program} --socket {d.lma.socket} show bindings
    nsenter --net={host.ns.path} ping {CN}
and, while it pings, a handoff:
    {move} down; {move} master {d.mag1.air}; {move} up
""", flush=True)
    signal.pause()


def end(show, d):
    codes = [program.stop() for program in d.programs()]
    show.scene("The end")
    show.claim("SIGTERM", codes == [0, 0, 0], f"exit codes {codes}")


def arguments():
    p = argparse.ArgumentParser(prog="tools/demo", description=__doc__.splitlines()[0])
    p.add_argument("--build", required=True, help=argparse.SUPPRESS)
    p.add_argument("--spent", default="", help=argparse.SUPPRESS)
    p.add_argument("--ports", choices=MODES, default=MODES[0], help="how they reach their netdevs")
    p.add_argument("--hold", action="store_true", help="stay up at the end")
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
    took = 0.0
    try:
        with Served(os.path.abspath(args.build), lambda line: show.say(line), args.ports) as d:
            host = None
            try:
                host = play(show, d)
            except (Failed, OSError) as e:
                show.claim(f"{type(e).__name__}: {e}", False)
                for program in d.programs():
                    show.lines(program.tail())
            took = show.seconds()
            if args.hold and host is not None:
                signal.alarm(0)
                hold(d, host)
            end(show, d)
    except KeyboardInterrupt:
        print("\ninterrupted; everything is taken away")
    print(f"\n{args.spent}demo {took:.1f} s")
    print(f"{show.held} held, {show.broken} did not")
    sys.exit(1 if show.broken or not show.held else 0)


if __name__ == "__main__":
    main()
