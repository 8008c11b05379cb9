"""kedge-lma and the ip6tnl of another Linux kernel, as it comes: limit option in every packet.

This machine's own kernel cannot play that part (the other tests have its seg6), so one is booted.
"""
import contextlib
import os
import time

from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment

from capture import Capture
from configs import CN, COA, LMAA
from domain_uml import Domain  # pylint: disable=unused-import  # the runner makes it
from kernel import address_bytes
from paths import AFTER, DESTINATION, FRAGMENT, ICMP6, IP6, TUNNELLED
from sentences import same, test, true
from traffic import Transfer, ask_once, ping, transfer

limit_s = 90
MB = 1 << 20
UPLINK = address_bytes(COA["mag1"]) + address_bytes(LMAA)
DOWNLINK = address_bytes(LMAA) + address_bytes(COA["mag1"])


@contextlib.contextmanager
def seen(d, what):
    """All frames between LMA and router, by way and next header, once the block is left."""
    tap = Capture(d.spaces["bb"], "lma0", os.path.join(d.dir, f"{what}.pcap"), None)
    found = {}
    try:
        yield found
    finally:
        for frame in tap.close():
            found.setdefault((frame[IP6 + 8:AFTER], frame[IP6 + 6]), []).append(frame)


@test
def SEQ_15_a_limit_option_of_ip6tnl_is_taken_off_with_the_outer_header(d):
    # LMA-FW-11, SEQ-15
    node = d.attached()
    true("reachable", ping(d.cn, node.address))
    before = d.lma.counters()
    with seen(d, "limit") as found:
        true("to the network", ask_once(node.ns, CN, 10))
    options = [f[AFTER:AFTER + 8] for f in found.get((UPLINK, DESTINATION), [])]
    # RFC 2473 5.1: next header 41, no more octets, limit 4, padded by PadN.
    same("what ip6tnl wrote", set(options), {bytes([41, 0, 4, 1, 4, 1, 1, 0])})
    true("ten packets of it, and none without", len(options) >= 10 and
         (UPLINK, TUNNELLED) not in found)
    true("ours have none", (DOWNLINK, TUNNELLED) in found and
         (DOWNLINK, DESTINATION) not in found)
    after = d.lma.counters()
    true("counted as uplink", after["tx_uplink"] >= before["tx_uplink"] + 10)
    same("dropped", {k: n for k, n in after.items()
                     if k.startswith("drop_") and n != before.get(k, 0)}, {})


@test
def ping_passes_both_ways(d):
    node = d.attached()
    true("from the network to the node", ping(d.cn, node.address))
    true("from the node to the network", ping(node.ns, CN))


@test
def transfers_pass_both_ways(d):
    node = d.attached()
    down = transfer(d.cn, node.ns, node.address, 20 * MB)
    up = transfer(node.ns, d.cn, CN, 20 * MB)
    print(f"    down {down * 8 / 1e9:.2f}, up {up * 8 / 1e9:.2f} Gb/s")


@test
def pieces_on_a_path_of_1280_bytes_are_put_together_by_its_kernel(d):
    # LMA-MTU-02, LMA-MTU-05
    node = d.attached()
    d.narrow(1280)
    d.cn.ip("-6 route flush cache")
    with seen(d, "pieces") as found:
        both = [Transfer(d.cn, node.ns, node.address, 8 * MB).start(),
                Transfer(node.ns, d.cn, CN, 8 * MB).start()]
        for one in both:
            one.join()
    sizes = [len(f) - IP6 for f in found.get((DOWNLINK, FRAGMENT), [])]
    true(f"{len(sizes)} pieces", len(sizes) > 2 * 8 * MB // 1280)
    same("larger than the path", [n for n in sizes if n > 1280], [])
    true("reachable", ping(d.cn, node.address))


@test
def a_datagram_that_lacks_a_piece_is_given_up_by_name_after_a_minute(d):
    # LMA-MTU-04; RFC 8200 4.5: its source is told when the first piece was there.
    d.attached()
    inner = bytes(IPv6(src=d.host.address, dst=CN) / UDP(sport=6200, dport=6200) / bytes(1100))
    first = bytes(IPv6(src=d.mag1.coa, dst=LMAA) /
                  IPv6ExtHdrFragment(nh=TUNNELLED, m=1, id=2473) / inner[:800])
    before = d.lma.drops()["drop_fragment_timeout"]
    with seen(d, "minute") as found:
        began = time.monotonic()
        d.mag1.send_packet(first)
        d.lma.until(lambda: d.lma.drops()["drop_fragment_timeout"] == before + 1,
                    "drop_fragment_timeout + 1", 75)
        true("not earlier", time.monotonic() - began > 59)
    told = [f[AFTER:AFTER + 2] for f in found.get((DOWNLINK, ICMP6), [])]
    true("Time Exceeded, code 1", bytes([3, 1]) in told)
