"""What a mobility header and its options may look like, and what becomes of those that may not."""
import contextlib
import socket
import time

from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment

import pmip
from configs import LMAA
from errors import PARAMETER_PROBLEM, Errors, mac_of, send
from rules import BLOCK, Rules
from sentences import same, test, true

limit_s = 40
ONE = b"\2\0\0\0\3\1"
IP6, KNOWN = 40, {pmip.BRR, pmip.PBU, pmip.PBA, pmip.BE, pmip.HEARTBEAT}
UNREADABLE = ("mh_truncated", "mh_bad_checksum", "mh_unknown_type", "mh_bad_proto", "mh_too_short",
              "mh_option_overrun", "mh_bad_option", "mh_too_many_options")


class Domain(Rules):
    heartbeat_s = 0  # what it says is an answer

    def lma_config(self):
        """Everybody is served, and no test is about the limit of signalling."""
        return super().lma_config().replace("signalling_rate: 5000", "signalling_rate: 1000000") \
            .replace('  - match: "@example"', '  - match: "*"\n  - match: "@example"')


def sealed(mag, raw):
    return pmip.seal(raw, mag.coa, LMAA)


def body(**fields):
    return pmip.PbuBody(**{"mhtype": pmip.PBU, "seq": 1, "lifetime": 150, **fields})


def usual(mn_id, **kw):
    return pmip.pbu_options(mn_id, **{"ll_id": ONE, **kw})


def packet_of(mag, mh, **fields):
    return bytes(IPv6(**{"src": mag.coa, "dst": LMAA, "nh": pmip.MH, **fields}) / mh)


def next_to_it(d, *packets):
    """Onto the LMA's own link, as no router would pass them on."""
    send(d.spaces["bb"], "lma0", mac_of(d.spaces["lma"], "back0"), *packets)


@contextlib.contextmanager
def counts_only(d, counter, by=1):
    """Of all that can be wrong with a message that is what was wrong, and nothing else."""
    with contextlib.ExitStack() as all_of_them:
        for name in UNREADABLE:
            all_of_them.enter_context(d.counts(name, by if name == counter else 0))
        yield


# ---- The header.

@test
def WIRE_01_a_payload_behind_the_header_is_told_of(d):
    mh = sealed(d.mag1, pmip.write(body(nh=6), usual("wire01@example")))
    with Errors(d.mag1.ns) as errors:
        with counts_only(d, "mh_bad_proto"):
            d.silent(d.mag1, mh)
        told = errors.get(PARAMETER_PROBLEM, packet_of(d.mag1, mh))
    same("code, pointer, source", (told.code, told.value, told.source), (0, IP6, LMAA))


@test
def WIRE_02_a_header_shorter_than_its_type_is_told_of(d):
    for kind in (pmip.PBU, pmip.PBA, pmip.BE, pmip.HEARTBEAT):
        mh = sealed(d.mag1, pmip.write(pmip.Body(mhtype=kind), []))
        with Errors(d.mag1.ns) as errors:
            with counts_only(d, "mh_too_short"):
                d.silent(d.mag1, mh)
            told = errors.get(PARAMETER_PROBLEM, packet_of(d.mag1, mh))
        same(f"type {kind}: code, pointer", (told.code, told.value), (0, IP6 + 1))


@test
def WIRE_03_a_header_longer_than_its_packet_is_silence(d):
    mh = d.mag1.pbu("wire03@example", ll_id=ONE)
    for wrong in (mh[:-8], mh[:8], mh[:1], mh[:1] + b"\xff" + mh[2:], mh[:-1]):
        with counts_only(d, "mh_truncated"):
            d.silent(d.mag1, wrong)
    same("bindings", d.bindings("wire03@example"), [])


