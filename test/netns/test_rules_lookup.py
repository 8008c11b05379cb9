"""Which binding an update is about: RFC 5213 5.4.1, seen by the prefixes that come back."""
import pmip
from pmip import (BETWEEN_INTERFACES, BETWEEN_MAGS, ETHERNET, EUTRAN, HI_UNKNOWN, IEEE_80211,
                  NEW_INTERFACE, NO_CHANGE, SHARING)
from rules import BLOCK, Rules, q16
from sentences import same, test, true

limit_s = 30
ONE, TWO, THREE = b"\2\0\0\0\1\1", b"\2\0\0\0\1\2", b"\2\0\0\0\1\3"


class Domain(Rules):
    wait_ms = 500


def status_and_prefixes(answer):
    return answer.status, [pmip.normal(p) for p in answer.prefixes]


def updates(d, mag, mn_id, prefix, **kw):
    """That update is about the session with this prefix."""
    same(f"{mn_id}, {kw}", status_and_prefixes(d.ask(mag, mn_id, **kw)), (0, [prefix]))


def makes_another(d, mag, mn_id, **kw):
    """That update makes a session of its own; its prefix."""
    known = {b[0] for b in d.bindings(mn_id)}
    status, (prefix,) = status_and_prefixes(d.ask(mag, mn_id, **kw))
    same(f"status of {mn_id}, {kw}", status, 0)
    true(f"{mn_id}, {kw}: {prefix} is not new", prefix not in known)
    same("sessions", {b[0] for b in d.bindings(mn_id)}, known | {prefix})
    return prefix


def is_held(d, mag, mn_id, **kw):
    with d.counts("note_held"):
        d.silent(mag, mag.pbu(mn_id, **kw))


def at(d, mn_id, prefix):
    return next(coa for p, coa, _ in d.bindings(mn_id) if p == prefix)


# ---- By prefix: 5.4.1.1.

@test
def LMA_BC_02_prefixes_that_nobody_has_make_a_new_session(d):
    wanted = [BLOCK + "b02::/64", BLOCK + "b03::/64"]
    same("claimed", status_and_prefixes(d.ask(d.mag1, "bc02@example", prefixes=wanted)),
         (0, wanted))
    same("both bound", d.bindings("bc02@example"), [(p, d.mag1.coa, "active") for p in wanted])


@test
def LMA_BC_03_SEQ_10_a_prefix_of_another_node_is_155_and_stays_its_own(d):
    # LMA-BC-03, SEQ-10, LMA-REG-02
    prefix = d.register(d.mag1, "bc03@example", ll_id=ONE)
    for kw in ({"ll_id": ONE}, {"hi": BETWEEN_MAGS}, {"lifetime": 0, "ll_id": ONE}):
        same(f"{kw}", d.ask(d.mag2, "thief@example", prefixes=[prefix], **kw).status, 155)
    same("the victim's", d.bindings("bc03@example"), [(prefix, d.mag1.coa, "active")])
    same("the thief's", d.bindings("thief@example"), [])


@test
def LMA_BC_04_SEQ_09_another_set_of_prefixes_is_159(d):
    # LMA-BC-04, SEQ-09, OPT-08
    _, (a, b) = status_and_prefixes(d.ask(d.mag1, "pair@example", ll_id=ONE))
    known = d.bindings("pair@example")
    for prefixes in ([a], [b], [a, a], [a, b, b], [a, b, BLOCK + "b04::/64"]):
        for lifetime in (600, 0):
            same(f"{prefixes}", d.ask(d.mag1, "pair@example", prefixes=prefixes, ll_id=ONE,
                                      lifetime=lifetime).status, 159)
    same("as before", d.bindings("pair@example"), known)
    same("in another order", d.ask(d.mag1, "pair@example", prefixes=[b, a], ll_id=ONE).status, 0)


@test
def OPT_08_a_new_prefix_named_twice_is_155(d):
    same("status", d.ask(d.mag1, "opt08@example", prefixes=[BLOCK + "b08::/64"] * 2).status, 155)
    same("bindings", d.bindings("opt08@example"), [])


@test
def OPT_04_what_stands_behind_the_prefix_length_is_not_looked_at(d):
    prefix = d.register(d.mag1, "opt04@example", ll_id=ONE)
    dirty = prefix.replace("::/64", "::dead:beef/64")
    updates(d, d.mag1, "opt04@example", prefix, prefixes=[dirty], hi=NO_CHANGE, ll_id=ONE)


