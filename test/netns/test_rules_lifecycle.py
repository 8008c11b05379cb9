"""The life of a session on the wire: made, renewed, handed off, ended, and after a restart."""
import os
import socket
import time

from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6

import pmip
from capture import Capture
from configs import CN, LMAA
from kernel import address_bytes
from pmip import BETWEEN_MAGS, EUTRAN, HI_UNKNOWN, IEEE_80211, NEW_INTERFACE, NO_CHANGE
from rules import STATICS, TINY, Rules, q16
from sentences import same, test, true

limit_s = 40
ONE, TWO = b"\2\0\0\0\2\1", b"\2\0\0\0\2\2"
TUNNELLED, DISCARD = 41, 9
OUTER_DST, INNER_DST = slice(14 + 24, 14 + 40), slice(14 + 40 + 24, 14 + 80)


class Domain(Rules):
    delay_ms, quarantine_ms = 800, 1200


def host_of(prefix):
    return prefix.replace("/64", "1")


def downlink(d, prefix):
    with d.cn, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.sendto(b"down", (host_of(prefix), DISCARD))


def uplink(mag, prefix):
    mag.send_packet(bytes(IPv6(src=mag.coa, dst=LMAA, nh=TUNNELLED) /
                          IPv6(src=host_of(prefix), dst=CN) / ICMPv6EchoRequest(id=9)))


def row_of(d, mn_id):
    (row,) = d.lma.bindings(mn_id)
    return row


def is_gone(d, mn_id):
    d.lma.until(lambda: not d.lma.bindings(mn_id), f"{mn_id} to be gone")


def late(d, mag, mn_id, prefix, **kw):
    """A de-registration of the MAG that it left."""
    return mag.pbu(mn_id, lifetime=0, prefixes=[prefix], hi=HI_UNKNOWN, **kw)


# ---- Made.

@test
def LMA_REG_01_a_pool_without_a_free_prefix_is_130(d):
    # LMA-REG-01, LMA-EXP-02, SEQ-06: and one that is freed is kept back for a while.
    kept = [d.register(d.mag1, f"reg01-{n}@tiny", ll_id=ONE) for n in range(4)]
    same("four of them", len(set(kept)), 4)
    true("of that pool", all(p.startswith(TINY[:12]) for p in kept))
    with d.counts("note_pool_empty"):
        same("a fifth", d.ask(d.mag1, "reg01@tiny").status, 130)
    same("gives one back", d.deregister(d.mag1, "reg01-2@tiny", [kept[2]], ll_id=ONE).status, 0)
    same("in its delay", d.ask(d.mag1, "reg01@tiny").status, 130)
    is_gone(d, "reg01-2@tiny")
    same("in its quarantine", d.ask(d.mag1, "reg01@tiny").status, 130)
    (pool,) = [p for p in d.lma.show("pools") if p["name"] == "tiny"]
    same("shown", (pool["used"], pool["free"], pool["quarantined"]), (3, 0, 1))
    d.lma.until(lambda: [p["free"] for p in d.lma.show("pools") if p["name"] == "tiny"] == [1],
                "its quarantine to end")
    same("then", d.register(d.mag1, "reg01@tiny"), kept[2])


@test
def LMA_REG_02_an_assigned_prefix_is_nobody_elses(d):
    # LMA-REG-02, LMA-REG-05: in whole or not at all.
    same("claimed", d.ask(d.mag1, "reg02@example", prefixes=STATICS[:1]).status, 155)
    same("with another", d.ask(d.mag1, "reg02@example",
                               prefixes=["2001:db8:100:e02::/64", STATICS[1]]).status, 155)
    same("bindings", d.bindings("reg02@example"), [])
    answer = d.ask(d.mag1, "static@example", ll_id=ONE)
    same("its own", (answer.status, sorted(map(pmip.normal, answer.prefixes))), (0, STATICS))


@test
def LMA_REG_04_each_interface_has_its_own_prefix_lifetime_and_end(d):
    mn_id = "reg04@example"
    one = d.register(d.mag1, mn_id, ll_id=ONE, lifetime=400)
    two = d.register(d.mag1, mn_id, ll_id=TWO, att=EUTRAN, lifetime=800)
    true("two prefixes", one != two)
    same("moves one", d.ask(d.mag2, mn_id, ll_id=TWO, att=EUTRAN, prefixes=[two], lifetime=600,
                            hi=BETWEEN_MAGS).status, 0)
    rows = {b["prefix"]: (b["proxy_coa"], b["lifetime_s"]) for b in d.lma.bindings(mn_id)}
    same("both", rows, {one: (d.mag1.coa, 400), two: (d.mag2.coa, 600)})
    same("ends one", d.deregister(d.mag1, mn_id, [one], ll_id=ONE).status, 0)
    d.lma.until(lambda: len(d.lma.bindings(mn_id)) == 1, "one to be gone")
    same("the other", d.bindings(mn_id), [(two, d.mag2.coa, "active")])


