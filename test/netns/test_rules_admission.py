"""Which update is accepted, with which status another one is not, and what stands in the answer."""
import subprocess
import time

import pmip
from rules import (BLOCK, INTERNET, NOBODY, PICKY, QUOTA, TINY, WINDOW_MS, Rules, q16)
from sentences import same, test, true

Domain, limit_s = Rules, 30
A, H, K, R, P = pmip.A, pmip.H, pmip.K, pmip.R, pmip.P
T, B = 0x0080, 0x0040  # RFC 5845, RFC 6602
OUTSIDE = "2001:db8:dead::/64"


def ll(n):
    return bytes([2, 0, 0, 1, n >> 8, n & 255])


def without(options, *classes):
    return [o for o in options if not isinstance(o, classes)]


def status_of(d, mag, options, **kw):
    return d.one_said_to(mag, mag.pbu("", options=options, **kw)).status


# ---- Which updates are looked at at all.

@test
def LMA_RX_04_without_the_P_flag_a_home_registration_is_131_and_another_is_silence(d):
    answer = d.ask(d.mag1, "rx04@example", flags=A | H)
    same("status, flags, lifetime", (answer.status, answer.flags, answer.lifetime), (131, 0, 0))
    with d.counts("note_ignored_not_proxy"):
        d.silent(d.mag1, d.mag1.pbu("rx04@example", flags=A))
    same("bindings", d.bindings("rx04@example"), [])


@test
def LMA_RX_05_flags_A_and_H_are_answered_alike(d):
    for n, flags in enumerate((P, A | P, H | P, A | H | P)):
        answer = d.ask(d.mag1, f"rx05-{n}@example", flags=flags)
        same(f"flags {flags:04x}", (answer.status, answer.flags), (0, pmip.PBA_P))


@test
def LMA_PBA_08_flags_of_extensions_that_are_not_there_do_not_come_back(d):
    answer = d.ask(d.mag1, "pba08@example", flags=A | P | R | K | T | B)
    same("status and flags", (answer.status, answer.flags), (0, pmip.PBA_P))


@test
def WIRE_13_SEQ_30_a_care_of_address_that_is_not_routable_is_silence(d):
    # WIRE-13, SEQ-30: and no 174.
    for coa in ("ff02::1", "fe80::1", "::", "::1"):
        with d.counts("note_ignored_bad_coa"):
            d.silent(d.mag1, d.mag1.pbu("coa@example", more=[pmip.AlternateCoa(address=coa)]))
    same("bindings", d.bindings("coa@example"), [])


@test
def OPT_09_the_first_alternate_care_of_address_counts_and_the_source_may_be_it(d):
    here, there = d.mag1.coa, d.mag2.coa
    rows = (((here,), here), ((there,), there), ((there, here), there))
    for n, (coas, wanted) in enumerate(rows):
        mn_id = f"opt09-{n}@example"
        more = [pmip.AlternateCoa(address=a) for a in coas]
        prefix = d.register(d.mag1, mn_id, more=more)
        same(f"{coas}", d.bindings(mn_id), [(prefix, wanted, "active")])


# ---- The order of the checks.

@test
def LMA_RX_06_the_first_check_that_fails_gives_the_status(d):
    usual = pmip.pbu_options("rx06@example", [OUTSIDE], ll_id=ll(6), stamp=pmip.now_q16() - q16(60))
    rest = without(usual, pmip.MnId, pmip.Hnp, pmip.Handoff, pmip.AccessTech)
    repairs = (  # what is wrong still, and what is put right next
        (160, lambda o: [pmip.MnId(ident=b"rx06@elsewhere"), *o], d.mags["nobody"]),
        (154, lambda o: o, d.mags["nobody"]),
        (153, lambda o: [pmip.MnId(ident=b"barred@example"), *without(o, pmip.MnId)], d.mag1),
        (152, lambda o: [pmip.MnId(ident=b"rx06@example"), *without(o, pmip.MnId)], d.mag1),
        (156, lambda o: without(o, pmip.Timestamp), d.mag1),
        (158, lambda o: [*o, pmip.prefix_of(OUTSIDE)], d.mag1),
        (161, lambda o: [*o, pmip.Handoff(hi=1)], d.mag1),
        (162, lambda o: [*o, pmip.AccessTech()], d.mag1),
        (155, lambda o: [pmip.prefix_of("::"), *without(o, pmip.Hnp)], d.mag1))
    for lifetime in (600, 0):  # and of a de-registration likewise
        options = rest
        for status, repair, mag in repairs:
            if (status, lifetime) == (155, 0):
                break  # that is about no session
            mh = mag.pbu("", options=options, lifetime=lifetime)
            mag.send(mh)
            answer = mag.hear()
            same(f"lifetime {lifetime}", (answer.status, answer.lifetime), (status, 0))
            options = repair(options)
    same("bindings", d.bindings("rx06@example"), [])
    same("and repaired", status_of(d, d.mag1, [
        *without(usual, pmip.Timestamp, pmip.Hnp), pmip.prefix_of("::")]), 0)