@test
def WIRE_04_the_checksum_is_over_the_header_and_the_right_pseudo_header(d):
    right = d.mag1.pbu("wire04@example", ll_id=ONE)
    plain = right[:4] + b"\0\0" + right[6:]
    for src, dst, next_header in ((d.mag2.coa, LMAA, pmip.MH), (d.mag1.coa, d.mag2.coa, pmip.MH),
                                  (d.mag1.coa, LMAA, 59), (d.mag1.coa, LMAA, 41)):
        wrong = pmip.in6_chksum(next_header, IPv6(src=src, dst=dst), plain)
        with counts_only(d, "mh_bad_checksum"):
            d.silent(d.mag1, plain[:4] + wrong.to_bytes(2, "big") + plain[6:])
    with counts_only(d, "mh_bad_checksum"):
        d.silent(d.mag1, plain)
    same("the right one", d.one_said_to(d.mag1, right).status, 0)


@test
def WIRE_12_the_first_thing_that_is_wrong_is_what_is_wrong(d):
    # WIRE-12: length against the packet, checksum, type, payload proto, length against the type.
    short = pmip.write(pmip.Body(mhtype=pmip.PBU, nh=6), [])
    strange = pmip.write(pmip.Body(mhtype=99, nh=6), [])
    with counts_only(d, "mh_truncated"):
        d.silent(d.mag1, sealed(d.mag1, strange)[:1] + b"\x09" + strange[2:])
    with counts_only(d, "mh_bad_checksum"), d.counts("note_be_sent", 0):
        d.silent(d.mag1, strange)
    with Errors(d.mag1.ns) as errors:
        with counts_only(d, "mh_unknown_type"):
            answer = d.one_said_to(d.mag1, sealed(d.mag1, strange))
        same("answer", (answer.body.mhtype, answer.status), (pmip.BE, 2))
        mh = sealed(d.mag1, short)
        with counts_only(d, "mh_bad_proto"):
            d.silent(d.mag1, mh)
        told = errors.get(PARAMETER_PROBLEM)
    true("it is about the second", told.is_about(packet_of(d.mag1, mh)))
    same("pointer", told.value, IP6)


@test
def WIRE_06_a_type_that_it_does_not_have_gets_a_binding_error(d):
    for kind in (1, 8, 14, 21):
        answer = d.one_said_to(d.mag1, sealed(d.mag1, pmip.write(pmip.Body(mhtype=kind), [])))
        same(f"type {kind}", (answer.body.mhtype, answer.status, answer.address),
             (pmip.BE, 2, "::"))
    raw = pmip.write(pmip.Body(mhtype=21), [])
    for src in ("ff02::1", "::"):  # never when the source is not unicast
        with d.counts("note_be_sent", 0), d.counts("note_be_limited", 0), \
                counts_only(d, "mh_unknown_type"):
            next_to_it(d, packet_of(d.mag1, pmip.seal(raw, src, LMAA), src=src))
            d.silent(d.mag1)


@test
def WIRE_07_reserved_fields_are_not_looked_at(d):
    options = usual("wire07@example")
    for option in options:
        if "reserved" in option.fields_desc[2].name:
            option.reserved = 0xa5
    d.mag1.seq = 70
    raw = pmip.write(body(seq=70, reserved=0xff, flags=pmip.A | pmip.P | 0x000f), options)
    answer = d.one_said_to(d.mag1, sealed(d.mag1, raw))
    same("status", answer.status, 0)  # what stands in its own, oracle.py looks at


@test
def WIRE_11_a_source_that_is_not_unicast_is_silence(d):
    # What is sent is the fence's.
    for src in ("ff02::1", "ff0e::1", "::", "::1"):
        for raw in (pmip.write(body(), usual("wire11@example")), pmip.heartbeat(11)):
            with d.counts("note_ignored_bad_source"), d.counts("signalling_sent"):
                next_to_it(d, packet_of(d.mag1, pmip.seal(raw, src, LMAA), src=src))
                d.silent(d.mag1)
    same("bindings", d.bindings("wire11@example"), [])


@test
def WIRE_14_a_message_for_another_role_is_silence(d):
    for raw in (pmip.write(pmip.Body(mhtype=pmip.BRR), [b"\0\0"]),
                pmip.write(pmip.PbaBody(mhtype=pmip.PBA, seq=1), usual("wire14@example"))):
        with d.counts("note_be_sent", 0), d.counts("note_ignored_role"):
            d.silent(d.mag1, sealed(d.mag1, raw))


