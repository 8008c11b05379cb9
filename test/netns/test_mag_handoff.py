"""A Linux host moves between two kedge-mags: its address and its TCP connection stay.

Each way in which the old MAG may learn of it: told before, by itself afterwards, never.
"""
import contextlib

import pmip
from configs import CN, LMAA, MODES
from mag import FIXED_LINK_LOCAL, FIXED_MAC
from roaming import Roaming
from sentences import same, test, true
from traffic import Transfer, ping, transfer

Domain, modes, limit_s = Roaming, MODES, 60
MB = 1 << 20
PACE = 20e6  # bytes per second: slow enough to last over all moves, quick enough to fill queues


@contextlib.contextmanager
def connection_kept(host, sender, receiver, to):
    """One TCP connection from before to after what is done meanwhile. All data comes, unchanged; the
    host's kernel has opened no other, reset none, and its address is the same."""
    before, address = host.tcp(), host.address
    moving = Transfer(sender, receiver, to, pace=PACE).start()
    moving.wait_for(2 * MB)
    yield moving
    moving.wait_for(moving.moved + 2 * MB)
    moving.finish().join()
    after = host.tcp()
    opened = [after[k] - before[k] for k in ("ActiveOpens", "PassiveOpens")]
    same("connections opened", sum(opened), 1)
    same("resets", [after[k] - before[k] for k in ("EstabResets", "OutRsts", "AttemptFails")],
         [0, 0, 0])
    same("address", host.address, address)


@test
def a_linux_host_gets_prefix_address_and_router(d):
    host = d.host("h1", d.mag1)
    row, binding = d.mag1.node(host.mac), d.binding(host)
    same("prefix at MAG and LMA", row["prefix"], binding["prefix"])
    same("its MAC is the link-layer id", binding["ll_id"], host.mac)
    true(f"time to attach: {row}", 0 < row["attach_ms"] < 1000)
    route = host.ns.ip("-6 route show default")
    true(f"router is the fixed one: {route}", f"via {FIXED_LINK_LOCAL} " in route)
    true("ping from the network", ping(d.cn, host.address))
    true("ping to the network", ping(host.ns, CN))
    neighbour = host.ns.ip(f"-6 neigh show {FIXED_LINK_LOCAL}")
    true(f"with the fixed MAC: {neighbour}", FIXED_MAC in neighbour)


@test
def twenty_megabytes_arrive_unchanged_each_way(d):
    host = d.host("h2", d.mag1)
    down = transfer(d.cn, host.ns, host.address, 20 * MB)
    up = transfer(host.ns, d.cn, CN, 20 * MB)
    print(f"    down {down * 8 / 1e9:.2f}, up {up * 8 / 1e9:.2f} Gb/s")


def roam(d, host, moving):
    for mag in (d.mag2, d.mag1, d.mag2):
        host.move_to(mag.air)
        d.until_served(host, mag)
        moving.wait_for(moving.moved + MB)


@test
def a_download_goes_on_through_three_handoffs(d):
    host = d.host("h3", d.mag1)
    with connection_kept(host, d.cn, host.ns, host.address) as moving:
        roam(d, host, moving)
    true("counted as handovers", d.binding(host)["handovers"] >= 3)


@test
def an_upload_goes_on_through_three_handoffs(d):
    host = d.host("h4", d.mag1)
    with connection_kept(host, host.ns, d.cn, CN) as moving:
        roam(d, host, moving)


@test
def a_handoff_after_the_old_mag_has_deregistered(d):
    host = d.host("h5", d.mag1)
    prefix = d.binding(host)["prefix"]
    with connection_kept(host, d.cn, host.ns, host.address):
        host.leave()
        d.mag1.detach(host.mac)
        d.lma.until(lambda: (d.binding(host) or {}).get("state") != "active", "de-registration")
        host.join(d.mag2.air)
        same("prefix", d.until_served(host, d.mag2)["prefix"], prefix)


@test
def a_handoff_before_the_old_mag_finds_out(d):
    host = d.host("h6", d.mag1)
    seen = len(d.tap.frames)
    with connection_kept(host, d.cn, host.ns, host.address):
        host.move_to(d.mag2.air)
        binding = d.until_served(host, d.mag2)
        d.mag1.until_gone(host.mac)
    late = [m for m in d.heard(d.mag1.coa, pmip.PBU, seen)
            if m.lifetime == 0 and m.find(pmip.MnId).ident.decode() == binding["mn_id"]]
    same("late de-registrations", len({m.seq for m in late}), 1)
    same("where it is", d.binding(host)["proxy_coa"], d.mag2.coa)
    true("ping afterwards", ping(d.cn, host.address))


@test
def a_handoff_while_the_old_mag_is_dead(d):
    host = d.host("h7", d.mag1)
    with connection_kept(host, host.ns, d.cn, CN):
        d.mag1.kill()
        host.move_to(d.mag2.air)
        d.until_served(host, d.mag2)
    d.mag1.start()
    host.move_to(d.mag1.air)
    d.until_served(host, d.mag1)
    true("ping through the one that came back", ping(d.cn, host.address))


@test
def a_handoff_asks_for_the_same_session_and_keeps_its_prefix(d):
    host = d.host("h8", d.mag1)
    prefix, seen = d.binding(host)["prefix"], len(d.tap.frames)
    host.move_to(d.mag2.air)
    d.until_served(host, d.mag2)
    first = d.heard(d.mag2.coa, pmip.PBU, seen)[0]
    # MAG-HI-05: a first attachment without hints is "unknown"; MAG-REG-02: any prefix is asked for.
    same("handoff indicator, prefixes", (first.find(pmip.Handoff).hi, first.prefixes),
         (pmip.HI_UNKNOWN, ["::/0"]))
    answers = [m for m in d.heard(LMAA, pmip.PBA, seen) if m.seq == first.seq]
    same("status and prefix", [(m.status, pmip.normal(m.prefixes[0])) for m in answers[:1]],
         [(0, prefix)])