@test
def SEQ_01_each_option_that_is_missing_has_its_status_and_its_place_in_the_answer(d):
    # SEQ-01, LMA-PBA-02, LMA-PBA-03, LMA-PBA-14
    zero = ["::/0"]
    for cls, status, mn_id, hi, att, prefixes in (
            (pmip.MnId, 160, b"", 1, 4, zero),
            (pmip.Hnp, 158, b"seq01@example", 1, 4, zero),
            (pmip.Handoff, 161, b"seq01@example", 0, 4, zero),
            (pmip.AccessTech, 162, b"seq01@example", 1, 0, zero)):
        for lifetime in (600, 0):  # LMA-DER-07
            options = without(pmip.pbu_options("seq01@example", ll_id=ll(1)), cls)
            answer = d.one_said_to(d.mag1, d.mag1.pbu("", options=options, lifetime=lifetime))
            same(cls.__name__, (answer.status, answer.find(pmip.MnId).ident,
                                answer.find(pmip.Handoff).hi, answer.find(pmip.AccessTech).att,
                                answer.prefixes), (status, mn_id, hi, att, prefixes))


@test
def SEQ_02_without_identifier_prefix_and_indicator_it_is_160_alone(d):
    options = without(pmip.pbu_options(""), pmip.MnId, pmip.Hnp, pmip.Handoff)
    same("status", status_of(d, d.mag1, options), 160)


@test
def LMA_RX_07_an_indicator_that_is_not_assigned_counts_as_unknown(d):
    for hi in (0, 7, 255):
        with d.counts("note_unknown_hi"):
            answer = d.ask(d.mag1, f"rx07-{hi}@example", hi=hi, att=0)
        same("status, and both repeated", (answer.status, answer.find(pmip.Handoff).hi,
                                           answer.find(pmip.AccessTech).att), (0, hi, 0))
    # As 4: with a session somewhere else it waits, and is a new one in the end.
    with d.counts("note_held"):
        d.silent(d.mag2, d.mag2.pbu("rx07-0@example", hi=0, ll_id=ll(7)))
    same("status after the wait", d.mag2.hear().status, 0)


@test
def LMA_RX_08_a_refusal_changes_nothing(d):
    # LMA-RX-08, LMA-TS-09: what was refused was not accepted, its timestamp does not count.
    prefix = d.register(d.mag1, "rx08@example", ll_id=ll(8))

    def known():
        (row,) = d.lma.bindings("rx08@example")
        return {k: v for k, v in row.items() if not k.endswith("_s")}
    before, stamp = known(), pmip.now_q16()
    for status, kw in ((155, {"prefixes": [OUTSIDE]}), (159, {"prefixes": [prefix, OUTSIDE]}),
                       (156, {"stamp": stamp + q16(60)}), (157, {"stamp": stamp - q16(60)})):
        answer = d.ask(d.mag2, "rx08@example", **{
            "prefixes": [prefix], "hi": pmip.BETWEEN_MAGS, "ll_id": ll(8), "att": 3,
            "stamp": stamp + q16(1), **kw})
        same("status", answer.status, status)
        same(f"after {status}", known(), before)
    same("an earlier stamp than those", d.ask(d.mag1, "rx08@example", prefixes=[prefix],
                                              ll_id=ll(8), stamp=stamp).status, 0)


@test
def LMA_RX_08_a_refused_change_of_service_deletes_the_binding(d):
    # LMA-RX-08, RFC 5149 4.2; the service selects the pool.
    def ask(name):
        return d.ask(d.mag1, "web@surfer", ll_id=ll(88), more=[pmip.Service(ident=name)])
    answer = ask(b"internet")
    same("status", answer.status, 0)
    true("its pool", answer.prefixes[0].startswith(INTERNET[:13]))
    same("the same service again", (again := ask(b"internet")).status, 0)
    same("prefix", again.prefixes, answer.prefixes)
    with d.counts("note_service_lost"):
        same("another one", ask(b"mms").status, 151)
    same("bindings", d.bindings("web@surfer"), [])
    same("not permitted", d.ask(d.mag1, "web@example",
                                more=[pmip.Service(ident=b"internet")]).status, 151)