@test
def LMA_BC_05_four_ways_to_be_the_same_session(d):
    # What the binding was made with, what the update has, and from where.
    rows = (
        ({"ll_id": ONE}, {"ll_id": ONE, "hi": NEW_INTERFACE}, d.mag2),
        ({"ll_id": ONE}, {"ll_id": TWO, "att": EUTRAN, "hi": BETWEEN_INTERFACES}, d.mag2),
        ({"ll_id": ONE}, {"att": EUTRAN, "hi": BETWEEN_INTERFACES}, d.mag2),
        ({}, {"hi": BETWEEN_MAGS}, d.mag2),
        ({"ll_id": ONE}, {"ll_id": TWO, "hi": NO_CHANGE}, d.mag1),
        ({"ll_id": ONE}, {"hi": NEW_INTERFACE}, d.mag1))
    for n, (made, asked, mag) in enumerate(rows):
        mn_id = f"bc05-{n}@example"
        prefix = d.register(d.mag1, mn_id, **made)
        updates(d, mag, mn_id, prefix, prefixes=[prefix], **asked)
        same("its place", at(d, mn_id, prefix), mag.coa)


@test
def LMA_BC_13_none_of_them_is_155_and_a_zero_prefix_gets_what_it_may(d):
    # LMA-BC-13, LMA-BC-21, LMA-BC-05: a prefix has one session.
    rows = (({"ll_id": ONE}, {"ll_id": TWO, "hi": BETWEEN_MAGS}),
            ({"ll_id": ONE}, {"ll_id": ONE, "att": EUTRAN, "hi": BETWEEN_MAGS}),
            ({"ll_id": ONE}, {"hi": BETWEEN_MAGS}), ({}, {"ll_id": ONE, "hi": BETWEEN_MAGS}),
            ({}, {"att": EUTRAN, "hi": BETWEEN_MAGS}), ({}, {"hi": NEW_INTERFACE}),
            ({}, {"hi": NO_CHANGE}), ({}, {"hi": HI_UNKNOWN}))
    for n, (made, asked) in enumerate(rows):
        mn_id = f"bc13-{n}@example"
        prefix = d.register(d.mag1, mn_id, **made)
        same(f"{made}, {asked}", d.ask(d.mag2, mn_id, prefixes=[prefix], **asked).status, 155)
        same("as before", d.bindings(mn_id), [(prefix, d.mag1.coa, "active")])
    is_held(d, d.mag2, mn_id, hi=HI_UNKNOWN)
    same("the old MAG", d.deregister(d.mag1, mn_id, [prefix]).status, 0)
    same("then the new one", status_and_prefixes(d.mag2.hear()), (0, [prefix]))


@test
def LMA_BC_12_indicator_6_shares_the_prefixes_with_one_more_session(d):
    mn_id, share = "bc12@example", {"hi": SHARING, "att": EUTRAN, "ll_id": TWO}
    prefix = d.register(d.mag1, mn_id, ll_id=ONE)
    updates(d, d.mag1, mn_id, prefix, prefixes=[prefix], hi=SHARING, ll_id=ONE)
    same("the same one", d.bindings(mn_id), [(prefix, d.mag1.coa, "active")])
    updates(d, d.mag2, mn_id, prefix, prefixes=[prefix], **share)
    both = [(prefix, d.mag1.coa, "active"), (prefix, d.mag2.coa, "active")]
    same("two", d.bindings(mn_id), both)
    updates(d, d.mag2, mn_id, prefix, prefixes=[prefix], **share)
    same("two still", d.bindings(mn_id), both)
    same("a third", d.ask(d.mag1, mn_id, prefixes=[prefix], hi=SHARING).status, 130)
    same("not all of them", d.ask(d.mag1, mn_id, prefixes=[prefix, BLOCK + "c12::/64"],
                                  hi=SHARING, ll_id=THREE).status, 159)
    same("without identifier", status_and_prefixes(d.ask(
        d.mag1, "bc12-2@example", prefixes=[d.register(d.mag1, "bc12-2@example")],
        hi=SHARING))[0], 0)
    same("is another one, too", len(d.bindings("bc12-2@example")), 2)


