"""The demonstration: the domain of the tests, one scene after the other, said in plain words.

Decides what is shown and in which order. Each scene is also a claim: if it does not hold, the exit
code is 1.
"""
import argparse
import os
import signal
import sys

import kernel
from configs import CN, LMAA, POOL
from configs import Domain
from kernel import Failed
from mag import Mag
from traffic import Transfer, ask_once, ping, transfer

import pmip
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6

MB = 1 << 20
PICTURE = f"""
  correspondent ------ kedge-lma ======== router ======== MAG 1 ------ mobile node
  {CN:<20} {LMAA:<18}      `====== MAG 2 - - - - - ^ moves
                       pool {POOL}

  ---- plain IPv6      ==== IPv6 in IPv6 (RFC 5213); the MAGs' end is the Linux kernel's
"""


class Show:
    def __init__(self):
        self.bold, self.good, self.bad, self.off = \
            ("\033[1m", "\033[32m", "\033[31m", "\033[0m") if sys.stdout.isatty() else ("",) * 4
        self.held = self.broken = 0

    def scene(self, title):
        print(f"\n{self.bold}{title}{self.off}", flush=True)

    def say(self, text):
        print(f"    {text}", flush=True)

    def claim(self, what, holds):
        self.held += bool(holds)
        self.broken += not holds
        mark = f"{self.good}yes{self.off}" if holds else f"{self.bad}NO {self.off}"
        print(f"  {mark} {what}", flush=True)

    def command(self, lma, *args):
        """A command as an operator types it, and what it answers."""
        print(f"  $ kedgectl {' '.join(args)}")
        done = lma.ctl(*args)
        for line in (done.stdout + done.stderr).splitlines():
            self.say(line)
        self.claim(f"kedgectl {' '.join(args)} answers", done.returncode == 0)


def registration(show, d):
    show.scene("A mobile node attaches at MAG 1: Proxy Binding Update, Acknowledgement")
    node = d.node("phone")
    answer = d.mag1.ask(node.mn_id, ll_id=node.ll_id)
    show.say(f"PBU  {d.mag1.coa} -> {LMAA}  MN-ID {node.mn_id}, prefix ::/0 (any)")
    show.say(f"PBA  {LMAA} -> {d.mag1.coa}  status {answer.status}, "
             f"prefix {answer.prefixes and answer.prefixes[0]}, lifetime {4 * answer.lifetime} s")
    show.claim("the LMA accepts and gives a home network prefix", answer.status == 0)
    node.use(pmip.normal(answer.prefixes[0]))
    show.say(f"the node's address is {node.address}; it knows nothing of Mobile IPv6")
    return node


def traffic(show, d, node):
    show.scene("Traffic through kedge-lma and the Linux kernel's tunnel end at the MAG")
    show.claim("ping from the network to the node", ping(d.cn, node.address))
    show.claim("ping from the node to the network", ping(node.ns, CN))
    for what, args in (("down", (d.cn, node.ns, node.address)), ("up", (node.ns, d.cn, CN))):
        rate = transfer(*args, 100 * MB)
        show.claim(f"100 MB {what} by TCP, SHA-256 equal: {rate * 8 / 1e9:.2f} Gb/s", True)


def handover(show, d, node):
    show.scene("The node moves to MAG 2 while it downloads")
    moving = Transfer(d.cn, node.ns, node.address, 100 * MB).start()
    moving.wait_for(10 * MB)
    node.move_to(d.mag2)
    answer = d.mag2.ask(node.mn_id, hi=pmip.BETWEEN_MAGS, ll_id=node.ll_id)
    show.say(f"PBU  {d.mag2.coa} -> {LMAA}  handoff indicator 3 (between MAGs)")
    show.claim("the LMA gives the same prefix at the new MAG",
               [pmip.normal(p) for p in answer.prefixes] == [node.prefix])
    moving.join()
    show.claim("the TCP connection went on, SHA-256 equal", True)


def refusals(show, d, node):
    show.scene("What is refused, and by which name")
    lma, before = d.lma, d.lma.drops()
    spoof = bytes(IPv6(src=node.address, dst=CN) / ICMPv6EchoRequest())
    d.mag1.send_packet(bytes(IPv6(src=d.mag1.coa, dst=LMAA, nh=41) / spoof))
    # Another node at MAG 1 keeps its tunnel welcome, so that only the source is wrong.
    ask_once(d.cn, POOL.replace("::/48", ":ffff::1"))
    stranger: Mag = d.stranger()
    show.claim("a MAG that is not configured gets status 154", stranger.ask("x@example").status == 154)

    def rose(name):
        return lma.drops()[name] > before[name]
    for name, what in (("drop_spoof", "a packet of the node's, sent by a MAG where it is not"),
                       ("drop_no_binding", "a packet to a prefix that nobody has")):
        try:
            lma.until(lambda name=name: rose(name), name)
            show.claim(f"{name}: {what}", True)
        except Failed:
            show.claim(f"{name}: {what}", False)
    show.command(lma, "show", "drops")


def accounting(show, d):
    show.scene("Every packet has one verdict")
    try:
        d.lma.until(lambda: d.lma.imbalance() == 0, "the identity")
    except Failed:
        pass
    s = d.lma.stats()
    show.say(f"received {s['received']} + originated {s['originated']}, lost {s['dropped']}")
    show.claim("received + originated = sum of all verdicts", d.lma.imbalance() == 0)


def play(show, d):
    d.lma.start()
    show.say("kedge-lma is ready: AF_XDP on two links, no huge pages, one worker")
    node = registration(show, d)
    traffic(show, d, node)
    other = d.node("other").attach()
    handover(show, d, node)
    show.scene("What the operator sees")
    show.command(d.lma, "show", "bindings")
    show.command(d.lma, "show", "mags")
    show.claim("two mobile nodes of two MAGs reach each other", ping(other.ns, node.address))
    refusals(show, d, node)
    accounting(show, d)


def hold(d):
    print(f"""
Everything stays up until you press Ctrl-C. Try in another terminal:
    {d.lma.ctl_program} --socket {d.lma.socket} show bindings
    nsenter --net={d.cn.path} ping {d.lma.bindings()[0]['prefix'].replace('/64', '1')}
""", flush=True)
    signal.pause()


def main():
    p = argparse.ArgumentParser(prog="tools/demo", description=__doc__.splitlines()[0])
    p.add_argument("--build", required=True, help=argparse.SUPPRESS)
    p.add_argument("--hold", action="store_true", help="stay up at the end")
    args = p.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    show, why = Show(), kernel.lacks()
    if why:
        sys.exit(f"demo: {why}")
    print(PICTURE, end="")
    try:
        with Domain(os.path.abspath(args.build), show.say) as d:
            show.scene("A domain of network namespaces")
            try:
                play(show, d)
            except (Failed, OSError) as e:
                show.claim(f"{e}", False)
                print(d.lma.tail())
            if args.hold and d.lma.is_running():
                hold(d)
            show.scene("The end")
            show.claim("SIGTERM ends kedge-lma with exit code 0", d.lma.stop() == 0)
    except KeyboardInterrupt:
        print("\ninterrupted; everything is taken away")
    print(f"\n{show.held} claims held, {show.broken} did not")
    sys.exit(1 if show.broken or not show.held else 0)


if __name__ == "__main__":
    main()