@test
def LMA_RX_09_each_update_has_one_answer_in_its_turn(d):
    asked = [d.mag1.pbu(f"rx09-{n}@example", ll_id=ll(90 + n)) for n in range(5)]
    said = d.said_to(d.mag1, *asked)
    same("numbers", [m.seq for m in said], [int.from_bytes(a[6:8], "big") for a in asked])
    same("statuses", [m.status for m in said], [0] * 5)


@test
def LMA_RX_12_a_mag_serves_the_nodes_and_pools_that_it_may(d):
    picky = d.mags["picky"]
    same("another node", d.ask(picky, "rx12@example").status, 154)
    same("its care-of address, named elsewhere", d.ask(
        d.mag1, "rx12@example", more=[pmip.AlternateCoa(address=PICKY)]).status, 154)
    same("no MAG at all, named", d.ask(
        d.mag1, "rx12@example", more=[pmip.AlternateCoa(address=NOBODY)]).status, 154)
    prefix = d.register(picky, "one@picky", ll_id=ll(12))
    true(f"{prefix} of its pool", prefix.startswith(TINY[:13]))
    same("a prefix of another pool", d.ask(picky, "two@picky", prefixes=[BLOCK + "77::/64"]).status,
         155)
    prefix = d.register(d.mag1, "both@example", ll_id=ll(13))
    same("a session that has one", d.ask(picky, "both@example", prefixes=[prefix], ll_id=ll(13),
                                         hi=pmip.BETWEEN_MAGS).status, 155)
    same("it stays", d.bindings("both@example"), [(prefix, d.mag1.coa, "active")])


# ---- What stands in the answer.

@test
def LMA_PBA_01_the_answer_goes_to_where_the_update_came_from(d):
    # LMA-PBA-01, LMA-PBA-09: never to the alternate care-of address. Sequence and lifetime.
    mh = d.mag1.pbu("pba01@example", lifetime=400, more=[pmip.AlternateCoa(address=d.mag2.coa)])
    answer = d.one_said_to(d.mag1, mh)
    same("number", answer.seq, int.from_bytes(mh[6:8], "big"))
    same("lifetime in units of 4 s", answer.lifetime, 100)
    d.silent(d.mag2)
    prefix = pmip.normal(answer.prefixes[0])
    gone = d.deregister(d.mag1, "pba01@example", [prefix],
                        more=[pmip.AlternateCoa(address=d.mag2.coa)])
    same("of a de-registration", (gone.status, gone.lifetime), (0, 0))


@test
def LMA_PBA_04_accepted_has_the_bindings_prefixes_and_refused_those_of_the_update(d):
    # LMA-PBA-04, LMA-REG-05: one zero prefix asks for as many as the profile says.
    answer = d.ask(d.mag1, "pair@example", ll_id=ll(4))
    same("how many", (answer.status, len(set(answer.prefixes))), (0, 2))
    same("bound", [b[0] for b in d.bindings("pair@example")],
         sorted(map(pmip.normal, answer.prefixes)))
    claimed = [OUTSIDE, "2001:db8:dead:1::/64", "2001:db8:dead:100::/56"]
    answer = d.ask(d.mag1, "pba04@example", prefixes=claimed)
    same("refused", (answer.status, list(answer.prefixes)), (155, claimed))


@test
def LMA_PBA_05_the_timestamp_comes_back_and_with_156_and_157_the_clock_of_the_lma(d):
    prefix = d.register(d.mag1, "pba05@example", ll_id=ll(5))
    now = pmip.now_q16()
    rows = ((0, now, "pba05@example", [prefix]), (155, now + 1, "pba05@example", [OUTSIDE]),
            (153, now - q16(60), "pba05@elsewhere", ["::"]),
            (152, now - q16(60), "barred@example", ["::"]),
            (158, now + 2, "pba05@example", []))
    for status, stamp, mn_id, prefixes in rows:
        answer = d.ask(d.mag1, mn_id, prefixes=prefixes, stamp=stamp, ll_id=ll(5))
        same("status and timestamp", (answer.status, answer.sent_at), (status, stamp))
    for status, stamp in ((156, now + q16(60)), (157, now - q16(1))):
        begin = pmip.now_q16()
        answer = d.ask(d.mag1, "pba05@example", prefixes=[prefix], stamp=stamp, ll_id=ll(5))
        same("status", answer.status, status)
        true("its clock", begin - 2 <= answer.sent_at <= pmip.now_q16())
    same("none asked, none said", d.ask(d.mag1, "pba05-2@example", stamp=0).sent_at, None)