# ---- What it comes in.

def fragments(packet, size):
    at = range(0, len(packet) - IP6, size)
    src, dst = (socket.inet_ntop(socket.AF_INET6, packet[i:i + 16]) for i in (8, 24))
    return [bytes(IPv6(src=src, dst=dst) /
                  IPv6ExtHdrFragment(nh=packet[6], offset=i // 8, m=i != at[-1], id=packet[-1]) /
                  packet[IP6 + i:IP6 + i + size]) for i in at]


@test
def WIRE_10_neither_hop_limit_nor_fragments_matter(d):
    for hlim in (0, 1, 255):
        mh = d.mag1.pbu(f"wire10-{hlim}@example", ll_id=ONE)
        next_to_it(d, packet_of(d.mag1, mh, hlim=hlim))
        same(f"hop limit {hlim}", d.mag1.hear().status, 0)
    raw = pmip.fill(body(seq=10), usual("wire10@example"), 2048)
    pieces = fragments(packet_of(d.mag1, sealed(d.mag1, raw)), 512)
    same("pieces", len(pieces), 4)
    with d.counts("merged_fragment", len(pieces) - 1):
        for piece in reversed(pieces):
            d.mag1.send_packet(piece)
        answer = d.mag1.hear()
    same("status and number", (answer.status, answer.seq), (0, 10))


@test
def WIRE_10_of_a_message_that_does_not_become_whole_nothing_stays(d):
    mh = d.mag1.pbu("wire10-2@example", ll_id=ONE)
    first, *others = fragments(packet_of(d.mag1, mh), 64)
    begin = time.monotonic()
    with d.counts("drop_fragment_timeout"):
        d.mag1.send_packet(first)
    true("after 2 s", time.monotonic() - begin >= 2)
    for piece in others:  # too late
        d.mag1.send_packet(piece)
    d.silent(d.mag1)


# ---- Options.

@test
def WIRE_08_unknown_options_are_skipped_and_an_overrun_is_silence(d):
    # WIRE-08, WIRE-15: Pad1 and PadN of each length, too.
    strange = [pmip.Unknown(otype=t, data=b"\xff" * n) for t, n in ((201, 0), (99, 1), (250, 37))]
    between = [*strange, pmip.pad(1), pmip.pad(2), pmip.pad(9), *strange]
    options = [o for one in usual("wire08@example") for o in (one, *between)]
    same("status", d.one_said_to(d.mag1, d.mag1.pbu("", options=options)).status, 0)
    for tail in (b"\x08\xff\x01abc", b"\xc9\x07\0\0\0\0", b"\x01\x09\0\0\0\0", b"\0\0\0\0\0\x16"):
        raw = pmip.write(body(), [*usual("wire08-2@example"), pmip.Timestamp(), b"\0\0"])
        raw += bytes(8 - len(tail)) + tail
        with counts_only(d, "mh_option_overrun"):
            d.silent(d.mag1, sealed(d.mag1, raw))
    same("bindings", d.bindings("wire08-2@example"), [])


@test
def WIRE_09_options_stand_where_they_want(d):
    # What we write is aligned: oracle.py looks at each.
    for shift in range(8):
        options = [pmip.pad(1)] * shift + [bytes(o) for o in usual(f"wire09-{shift}@example")]
        same(f"{shift}", d.one_said_to(d.mag1, d.mag1.pbu("", options=options)).status, 0)


@test
def WIRE_15_options_come_in_any_order_and_vendors_have_several(d):
    vendors = [pmip.Vendor(vendor=v, data=b"\xfe" * n)
               for v, n in ((32473, 0), (32473, 9), (0, 200))]
    options = usual("wire15@example", prefixes=[BLOCK + "f15::/64", BLOCK + "f16::/64"])
    for turn in range(len(options)):
        turned = options[turn:] + vendors + options[:turn]
        turned = [o for o in turned[::-1] if not isinstance(o, pmip.Timestamp)]
        answer = d.one_said_to(d.mag1, d.mag1.pbu("", options=[*turned, pmip.Timestamp(
            value=pmip.now_q16())]))
        same(f"turned by {turn}", (answer.status, len(answer.prefixes)), (0, 2))


@test
def OPT_01_of_an_option_that_comes_twice_the_first_counts(d):
    second = [pmip.MnId(ident=b"barred@example"), pmip.Handoff(hi=pmip.HI_UNKNOWN),
              pmip.AccessTech(att=3), pmip.LinkLayerId(ident=b"\7" * 6), pmip.Timestamp(value=1),
              pmip.LinkLocal(address="fe80::2")]
    first = [*usual("opt01@example"), pmip.LinkLocal(address="fe80::1")]
    with d.counts("note_repeated_option"):
        answer = d.one_said_to(d.mag1, d.mag1.pbu("", options=first + second))
    same("status", answer.status, 0)
    for option in first:
        if not isinstance(option, pmip.Hnp):
            same(option.name, [bytes(o) for o in answer.all(type(option))], [bytes(option)])


@test
def OPT_02_an_option_of_a_wrong_length_or_prefix_length_is_silence(d):
    # OPT-02, OPT-03
    wrong = [pmip.Hnp(plen=129), pmip.Hnp(plen=255), pmip.Hnp(prefix="2001:db8:100::", plen=0),
             pmip.Unknown(otype=pmip.Handoff().otype, data=b"\0\1\0"), pmip.Service(ident=b"")]
    for option in wrong:
        with counts_only(d, "mh_bad_option"):
            d.silent(d.mag1, d.mag1.pbu("", options=[*usual("opt02@example"), option]))
    same("bindings", d.bindings("opt02@example"), [])


@test
def OPT_03_a_zero_prefix_is_zero_whatever_its_length(d):
    for plen in (0, 1, 128):
        prefix = d.register(d.mag1, f"opt03-{plen}@example", prefixes=[f"::/{plen}"])
        true(prefix, prefix.startswith(BLOCK) and prefix.endswith("/64"))


@test
def OPT_05_identifiers_are_the_same_octet_by_octet_and_realms_in_any_case(d):
    prefix = d.register(d.mag1, "opt05@example", ll_id=ONE)
    known = {"prefixes": [prefix], "ll_id": ONE}
    same("another realm's case", d.ask(d.mag1, "opt05@EXAMPLE", **known).status, 0)
    for other in ("OPT05@example", "opt05@example.", "opt05@exampl", "opt05", "opt05@example\0"):
        same(other, d.ask(d.mag1, other, **known).status, 155)


@test
def OPT_06_an_identifier_of_another_kind_is_another_and_an_empty_one_is_none(d):
    prefix = d.register(d.mag1, "opt06@example", ll_id=ONE)
    rest = pmip.pbu_options("", prefixes=[prefix], ll_id=ONE)[1:]
    for subtype, ident, status in ((2, b"opt06@example", 155), (1, b"", 160), (2, b"", 160)):
        mn_id = pmip.MnId(subtype=subtype, ident=ident)
        answer = d.one_said_to(d.mag1, d.mag1.pbu("", options=[mn_id, *rest]))
        same(f"{subtype} {ident}", answer.status, status)
    mn_id = pmip.MnId(subtype=9, ident=b"\xff\0\x01")
    answer = d.one_said_to(d.mag1, d.mag1.pbu("", options=[mn_id, *usual("")[1:]]))
    same("opaque", (answer.status, bytes(answer.find(pmip.MnId))), (0, bytes(mn_id)))


@test
def OPT_07_link_layer_identifiers_are_the_same_in_length_and_octets(d):
    prefix = d.register(d.mag1, "opt07@example", ll_id=ONE)
    for other in (ONE + b"\0", ONE[:-1], ONE[:-1] + b"\2"):
        true("a new session", d.register(d.mag1, "opt07@example", ll_id=other) != prefix)
    same("the same", d.register(d.mag1, "opt07@example", ll_id=ONE), prefix)


# ---- Strangers.

@test
def SEC_01_strangers_get_154_or_nothing_and_make_no_binding(d):
    # SEC-01, SEC-03: heartbeats of theirs have no answer, and they make nobody wait or move.
    nobody = d.mags["nobody"]
    prefix = d.register(d.mag1, "sec01@example", ll_id=ONE)
    for hi, lifetime in ((pmip.BETWEEN_MAGS, 600), (pmip.HI_UNKNOWN, 600), (pmip.HI_UNKNOWN, 0)):
        nobody.send(nobody.pbu("sec01@example", prefixes=[prefix], ll_id=ONE, hi=hi,
                               lifetime=lifetime))
        same("status", nobody.hear().status, 154)
    with d.counts("signalling_sent", 0), d.counts("note_unknown_mag"):
        nobody.send(sealed(nobody, pmip.heartbeat(1)))
    same("bindings", d.bindings("sec01@example"), [(prefix, d.mag1.coa, "active")])


# ---- Everything.

LEGAL = {3: {16}, 8: set(range(1, 256)), 20: set(range(1, 256)), 22: {18}, 23: {2}, 24: {2},
         25: set(range(2, 256)), 26: {16}, 27: {8}, 19: set(range(256)), 28: set(range(256)),
         201: set(range(256))}
CHUNK = 64


def told_in_turns(d, mag, messages):
    return [m for i in range(0, len(messages), CHUNK)
            for m in d.said_to(mag, *messages[i:i + CHUNK])]


@test
def SEC_02_each_option_has_each_length_and_those_that_are_legal_are_answered(d):
    # SEC-02, SEQ-18
    content = socket.inet_pton(socket.AF_INET6, d.mag1.coa) + b"\x01" * 240
    for kind, legal in LEGAL.items():
        rest = usual(f"sec02-{kind}@example", stamp=0)
        messages = [sealed(d.mag1, pmip.write(
            body(seq=n), [*rest, bytes([kind, n]) + content[:n]])) for n in range(256)]
        with counts_only(d, "mh_bad_option", 256 - len(legal)):
            answers = told_in_turns(d, d.mag1, messages)
        same(f"option {kind}: answers", [m.seq for m in answers if m.status != 135], sorted(legal))


@test
def SEQ_18_each_header_length_is_answered_or_counted(d):
    whole = pmip.write(body(), usual("seq18@example", stamp=0))
    before = d.lma.stats()

    def of_length(n):
        raw = sealed(d.mag1, whole[:8 * (n + 1)])
        return raw[:1] + bytes([n]) + raw[2:] if 8 * (n + 1) > len(whole) else raw
    answers = told_in_turns(d, d.mag1, [of_length(n) for n in range(256)])
    after = d.lma.stats()
    counted = {k: after[k] - before[k] for k in UNREADABLE if after[k] != before[k]}
    same("longer than it is", counted.pop("mh_truncated"), 256 - len(whole) // 8)
    same("shorter than a PBU's", counted.pop("mh_too_short"), 1)
    same("the rest", len(answers) + sum(counted.values()), len(whole) // 8 - 1)
    same("the whole one", answers[-1].status, 0)


@test
def SEQ_18_each_type_is_known_or_owed_a_binding_error(d):
    # SEQ-18, WIRE-06, SEC-01: limited in rate.
    begin, before = time.monotonic(), d.lma.stats()
    messages = [sealed(d.mag1, pmip.write(pmip.Body(mhtype=kind), [bytes(18)]))
                for kind in range(256) if kind != pmip.HEARTBEAT]
    answers, after = told_in_turns(d, d.mag1, messages), d.lma.stats()
    same("answers", {(m.body.mhtype, m.status, m.address) for m in answers}, {(pmip.BE, 2, "::")})
    sent, limited = (after[f"note_be_{k}"] - before[f"note_be_{k}"] for k in ("sent", "limited"))
    same("sent, owed", (len(answers), sent + limited), (sent, 256 - len(KNOWN)))
    true(f"{sent} of them", sent <= 10 * (time.monotonic() - begin + 2))


@test
def after_all_this_it_serves(d):
    true("a prefix", d.register(d.mag2, "after@example").startswith(BLOCK))