@test
def LMA_RX_14_lifetime_and_care_of_address_say_what_an_update_is(d):
    prefix = d.register(d.mag1, "rx14@example", ll_id=ONE)
    again = {"prefixes": [prefix], "ll_id": ONE}
    with d.counts("handoff_accepted", 0), d.counts("refresh_accepted"):
        same("renewal", d.ask(d.mag1, "rx14@example", hi=BETWEEN_MAGS, **again).status, 0)
    here = [pmip.AlternateCoa(address=d.mag1.coa)]
    with d.counts("handoff_accepted", 0), d.counts("refresh_accepted"):
        same("renewal from elsewhere", d.ask(d.mag2, "rx14@example", more=here, **again).status, 0)
    with d.counts("refresh_accepted", 0), d.counts("handoff_accepted"):
        same("handoff", d.ask(d.mag2, "rx14@example", hi=NO_CHANGE, **again).status, 0)
    with d.counts("deregistration_accepted"), d.counts("note_deregistered"):
        same("end", d.ask(d.mag2, "rx14@example", lifetime=0, **again).status, 0)


# ---- Renewed.

@test
def LMA_EXT_01_a_renewal_replaces_what_it_brings_and_moves_nothing(d):
    # LMA-EXT-01, LMA-EXT-02, LMA-RX-11
    mn_id = "ext01@example"
    prefix = d.register(d.mag1, mn_id, ll_id=ONE, lifetime=400)
    first = row_of(d, mn_id)
    same("made with", (first["lifetime_s"], first["ll_id"]), (400, "02:00:00:00:02:01"))
    for kw, ll_id, lifetime in (({"ll_id": TWO, "lifetime": 800}, "02:00:00:00:02:02", 800),
                                ({"lifetime": 40}, "", 40)):
        same("status", d.ask(d.mag1, mn_id, prefixes=[prefix], hi=NO_CHANGE, **kw).status, 0)
        row = row_of(d, mn_id)
        same("brought", (row["ll_id"] or "", row["lifetime_s"]), (ll_id, lifetime))
        true("counted from now", lifetime - 5 < row["expires_s"] <= lifetime)
        same("not moved", (row["handovers"], row["proxy_coa"]), (0, d.mag1.coa))
    same("access", d.ask(d.mag1, mn_id, prefixes=[prefix], att=EUTRAN, hi=2).status, 0)
    true("replaced", row_of(d, mn_id)["access"] != first["access"])


# ---- Handed off.

@test
def LMA_HO_01_a_handoff_switches_the_tunnel_and_keeps_the_prefix(d):
    # LMA-HO-01, LMA-FW-02: each packet goes to one MAG.
    mn_id = "ho01@example"
    prefix = d.register(d.mag1, mn_id, ll_id=ONE)
    wire = Capture(d.spaces["bb"], "lma0", os.path.join(d.dir, "ho01.pcap"), TUNNELLED)
    for mag in (d.mag1, d.mag2, d.mag1):
        answer = d.ask(mag, mn_id, ll_id=ONE, prefixes=[prefix], hi=BETWEEN_MAGS)
        same("status and prefix", (answer.status, answer.prefixes), (0, [prefix]))
        with d.counts("tx_downlink"):
            downlink(d, prefix)
    d.lma.until(lambda: len(wire.frames) >= 3, "the packets to be seen")
    inner = address_bytes(host_of(prefix))
    to = [f[OUTER_DST] for f in wire.close() if f[INNER_DST] == inner]
    same("sent to", to, [address_bytes(m.coa) for m in (d.mag1, d.mag2, d.mag1)])
    same("handovers", row_of(d, mn_id)["handovers"], 2)


@test
def SEQ_11_what_comes_up_from_a_wrong_mag_or_a_wrong_source_is_dropped(d):
    # SEQ-11, LMA-FW-03
    prefix = d.register(d.mag1, "seq11@example", ll_id=ONE)
    d.register(d.mag2, "seq11-2@example", ll_id=ONE)
    with d.counts("tx_uplink"):
        uplink(d.mag1, prefix)
    with d.counts("tx_uplink", 0), d.counts("drop_spoof"):
        uplink(d.mag2, prefix)
    with d.counts("tx_uplink", 0), d.counts("drop_unbound_src"):
        uplink(d.mag1, "2001:db8:100:eeee::/64")


