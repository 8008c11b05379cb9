"""kedge-lma and the ip6tnl of another Linux kernel, as it comes: limit option in every packet.

This machine's own kernel cannot play that part (the other tests have its seg6), so one is booted.
"""
import contextlib
import os

from capture import Capture
from configs import CN, COA, LMAA
from domain_uml import Domain  # pylint: disable=unused-import  # the runner makes it
from kernel import address_bytes
from sentences import same, test, true
from traffic import Transfer, ask_once, ping, transfer

limit_s = 60
MB = 1 << 20
IP6, AFTER = 14, 14 + 40  # in an untagged Ethernet frame
DESTINATION_OPTIONS, FRAGMENT, TUNNELLED = 60, 44, 41
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
    options = [f[AFTER:AFTER + 8] for f in found.get((UPLINK, DESTINATION_OPTIONS), [])]
    # RFC 2473 5.1: next header 41, no more octets, limit 4, padded by PadN.
    same("what ip6tnl wrote", set(options), {bytes([41, 0, 4, 1, 4, 1, 1, 0])})
    true("ten packets of it, and none without", len(options) >= 10 and
         (UPLINK, TUNNELLED) not in found)
    true("ours have none", (DOWNLINK, TUNNELLED) in found and
         (DOWNLINK, DESTINATION_OPTIONS) not in found)
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
