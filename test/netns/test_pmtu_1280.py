"""A path of 1280 bytes: what is not larger than that has to be carried, so it goes in pieces."""
import collections

from configs import CN, LMAA
from paths import FRAGMENT, LEAST, TUNNELLED, Paths, length, outer, pieces
from sentences import same, test, true
from traffic import Transfer, ping

limit_s = 60
MB = 1 << 20


class Domain(Paths):
    def start(self):
        super().start()
        self.narrow("mag1", LEAST)


def in_datagrams(found):
    """The pieces by (id, source, destination), in the order in which they came."""
    by = collections.defaultdict(list)
    for piece in found:
        by[piece.packet[8:40], piece.id].append(piece)
    return by


def check_pieces(packets, path):
    """Each id is there for one datagram; none of its pieces is larger than the path. How many."""
    same("larger than the path", [p for p in packets if length(p) > path], [])
    by = in_datagrams(pieces(packets))
    for (_, ident), own in by.items():
        offsets = [p.offset for p in own]
        same(f"pieces of id {ident:#x} that begin a datagram", offsets.count(0), 1)
        same("whole, one behind the other", offsets,
             [sum(p.size for p in own[:i]) for i in range(len(own))])
        same("more to come", [p.more for p in own], [1] * (len(own) - 1) + [0])
        same("next header", {p.next_header for p in own}, {TUNNELLED})
    return len(by)


def lost_since(program, before):
    return {k: n - before[k] for k, n in program.drops().items()
            if k.startswith("drop_fragment") and n != before[k]}


@test
def LMA_MTU_02_a_packet_of_1280_bytes_passes_a_path_of_1280_in_pieces(d):
    # LMA-MTU-02
    host = d.one()
    for up in (False, True):  # and both ends of the tunnel know of the path
        same("never told less than 1280", d.too_big(host, 1300, up=up).value, LEAST)
    before = d.lma.stats(), d.mag1.stats()
    true("1280 bytes come through and back",
         "3 received" in d.cn.run("ping", "-6", "-n", "-q", "-c", "3", "-i", "0.1", "-W", "2", "-s",
                                  str(LEAST - 48), host.address, check=False))
    after = d.lma.stats(), d.mag1.stats()
    for name, was, now in zip(("lma", "mag1"), before, after):
        true(f"{name}: made pieces", now["fragmented"] >= was["fragmented"] + 3)
        true(f"{name}: put pieces together",
             now["merged_fragment"] >= was["merged_fragment"] + 3)


@test
def two_transfers_at_once_to_one_mag_are_delivered_intact_in_pieces(d):
    one, two = d.one(), d.one("two")
    tap = d.capture(d.spaces["bb"], "lma0", "pieces.pcap", FRAGMENT)
    merged, lost = d.mag1.stats()["merged_fragment"], d.mag1.drops()
    both = [Transfer(d.cn, h.ns, h.address, 8 * MB).start() for h in (one, two)]
    for t in both:
        t.join()
    packets = outer(tap.close(), LMAA, d.mag1.coa)
    n = check_pieces(packets, LEAST)
    true(f"{n} datagrams in pieces", n > 2 * 8 * MB // LEAST)
    same("pieces merged at the MAG", d.mag1.stats()["merged_fragment"] - merged, len(packets) - n)
    same("fragments lost there", lost_since(d.mag1, lost), {})


@test
def two_transfers_at_once_from_one_mag_are_delivered_intact_in_pieces(d):
    one, two = d.one(), d.one("two")
    tap = d.capture(d.spaces["bb"], "lma0", "uplink.pcap", FRAGMENT)
    merged, lost = d.lma.stats()["merged_fragment"], d.lma.drops()
    both = [Transfer(h.ns, d.cn, CN, 8 * MB).start() for h in (one, two)]
    for t in both:
        t.join()
    packets = outer(tap.close(), d.mag1.coa, LMAA)
    n = check_pieces(packets, LEAST)
    true(f"{n} datagrams in pieces", n > 2 * 8 * MB // LEAST)
    same("pieces merged at the LMA", d.lma.stats()["merged_fragment"] - merged, len(packets) - n)
    same("fragments lost there", lost_since(d.lma, lost), {})