@test
def LMA_BC_12d_prefixes_of_two_sessions_are_no_set(d):
    # LMA-BC-12d, LMA-REG-04
    mn_id = "bc12d@example"
    a, b = (d.register(d.mag1, mn_id, ll_id=i) for i in (ONE, TWO))
    other = d.register(d.mag1, "bc12d-2@example")
    same("both its own", d.ask(d.mag1, mn_id, prefixes=[a, b], ll_id=ONE).status, 159)
    for prefixes in ([a, other], [other, a]):
        same("one of another node", d.ask(d.mag1, mn_id, prefixes=prefixes, ll_id=ONE).status, 155)
    updates(d, d.mag1, mn_id, b, prefixes=[b], ll_id=TWO)


@test
def LMA_BC_16_a_zero_prefix_beside_others_is_one_more(d):
    claimed = BLOCK + "b16::/64"
    status, given = status_and_prefixes(d.ask(d.mag1, "bc16@example", prefixes=["::", claimed]))
    same("a new session", (status, len(set(given)), claimed in given), (0, 2, True))
    same("a known one", d.ask(d.mag1, "bc16@example", prefixes=["::", *given]).status, 159)
    same("of the same number", d.ask(d.mag1, "bc16@example", prefixes=["::", given[0]]).status, 159)


# ---- By link-layer identifier: 5.4.1.2.

@test
def LMA_BC_06_the_whole_key_matches_whatever_the_indicator_says(d):
    # LMA-BC-06, LMA-BC-11, LMA-BC-01
    mn_id = "bc06@example"
    prefix, other = (d.register(d.mag1, mn_id, ll_id=i) for i in (ONE, TWO))
    for hi in (NEW_INTERFACE, BETWEEN_INTERFACES, BETWEEN_MAGS, HI_UNKNOWN, NO_CHANGE):
        for mag in (d.mag2, d.mag1):
            updates(d, mag, mn_id, prefix, hi=hi, ll_id=ONE)
    updates(d, d.mag2, mn_id, other, ll_id=TWO)


@test
def LMA_BC_07_indicator_2_moves_the_only_session_to_the_other_interface(d):
    mn_id = "bc07@example"
    prefix = d.register(d.mag1, mn_id, ll_id=ONE)
    updates(d, d.mag2, mn_id, prefix, hi=BETWEEN_INTERFACES, ll_id=TWO, att=EUTRAN)
    (row,) = d.lma.bindings(mn_id)
    same("identifier", row["ll_id"], "02:00:00:00:01:02")
    same("place", row["proxy_coa"], d.mag2.coa)
    # Of two it is said of none.
    second = makes_another(d, d.mag1, mn_id, hi=NEW_INTERFACE, ll_id=ONE)
    makes_another(d, d.mag1, mn_id, hi=BETWEEN_INTERFACES, ll_id=THREE)
    updates(d, d.mag1, mn_id, second, ll_id=ONE)
    updates(d, d.mag2, mn_id, prefix, ll_id=TWO, att=EUTRAN)


@test
def LMA_BC_08_indicator_4_waits_and_makes_a_new_session_when_nothing_comes(d):
    mn_id = "bc08@example"
    first = d.register(d.mag1, mn_id, ll_id=ONE)
    is_held(d, d.mag2, mn_id, hi=HI_UNKNOWN, ll_id=TWO)
    same("meanwhile", d.bindings(mn_id), [(first, d.mag1.coa, "active")])
    status, (second,) = status_and_prefixes(d.mag2.hear())
    same("in the end", (status, second != first), (0, True))
    same("both", d.bindings(mn_id), sorted([(first, d.mag1.coa, "active"),
                                            (second, d.mag2.coa, "active")]))


@test
def SEQ_08_the_old_mags_de_registration_turns_the_wait_into_an_update(d):
    # SEQ-08, LMA-BC-08, LMA-TS-09: its stamp may be lower than that of what waits, or higher.
    for n, apart in enumerate((-0.5, 0.5)):
        mn_id = f"seq08-{n}@example"
        prefix = d.register(d.mag1, mn_id, ll_id=ONE, stamp=pmip.now_q16() - q16(1))
        stamp = pmip.now_q16()
        is_held(d, d.mag2, mn_id, hi=HI_UNKNOWN, ll_id=TWO, stamp=stamp)
        same("old", d.deregister(d.mag1, mn_id, [prefix], ll_id=ONE,
                                 stamp=stamp + q16(apart)).status, 0)
        (answer,) = d.said_to(d.mag2)
        same("new", status_and_prefixes(answer), (0, [prefix]))
        same("bindings", d.bindings(mn_id), [(prefix, d.mag2.coa, "active")])