@test
def SEQ_03_a_late_de_registration_of_the_old_mag_is_silence(d):
    # SEQ-03, LMA-HO-02, LMA-DER-03
    mn_id = "seq03@example"
    prefix = d.register(d.mag1, mn_id, ll_id=ONE)
    same("handoff", d.ask(d.mag2, mn_id, ll_id=ONE, prefixes=[prefix], hi=BETWEEN_MAGS).status, 0)
    with d.counts("note_ignored_dereg"):
        d.silent(d.mag1, late(d, d.mag1, mn_id, prefix, ll_id=ONE))
    same("it stands", d.bindings(mn_id), [(prefix, d.mag2.coa, "active")])
    with d.counts("tx_uplink"):
        uplink(d.mag2, prefix)


@test
def SEQ_04_an_older_one_is_157_and_an_equal_one_156(d):
    # SEQ-04, LMA-HO-02, LMA-TS-08: the timestamp is looked at first.
    mn_id, now = "seq04@example", pmip.now_q16()
    prefix = d.register(d.mag1, mn_id, ll_id=ONE, stamp=now - q16(1))
    same("handoff", d.ask(d.mag2, mn_id, ll_id=ONE, prefixes=[prefix], hi=BETWEEN_MAGS,
                          stamp=now).status, 0)
    for stamp, status in ((now - 1, 157), (now, 156), (now + q16(100), 156)):
        answer = d.one_said_to(d.mag1, late(d, d.mag1, mn_id, prefix, ll_id=ONE, stamp=stamp))
        same("status, lifetime", (answer.status, answer.lifetime), (status, 0))
    same("it stands", d.bindings(mn_id), [(prefix, d.mag2.coa, "active")])


# ---- Ended.

@test
def LMA_DER_01_a_de_registration_is_answered_at_once_and_its_packets_are_dropped(d):
    # LMA-DER-01, LMA-FW-13
    mn_id = "der01@example"
    prefix = d.register(d.mag1, mn_id, ll_id=ONE)
    with d.counts("tx_downlink"):
        downlink(d, prefix)
    answer = d.deregister(d.mag1, mn_id, [prefix], ll_id=ONE)
    same("answer", (answer.status, answer.lifetime, answer.prefixes), (0, 0, [prefix]))
    same("waits", d.bindings(mn_id), [(prefix, d.mag1.coa, "detached")])
    with d.counts("tx_downlink", 0), d.counts("tx_uplink", 0), d.counts("drop_detached", 2):
        downlink(d, prefix)
        uplink(d.mag1, prefix)
    is_gone(d, mn_id)


@test
def SEQ_05_a_node_that_comes_back_in_the_delay_has_its_prefix(d):
    # SEQ-05, LMA-DER-02: at any MAG.
    for n, mag in enumerate((d.mag1, d.mag2)):
        mn_id = f"seq05-{n}@example"
        prefix = d.register(d.mag1, mn_id, ll_id=ONE)
        same("end", d.deregister(d.mag1, mn_id, [prefix], ll_id=ONE).status, 0)
        with d.counts("note_registered", 0), d.counts("note_revived"):
            same("again", d.register(mag, mn_id, ll_id=ONE, hi=NEW_INTERFACE), prefix)
        same("bindings", d.bindings(mn_id), [(prefix, mag.coa, "active")])
        with d.counts("tx_downlink"):
            downlink(d, prefix)


@test
def LMA_DER_04_without_a_session_a_de_registration_is_silence(d):
    for kw in ({}, {"ll_id": ONE}, {"prefixes": ["2001:db8:100:d04::/64"]}):
        with d.counts("note_ignored_dereg"):
            d.silent(d.mag1, d.mag1.pbu("der04@example", lifetime=0, **kw))
    same("bindings", d.bindings("der04@example"), [])


@test
def LMA_DER_05_a_second_de_registration_is_answered_and_does_not_prolong(d):
    # LMA-DER-05, LMA-DER-06: nor does an update that is refused.
    mn_id, half = "der05@example", Domain.delay_ms / 2000
    prefix = d.register(d.mag1, mn_id, ll_id=ONE)
    same("first", d.deregister(d.mag1, mn_id, [prefix], ll_id=ONE).status, 0)
    d.lma.until(lambda: row_of(d, mn_id)["expires_s"] < half, "half of the delay to pass")
    same("second", d.deregister(d.mag1, mn_id, [prefix], ll_id=ONE).status, 0)
    same("refused", d.ask(d.mag2, mn_id, prefixes=[prefix], ll_id=ONE, stamp=1).status, 157)
    same("refused", d.ask(d.mag2, mn_id, prefixes=[prefix, TINY], ll_id=ONE).status, 159)
    row = row_of(d, mn_id)
    true(f"{row}", row["expires_s"] < half and row["state"] == "detached")
    is_gone(d, mn_id)