@test
def LMA_PBA_11_link_layer_identifier_and_link_local_address_only_if_the_update_had_them(d):
    # LMA-PBA-06, LMA-PBA-10, LMA-PBA-11
    bare = d.ask(d.mag1, "pba11@example", stamp=0)
    same("options", sorted(o.otype for o in bare.options), [8, 22, 23, 24])
    full = d.ask(d.mag1, "pba11-2@example", ll_id=b"\x0c" * 20, more=[pmip.LinkLocal()])
    same("options", sorted(o.otype for o in full.options), [8, 22, 23, 24, 25, 26, 27])
    same("identifier", full.find(pmip.LinkLayerId).ident, b"\x0c" * 20)


@test
def LMA_PBA_07_a_link_local_address_is_made_or_kept_and_stays_over_handoffs(d):
    # LMA-PBA-07, LMA-PBA-12
    def ask(mag, mn_id, address="::", **kw):
        return d.ask(mag, mn_id, more=[pmip.LinkLocal(address=address)], ll_id=ll(7), **kw)

    def address_of(answer):
        return answer.find(pmip.LinkLocal).address
    first = ask(d.mag1, "pba07@example")
    made, prefix = address_of(first), pmip.normal(first.prefixes[0])
    true(f"made: {made}", made.startswith("fe80::") and made != "fe80::")
    moved = ask(d.mag2, "pba07@example", prefixes=[prefix], hi=pmip.BETWEEN_MAGS)
    same("after a handoff", address_of(moved), made)
    refused = ask(d.mag2, "pba07@example", address="fe80::17", prefixes=[OUTSIDE])
    same("refused: copied", (refused.status, address_of(refused)), (155, "fe80::17"))
    own = ask(d.mag1, "pba07-2@example", address="fe80::5")
    same("given: stored", (own.status, address_of(own)), (0, "fe80::5"))
    same("asked for", address_of(ask(d.mag1, "pba07-2@example", prefixes=own.prefixes)), "fe80::5")
    true("another one for another node", address_of(ask(d.mag1, "pba07-3@example")) != made)


# ---- Timestamps and sequence numbers.

@test
def LMA_TS_01_with_a_timestamp_the_sequence_number_is_copied_only(d):
    prefix = d.register(d.mag1, "ts01@example", seq=500)
    for seq in (500, 499, 40000, 0):
        answer = d.ask(d.mag1, "ts01@example", seq=seq, prefixes=[prefix])
        same("status and number", (answer.status, answer.seq), (0, seq))


@test
def LMA_TS_02_the_window_has_two_sides(d):
    inside, outside = q16(0.6 * WINDOW_MS / 1000), q16(1.4 * WINDOW_MS / 1000)
    for n, (apart, status) in enumerate(((-inside, 0), (inside, 0), (-outside, 156),
                                         (outside, 156), (-q16(10**6), 156), (q16(10**6), 156))):
        answer = d.ask(d.mag1, f"ts02-{n}@example", stamp=pmip.now_q16() + apart)
        same(f"{apart / 65536} s off", answer.status, status)


@test
def LMA_TS_03_lower_is_157_and_the_same_is_156(d):
    # LMA-TS-03, LMA-TS-04: what counts is the option's value, not when it came.
    stamp = pmip.now_q16() - q16(0.5)
    again = {"prefixes": [d.register(d.mag1, "ts03@example", stamp=stamp - 1)]}
    first = d.mag1.pbu("ts03@example", stamp=stamp, **again)
    same("first", d.one_said_to(d.mag1, first).status, 0)
    with d.counts("note_refreshed", 0):
        same("a duplicate", d.one_said_to(d.mag1, first).status, 156)
        same("equal", d.ask(d.mag1, "ts03@example", stamp=stamp, **again).status, 156)
        same("lower", d.ask(d.mag1, "ts03@example", stamp=stamp - 1, **again).status, 157)
        same("lower and outside", d.ask(d.mag1, "ts03@example", stamp=1, **again).status, 157)
    same("higher by the least", d.ask(d.mag1, "ts03@example", stamp=stamp + 1, **again).status, 0)


@test
def LMA_TS_06_SEQ_20_without_timestamp_a_number_is_newer_by_1_to_32767(d):
    # LMA-TS-06, SEQ-20
    rows = (("a", 65535, 0, 0), ("b", 15, 16, 0), ("c", 15, 32782, 0), ("d", 15, 32783, 135),
            ("e", 15, 15, 135), ("f", 30000, 1, 135), ("g", 40000, 1, 0), ("h", 30000, 30001, 0))
    for name, last, seq, status in rows:
        mn_id = f"ts06-{name}@example"
        prefix = d.register(d.mag1, mn_id, stamp=0, seq=last)
        answer = d.ask(d.mag1, mn_id, stamp=0, seq=seq, prefixes=[prefix])
        same(f"{seq} after {last}", (answer.status, answer.seq, answer.sent_at),
             (status, last if status else seq, None))
        if status:
            answer = d.ask(d.mag1, mn_id, stamp=0, seq=(last + 1) & 0xffff, prefixes=[prefix])
            same("and goes on", answer.status, 0)