@test
def SEQ_07_asked_again_while_it_waits_it_is_answered_once_with_the_latest_number(d):
    # SEQ-07, LMA-RX-10, LMA-BC-15
    mn_id, kw = "seq07@example", {"hi": HI_UNKNOWN, "ll_id": TWO}
    d.register(d.mag1, mn_id, ll_id=ONE)
    is_held(d, d.mag2, mn_id, **kw)
    once, again = d.mag2.pbu(mn_id, **kw), d.mag2.pbu(mn_id, **kw)
    with d.counts("note_held", 0), d.counts("note_superseded", 2):
        d.silent(d.mag2, once, again)
    answer = d.mag2.hear()
    same("status and number", (answer.status, answer.seq), (0, int.from_bytes(again[6:8], "big")))
    d.silent(d.mag2)
    same("sessions", len(d.bindings(mn_id)), 2)


@test
def LMA_BC_19_another_mags_update_is_judged_on_its_own_and_what_waits_again(d):
    third, asked = d.mags["quota"], {"hi": HI_UNKNOWN, "ll_id": TWO}
    for n, (apart, status) in enumerate(((0.5, 0), (-0.5, 157))):
        mn_id, stamp = f"bc19-{n}@example", pmip.now_q16()
        prefix = d.register(d.mag1, mn_id, ll_id=ONE, stamp=stamp - q16(1))
        is_held(d, d.mag2, mn_id, stamp=stamp + q16(apart), **asked)
        updates(d, third, mn_id, prefix, hi=BETWEEN_INTERFACES, ll_id=TWO, stamp=stamp)
        (answer,) = d.said_to(d.mag2)  # it has the whole key now; is it the later one, too?
        same("what waited", answer.status, status)
        where = d.mag2 if status == 0 else third
        same("bindings", d.bindings(mn_id), [(prefix, where.coa, "active")])


@test
def LMA_BC_19_a_later_update_of_the_same_mag_takes_the_place_of_the_one_that_waits(d):
    mn_id = "bc19-2@example"
    prefix = d.register(d.mag1, mn_id, ll_id=ONE)
    is_held(d, d.mag2, mn_id, hi=HI_UNKNOWN, ll_id=TWO)
    with d.counts("note_superseded"):
        updates(d, d.mag2, mn_id, prefix, hi=BETWEEN_INTERFACES, ll_id=TWO)
    same("bindings", d.bindings(mn_id), [(prefix, d.mag2.coa, "active")])


@test
def LMA_BC_09_everything_else_is_a_new_session(d):
    # LMA-BC-09, LMA-BC-20: HI 1, 3 and 5 have no exception for the only session.
    for hi in (NEW_INTERFACE, BETWEEN_MAGS, NO_CHANGE):
        for n, key in enumerate(({"ll_id": TWO}, {"ll_id": ONE, "att": ETHERNET})):
            mn_id = f"bc09-{hi}-{n}@example"
            d.register(d.mag1, mn_id, ll_id=ONE)
            makes_another(d, d.mag2, mn_id, hi=hi, **key)
    # Of two sessions none is waited for.
    makes_another(d, d.mag2, mn_id, hi=HI_UNKNOWN, ll_id=THREE)


@test
def LMA_BC_12c_an_identifier_of_zeros_or_of_nothing_is_none(d):
    for n, option in enumerate((pmip.LinkLayerId(ident=bytes(6)), pmip.LinkLayerId())):
        mn_id = f"bc12c-{n}@example"
        prefix = d.register(d.mag1, mn_id, more=[option])
        same("kept", d.lma.bindings(mn_id)[0]["ll_id"] or "", "")
        # By 5.4.1.2 it would be a new one: there HI 3 knows no exception.
        answer = d.ask(d.mag2, mn_id, hi=BETWEEN_MAGS, more=[option])
        same("updates", status_and_prefixes(answer), (0, [prefix]))
        same("copied", answer.find(pmip.LinkLayerId).ident, option.ident)


# ---- By the node alone: 5.4.1.3.

@test
def LMA_BC_10_without_identifier_indicators_2_and_3_update_the_only_session(d):
    for hi in (BETWEEN_INTERFACES, BETWEEN_MAGS):
        for n, made in enumerate(({}, {"ll_id": ONE})):
            mn_id = f"bc10-{hi}-{n}@example"
            prefix = d.register(d.mag1, mn_id, **made)
            updates(d, d.mag2, mn_id, prefix, hi=hi, att=EUTRAN)
    for hi in (NEW_INTERFACE, NO_CHANGE):
        mn_id = f"bc10-{hi}@example"
        d.register(d.mag1, mn_id)
        makes_another(d, d.mag2, mn_id, hi=hi)
    for hi in (BETWEEN_INTERFACES, BETWEEN_MAGS):  # now it has two, then three
        makes_another(d, d.mag2, mn_id, hi=hi)
    same("sessions", len(d.bindings(mn_id)), 4)