@test
def LMA_DER_07_a_wrong_de_registration_is_answered_with_what_is_wrong(d):
    other = d.register(d.mag1, "der07-2@example", ll_id=TWO)
    prefix = d.register(d.mag1, "der07@example", ll_id=ONE)
    for prefixes, status in (([prefix, other], 155), ([other], 155), ([], 158),
                             ([prefix, "2001:db8:100:d07::/64"], 159)):
        answer = d.deregister(d.mag1, "der07@example", prefixes, ll_id=ONE)
        same(f"{prefixes}", (answer.status, answer.lifetime), (status, 0))
    for mn_id, there in (("der07@example", prefix), ("der07-2@example", other)):
        same("stands", d.bindings(mn_id), [(there, d.mag1.coa, "active")])


@test
def LMA_TS_04_the_last_timestamp_counts_through_the_delay(d):
    mn_id, now = "ts04@example", pmip.now_q16()
    prefix = d.register(d.mag1, mn_id, ll_id=ONE, stamp=now - q16(1))
    same("end", d.deregister(d.mag1, mn_id, [prefix], ll_id=ONE, stamp=now).status, 0)
    same("lower", d.ask(d.mag1, mn_id, ll_id=ONE, stamp=now - 1).status, 157)
    same("higher", d.register(d.mag1, mn_id, ll_id=ONE, stamp=now + 1), prefix)


@test
def LMA_EXP_01_a_binding_ends_with_its_lifetime(d):
    # Not earlier, and without the delay of a de-registration.
    begin = time.monotonic()
    prefix = d.register(d.mag1, "exp01@example", ll_id=ONE, lifetime=4)
    with d.counts("note_deleted", 0), d.counts("note_expired"):
        is_gone(d, "exp01@example")
    seconds = time.monotonic() - begin
    true(f"after {seconds} s", 4 <= seconds < 4 + Domain.delay_ms / 1000)
    with d.counts("tx_downlink", 0), d.counts("drop_no_binding"):
        downlink(d, prefix)


# ---- Binding Errors, heartbeats, a restart.

@test
def WIRE_16_a_binding_error_changes_no_binding(d):
    prefix = d.register(d.mag1, "wire16@example", ll_id=ONE)
    for status in (1, 2):
        raw = pmip.write(pmip.BeBody(mhtype=pmip.BE, status=status), [])
        with d.counts("note_binding_error"):
            d.silent(d.mag1, pmip.seal(raw, d.mag1.coa, LMAA))
    same("bindings", d.bindings("wire16@example"), [(prefix, d.mag1.coa, "active")])


def is_beat(message):
    return message.body.mhtype == pmip.HEARTBEAT


@test
def HB_01_a_heartbeat_is_answered_with_its_number_also_without_a_binding(d):
    # HB-01, HB-03, HB-08: the restart counter is in the answer. A response is answered by nobody.
    picky = d.mags["picky"]
    for seq in (0, 1, 0xffffffff):
        picky.send(pmip.seal(pmip.heartbeat(seq), picky.coa, LMAA))
        answer = picky.hear(of=lambda m: is_beat(m) and m.flags != pmip.HB_R | pmip.HB_U)
        same("flags and number", (answer.flags, answer.seq), (pmip.HB_R, seq))
        same("counters", len(answer.all(pmip.RestartCounter)), 1)
    with d.counts("note_stray_heartbeat"):
        picky.send(pmip.seal(pmip.heartbeat(0x2222, pmip.HB_R), picky.coa, LMAA))
        picky.send(pmip.seal(pmip.heartbeat(0x3333), picky.coa, LMAA))
        answer = picky.hear(of=is_beat)
    same("answered", answer.seq, 0x3333)


def counter_of(mag, seq):
    mag.send(pmip.seal(pmip.heartbeat(seq), mag.coa, LMAA))
    answer = mag.hear(of=lambda m: is_beat(m) and m.seq == seq)
    return answer.find(pmip.RestartCounter).value


@test
def SEQ_34_after_a_restart_it_says_so_and_sessions_claim_their_prefixes(d):
    # SEQ-34, LMA-RST-01, HB-04
    names = [f"seq34-{n}@example" for n in range(3)]
    prefixes = [d.register(d.mag1, n, ll_id=ONE, att=IEEE_80211) for n in names]
    before = counter_of(d.mag1, 0x4444)
    d.lma.stop()
    d.lma.start()
    told = d.mag1.hear(of=is_beat)
    same("unasked", (told.flags, told.find(pmip.RestartCounter).value),
         (pmip.HB_R | pmip.HB_U, before + 1))
    same("asked", counter_of(d.mag1, 0x5555), before + 1)
    same("sessions", d.lma.bindings(), [])
    for name, prefix in reversed(list(zip(names, prefixes))):
        same("the same", d.register(d.mag1, name, prefixes=[prefix], hi=NO_CHANGE, ll_id=ONE),
             prefix)
    same("of another node", d.ask(d.mag1, "seq34@example", prefixes=prefixes[:1],
                                  hi=NO_CHANGE).status, 155)