@test
def LMA_TS_06_after_a_timestamp_any_number_passes_once(d):
    prefix = d.register(d.mag1, "ts06@example", seq=500)
    for seq, status in ((3, 0), (2, 135), (4, 0)):
        same(f"{seq}", d.ask(d.mag1, "ts06@example", stamp=0, seq=seq, prefixes=[prefix]).status,
             status)


@test
def LMA_TS_07_a_clock_that_is_off_is_counted_for_its_mag(d):
    def clocks():
        (row,) = [m for m in d.lma.show("mags") if m["proxy_coa"] == d.mag1.coa]
        return row["clock_lower"], row["clock_apart"]
    prefix, before = d.register(d.mag1, "ts07@example"), clocks()
    for apart in (-60, -60, 60):
        d.ask(d.mag1, "ts07@example", prefixes=[prefix], stamp=pmip.now_q16() + q16(apart))
    same("counted", [n - b for n, b in zip(clocks(), before)], [2, 1])


@test
def LMA_TS_10_stamps_of_mobile_nodes_without_timestamps_is_no_configuration(d):
    def check(*lines):
        path = d.write("pair.yaml", d.lma_config().replace("  tunnel_mtu", "".join(
            f"  {line}\n" for line in lines) + "  tunnel_mtu"))
        return subprocess.run([d.lma.program, "--check", path], capture_output=True, timeout=10,
                              check=False).returncode
    same("each alone", (check("timestamps: false"), check("mobile_node_generated_timestamp: true")),
         (0, 0))
    true("both", check("timestamps: false", "mobile_node_generated_timestamp: true") != 0)


# ---- Limits and the domain.

@test
def LMA_VAR_01_a_mag_that_differs_from_the_domain_is_told_of_once(d):
    quota = d.mags["quota"]
    with d.counts("note_odd_timestamps"), d.counts("note_odd_link_local"):
        for _ in range(2):
            answer = d.ask(quota, "var01@example", stamp=0, ll_id=ll(1), more=[pmip.LinkLocal()],
                           prefixes=["::"])
            same("served", answer.status, 0)


@test
def SEC_05_beyond_what_a_mag_or_a_node_may_have_it_is_130(d):
    # SEC-05, LMA-BC-14
    quota = d.mags["quota"]
    (row,) = [m for m in d.lma.show("mags") if m["proxy_coa"] == QUOTA]
    for n in range(row["bindings"], 2):
        d.register(quota, f"sec05-{n}@example")
    with d.counts("note_mag_full"):
        same("a MAG's quota", d.ask(quota, "sec05@example").status, 130)
    for n in range(4):
        d.register(d.mag1, "sec05-n@example", ll_id=ll(50 + n))
    same("a node's sessions", d.ask(d.mag1, "sec05-n@example", ll_id=ll(54)).status, 130)
    same("no binding more", len(d.bindings("sec05-n@example")), 4)


@test
def SEC_10_more_prefixes_than_a_session_may_have_are_130(d):
    many = [f"{BLOCK}9{n:02x}::/64" for n in range(17)]
    same("17", d.ask(d.mag1, "sec10@example", prefixes=many).status, 130)
    same("16", d.ask(d.mag1, "sec10@example", prefixes=many[:16]).status, 0)


@test
def SEQ_23_a_zero_prefix_asks_for_one_whatever_its_length(d):
    # SEQ-23, OPT-03
    for plen in (0, 64, 128):
        answer = d.ask(d.mag1, f"seq23-{plen}@example", prefixes=[f"::/{plen}"])
        same("status", answer.status, 0)
        true("given", answer.prefixes[0].startswith(BLOCK))


@test
def LMA_REG_06_the_lifetime_is_not_above_what_was_asked_nor_what_may_be(d):
    # LMA-REG-03, LMA-REG-06
    for mn_id, asked, granted in (("reg06@example", 4, 4), ("reg06-2@example", 65535 * 4, 3600),
                                  ("brief@example", 600, 60)):
        begin = time.monotonic()
        same(mn_id, d.ask(d.mag1, mn_id, lifetime=asked).lifetime * 4, granted)
        (row,) = d.lma.bindings(mn_id)
        true(f"{row}", granted - 1 - (time.monotonic() - begin) <= row["expires_s"] <= granted)