@test
def SEQ_19_a_first_update_again_is_a_renewal_with_identifier_and_a_new_session_without(d):
    # SEQ-19, LMA-BC-17
    prefix = d.register(d.mag1, "seq19@example", ll_id=ONE)
    updates(d, d.mag1, "seq19@example", prefix, ll_id=ONE)
    same("one session", len(d.bindings("seq19@example")), 1)
    d.register(d.mag1, "seq19-2@example")
    makes_another(d, d.mag1, "seq19-2@example")


@test
def SEQ_21_after_the_old_mags_de_registration_indicator_4_does_not_wait(d):
    # SEQ-21, LMA-BC-08, SEQ-05
    for n, key in enumerate(({}, {"ll_id": TWO})):
        mn_id = f"seq21-{n}@example"
        prefix = d.register(d.mag1, mn_id)
        same("old", d.deregister(d.mag1, mn_id, [prefix]).status, 0)
        updates(d, d.mag2, mn_id, prefix, hi=HI_UNKNOWN, **key)
        same("bindings", d.bindings(mn_id), [(prefix, d.mag2.coa, "active")])


@test
def SEQ_22_from_one_access_to_another_without_identifier_and_a_late_de_registration(d):
    # SEQ-22, LMA-HO-01: what the accepted update does not have is empty.
    mn_id = "seq22@example"
    prefix = d.register(d.mag1, mn_id, att=EUTRAN, ll_id=ONE)
    before = d.lma.bindings(mn_id)[0]["access"]
    updates(d, d.mag2, mn_id, prefix, att=IEEE_80211, hi=BETWEEN_INTERFACES)
    (row,) = d.lma.bindings(mn_id)
    same("identifier", row["ll_id"] or "", "")
    true(f"another access than {before}", row["access"] != before)
    with d.counts("note_ignored_dereg"):
        d.silent(d.mag1, d.mag1.pbu(mn_id, lifetime=0, prefixes=[prefix], hi=HI_UNKNOWN,
                                    att=EUTRAN, ll_id=ONE))
    same("bindings", d.bindings(mn_id), [(prefix, d.mag2.coa, "active")])


# ---- De-registrations.

@test
def LMA_BC_18_a_de_registration_never_waits_and_picks_no_session_by_the_node_alone(d):
    mn_id = "bc18@example"
    prefix = d.register(d.mag1, mn_id, ll_id=ONE)
    for hi in (NEW_INTERFACE, BETWEEN_INTERFACES, BETWEEN_MAGS, HI_UNKNOWN, NO_CHANGE):
        for key in ({}, {"ll_id": TWO}):
            with d.counts("note_held", 0), d.counts("note_ignored_dereg"):
                d.silent(d.mag1, d.mag1.pbu(mn_id, lifetime=0, hi=hi, **key))
    same("as before", d.bindings(mn_id), [(prefix, d.mag1.coa, "active")])
    answer = d.ask(d.mag1, mn_id, lifetime=0, hi=HI_UNKNOWN, ll_id=ONE)
    same("the whole key", status_and_prefixes(answer), (0, [prefix]))


@test
def LMA_BC_12b_a_de_registration_that_no_session_matches_is_silence(d):
    mn_id = "bc12b@example"
    prefix = d.register(d.mag1, mn_id, ll_id=ONE)
    with d.counts("note_ignored_dereg"):
        d.silent(d.mag2, d.mag2.pbu(mn_id, lifetime=0, prefixes=[prefix], ll_id=TWO))
    # The alternate care-of address is the one that counts.
    elsewhere = [pmip.AlternateCoa(address=d.mag2.coa)]
    with d.counts("note_ignored_dereg"):
        d.silent(d.mag1, d.mag1.pbu(mn_id, lifetime=0, prefixes=[prefix], ll_id=TWO,
                                    more=elsewhere))
    here = [pmip.AlternateCoa(address=d.mag1.coa)]
    answer = d.ask(d.mag2, mn_id, lifetime=0, prefixes=[prefix], ll_id=TWO, hi=HI_UNKNOWN,
                   more=here)
    same("named", status_and_prefixes(answer), (0, [prefix]))
