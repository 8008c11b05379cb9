"""A path of 1280 bytes that gives fragments another order, gives some twice and loses some."""
import kernel
from configs import CN
from mixer import Mixer
from paths import LEAST, Paths
from sentences import same, test, true
from traffic import Transfer, ping

limit_s = 90
MB = 1 << 20


class Domain(Paths):
    def _wire_middle(self, bb, name, way):
        """As ever, but with a mixer in the middle of mag1's."""
        if name != "mag1":
            super()._wire_middle(bb, name, way)
            return
        mix = self.namespace("mix")
        kernel.link(bb, name, mix, "bb0", self.backbone_mtu)
        kernel.link(mix, "way0", way, "lma0", self.backbone_mtu)
        for dev in ("bb0", "way0"):
            mix.quiet(dev)
        self.mixer = Mixer(mix, "bb0", "way0")
        self._undo.callback(self.mixer.close)

    def start(self):
        super().start()
        self.narrow("mag1", LEAST)


def both_ways(d, host, size):
    both = [Transfer(d.cn, host.ns, host.address, size).start(),
            Transfer(host.ns, d.cn, CN, size).start()]
    for t in both:
        t.join()


def lost_by_name(d):
    return {(p.name, k): n for p in (d.lma, d.mag1) for k, n in p.drops().items()
            if k.startswith("drop_fragment")}


@test
def transfers_both_ways_arrive_intact_with_their_pieces_in_another_order(d):
    # LMA-MTU-04
    host = d.one()
    true("reachable", ping(d.cn, host.address))
    before = lost_by_name(d)
    both_ways(d, host, 2 * MB)
    m = d.mixer
    print(f"    {m.passed} pieces, {m.moved} of them at another place")
    true("most were moved", m.moved > m.passed / 4 and m.passed > 4 * 2 * MB // LEAST)
    same("lost by name", {k: n for k, n in lost_by_name(d).items() if n != before[k]}, {})


@test
def transfers_both_ways_arrive_intact_with_some_of_their_pieces_doubled(d):
    # LMA-MTU-04
    host, before = d.one(), lost_by_name(d)
    d.mixer.double = 30
    both_ways(d, host, 2 * MB)
    d.mixer.double = 0
    doubled = {k: n - before[k] for k, n in lost_by_name(d).items() if n != before[k]}
    print(f"    {d.mixer.doubled} pieces doubled; dropped: {sum(doubled.values())}")
    true("some were doubled", d.mixer.doubled > 50)
    same("lost as what", {name for _, name in doubled}, {"drop_fragment"})


@test
def transfers_both_ways_arrive_intact_with_some_of_their_pieces_lost(d):
    # LMA-MTU-04: what has no other half waits, within bounds, and harms nobody.
    host = d.one()
    d.mixer.lose = 10
    both_ways(d, host, 2 * MB)
    d.mixer.lose = 0
    print(f"    {d.mixer.lost} pieces lost")
    true("some were lost", d.mixer.lost > 20)
    waiting = [p.stats()["held"] for p in (d.lma, d.mag1)]
    true(f"waiting pieces are held: {waiting}", min(waiting) > 0 and max(waiting) <= 1024)
    true("reachable", ping(d.cn, host.address))
