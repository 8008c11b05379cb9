"""Signalling of a scripted MAG, seen from outside: by tshark, by the kernel, by scapy."""
import os

import pmip
from capture import Capture, complaints, decode, has_tshark, names
from configs import LMAA
from sentences import Skip, same, test, true


@test
def a_mobile_node_gets_a_prefix_from_the_pool(d):
    answer = d.mag1.ask("one@example", ll_id=bytes.fromhex("020000000001"))
    same("status", answer.status, 0)
    same("how many prefixes", len(answer.prefixes), 1)
    true("from the pool", answer.prefixes[0].startswith("2001:db8:100:"))
    true("a /64", answer.prefixes[0].endswith("/64"))
    (binding,) = d.lma.bindings("one@example")
    same("binding", (binding["prefix"], binding["proxy_coa"], binding["state"], binding["ll_id"]),
         (pmip.normal(answer.prefixes[0]), d.mag1.coa, "active", "02:00:00:00:00:01"))


@test
def the_pba_repeats_what_it_must_repeat(d):
    stamp = pmip.now_q16()
    answer = d.mag1.ask("two@example", ll_id=b"\2\0\0\0\0\2", stamp=stamp, lifetime=400)
    same("P flag", answer.flags & pmip.PBA_P, pmip.PBA_P)
    same("lifetime", answer.lifetime, 100)
    same("MN-ID", answer.find(pmip.MnId).ident, b"two@example")
    same("handoff indicator", answer.find(pmip.Handoff).hi, pmip.NEW_INTERFACE)
    same("access technology", answer.find(pmip.AccessTech).att, pmip.IEEE_80211)
    same("link-layer id", answer.find(pmip.LinkLayerId).ident, b"\2\0\0\0\0\2")
    same("timestamp", answer.find(pmip.Timestamp).value, stamp)
    true("checksum, by scapy", pmip.checksum_is_right(answer.raw, LMAA, d.mag1.coa))


@test
def a_refresh_keeps_the_prefix(d):
    first = d.mag1.register("three@example", ll_id=b"\2\0\0\0\0\3")
    answer = d.mag1.ask("three@example", prefixes=[first], hi=pmip.NO_CHANGE, ll_id=b"\2\0\0\0\0\3")
    same("status and prefix", (answer.status, answer.prefixes), (0, [first]))


@test
def without_timestamp_the_sequence_number_decides(d):
    def ask(seq):
        options = [o for o in pmip.pbu_options("seq@example", ll_id=b"\2\0\0\0\0\4")
                   if not isinstance(o, pmip.Timestamp)]
        d.mag1.send(d.mag1.pbu("", options=options, seq=seq))
        return d.mag1.hear()

    same("first", ask(65535).status, 0)
    same("wraps", ask(0).status, 0)
    refused = ask(65000)
    same("old: status, last accepted number", (refused.status, refused.seq), (135, 0))


# What is wrong with a PBU, and the status that RFC 5213 8.9 gives it.
REFUSALS = [
    ("no MN-ID", 160, lambda o: [x for x in o if not isinstance(x, pmip.MnId)]),
    ("no home network prefix", 158, lambda o: [x for x in o if not isinstance(x, pmip.Hnp)]),
    ("no handoff indicator", 161, lambda o: [x for x in o if not isinstance(x, pmip.Handoff)]),
    ("no access technology", 162, lambda o: [x for x in o if not isinstance(x, pmip.AccessTech)]),
    ("a prefix outside the pools", 155,
     lambda o: [pmip.prefix_of("2001:db8:dead::/64") if isinstance(x, pmip.Hnp) else x for x in o]),
    ("an old timestamp", 156,
     lambda o: [pmip.Timestamp(value=pmip.now_q16() - (60 << 16))
                if isinstance(x, pmip.Timestamp) else x for x in o]),
    ("an unknown realm", 153,
     lambda o: [pmip.MnId(ident=b"x@elsewhere") if isinstance(x, pmip.MnId) else x for x in o]),
    ("a barred node", 152,
     lambda o: [pmip.MnId(ident=b"stolen@example") if isinstance(x, pmip.MnId) else x for x in o]),
]


@test
def every_refusal_has_the_status_of_the_rfc(d):
    for what, status, spoil in REFUSALS:
        answer = d.mag1.ask("", options=spoil(pmip.pbu_options("refused@example")))
        same(what, (answer.status, answer.lifetime), (status, 0))
    same("bindings of it", d.lma.bindings("refused@example"), [])


@test
def a_mag_that_is_not_configured_gets_154(d):
    same("status", d.stranger().ask("one@example").status, 154)


@test
def an_unknown_mobility_message_gets_a_binding_error(d):
    raw = pmip.write(pmip.Body(mhtype=77), [])
    d.mag1.send(pmip.seal(raw, d.mag1.coa, LMAA))
    error = d.mag1.hear(of=lambda m: m.body.mhtype == pmip.BE)
    true("a Binding Error came", error is not None)
    same("status", error.status, 2)


@test
def every_message_sent_is_clean_to_tshark_and_to_the_kernel(d):
    if not has_tshark():
        raise Skip("tshark is not installed (tools/setup check)")
    path = os.path.join(d.dir, "signalling.pcap")
    wire = Capture(d.spaces["bb"], "lma0", path)
    heard = 0
    try:
        prefix = d.mag1.register("wire@example", ll_id=b"\2\0\0\0\0\5")
        heard += 1
        for mag, kw in ((d.mag1, {"hi": pmip.NO_CHANGE, "prefixes": [prefix]}),
                        (d.mag2, {"hi": pmip.BETWEEN_MAGS}),
                        (d.mag2, {"hi": pmip.HI_UNKNOWN, "lifetime": 0, "prefixes": [prefix]})):
            same("status", mag.ask("wire@example", ll_id=b"\2\0\0\0\0\5", **kw).status, 0)
            heard += 1
        link_local = pmip.pbu_options("lla@example") + [pmip.LinkLocal()]
        same("status", d.mag1.ask("", options=link_local).status, 0)
        heard += 1
        for _, status, spoil in REFUSALS:
            same("status", d.mag1.ask("", options=spoil(pmip.pbu_options("r@example"))).status,
                 status)
            heard += 1
        d.mag1.send(pmip.seal(pmip.write(pmip.Body(mhtype=77), []), d.mag1.coa, LMAA))
        true("Binding Error", d.mag1.hear(of=lambda m: m.body.mhtype == pmip.BE) is not None)
        heard += 1
    finally:
        wire.close()
    ours = [f for f in decode(path, f"ipv6.src == {LMAA}")]
    # The raw sockets of the MAGs heard each: so the kernel agreed with each checksum.
    same("messages on the wire, messages that the kernel let through", len(ours), heard)
    same("what tshark complains of, in messages of ours",
         complaints(path, f"ipv6.src == {LMAA}"), [])
    said = names(path, f"ipv6.src == {LMAA}")
    true(f"tshark calls them Binding Acknowledgement: {set(said)}",
         sum("Acknowledgement" in s for s in said) == heard - 1)
