"""HI and HAck of kedge-mag on the wire, in both roles and modes (RFC 5949): the other MAG and the LMA
are scripts, the nodes are stations. What it says is read by tshark, too.
"""
import time

import pmip
from answering_lma import AnsweringLma
from configs import COA, LMAA
from fast import Fast
from oracle import differences
from scripted_mag import ScriptedMag, lma_address
from sentences import same, test, true
from stations import Stations, bytes_of, mn_id_of

modes, limit_s = ("af_xdp",), 60
STRANGER = "2001:db8:b2::99"  # beside the peer, and no peer
HNP = "2001:db8:100:77{:02x}::/64"
REFUSALS = {128: "unspecified", 129: "prohibited", 130: "resources", 131: "context",
            132: "forward"}
P, F, U = pmip.HI_P, pmip.HI_F, pmip.HI_U
MAX_HANDOVERS = 8
ALL, DONE = 3, 2  # HI: the whole context is in it; forwarding is complete


class Domain(Fast):
    more = {"forward_s": 3, "max_handovers": MAX_HANDOVERS}

    def _make_lma(self):
        script = AnsweringLma(self.spaces["lma"], lambda coa, prefix: None)
        self._undo.callback(script.close)
        return script

    def programs(self):
        return [self.mag1]

    def backbone_addresses(self):
        return (COA["mag1"],)

    def mag_config(self, name, sock, counter):
        return super().mag_config(name, sock, counter).replace("probe_after_ms: 20000",
                                                               "probe_after_ms: 60000")

    def start(self):
        super().start()
        if not hasattr(self, "peer"):
            self.spaces["mag2"].ip(f"-6 addr add {STRANGER}/64 dev back0 nodad")
            self.peer, self.stranger = (ScriptedMag(self.spaces["mag2"], a, COA["mag1"])
                                        for a in (COA["mag2"], STRANGER))
            self._undo.callback(self.peer.close)
            self._undo.callback(self.stranger.close)
            self.between = self.capture(self.spaces["bb"], "mag1", "mags.pcap")
            self.air1 = Stations(self, self.mag1)
            self.macs = (f"02:00:00:00:07:{n:02x}" for n in range(256))
            self.hnps = (HNP.format(n) for n in range(256))

    def verdict_of_others(self):
        sent, said = super().verdict_of_others()
        frames = self.between.close()
        read, differs = differences(self.between.path, frames, COA["mag1"])
        true("so many messages were read", read > 60)
        return sent, said + differs

    def served(self):
        """A station that is bound; its MAC address and its name."""
        mac = next(self.macs)
        self.air1.solicit(mac)
        self.mag1.until_bound(mac)
        return mac, mn_id_of(mac)

    def somebody(self):
        """A station that is not here yet: MAC address, name, prefix, and the options of its context."""
        mac, hnp = next(self.macs), next(self.hnps)
        self.lma.prefixes[mn_id_of(mac).encode()] = self.lma.prefixes[mn_id_of(mac)] = hnp
        return mac, mn_id_of(mac), hnp, context(mac, hnp)

    def moves(self, mn_id, *more):
        """It is about to move to the peer: the HI."""
        self.mag1.order("mag", "handover", mn_id, "--to", "ap2", *more)
        return self.peer.heard(pmip.HI, mn_id)

    def over(self, mn_id, outcome):
        row = self.until_state(self.mag1, mn_id, "over")
        same(f"what came of it: {row}", row["outcome"], outcome)
        self.mag1.until(lambda: self.mag1.counters()["handover_queues"] == 0, "no queue in use")
        return row


def context(mac, hnp, lmaa=LMAA):
    return [pmip.prefix_of(hnp), pmip.LinkLayerId(ident=bytes_of(mac)), lma_address(lmaa)]


def types(message):
    return sorted(o.otype for o in message.options)


def silent(d, said, counter="note_ignored_source"):
    """What is said is counted, and not answered."""
    before = d.mag1.counters()[counter]
    said()
    d.mag1.until(lambda: d.mag1.counters()[counter] == before + 1, f"{counter} to count")
    same("answer to the peer", d.peer.any(), None)


# ---- The previous MAG

@test
def FMIP_01_FMIP_04_a_hi_announces_the_node_with_its_whole_context(d):
    mac, mn_id = d.served()
    hi = d.moves(mn_id)
    same("flags, code", (hi.flags, hi.code), (P | F, ALL))
    same("options", types(hi), [8, 22, 25, 26, 41, 42])
    same("prefixes", [pmip.normal(p) for p in hi.prefixes], [d.mag1.node(mac)["prefix"]])
    same("LL-ID", hi.find(pmip.LinkLayerId).ident, bytes_of(mac))
    same("LMA", hi.find(pmip.LmaAddress).address, lma_address(LMAA).address)
    d.peer.hack(hi, 5)
    d.until_state(d.mag1, mn_id, "forwarding")
    d.mag1.order("mag", "handover", mn_id, "cancel")
    hi = d.peer.heard(pmip.HI, mn_id)
    same("the last one: flags, code, options", (hi.flags, hi.code, types(hi)), (P | F, DONE, [8]))
    d.peer.hack(hi, 0)
    d.over(mn_id, "cancelled")


@test
def FMIP_05_a_hi_without_answer_is_repeated_three_times_with_back_off(d):
    mac, mn_id = d.served()
    d.mag1.order("mag", "handover", mn_id, "--to", "ap2")
    came = []
    while (hi := d.peer.hears(pmip.HI, mn_id, timeout=1.2)) is not None:
        came.append((time.monotonic(), hi.raw))
    same("HIs, all alike", (len(came), len({raw for _, raw in came})), (4, 1))
    gaps = [1000 * (b[0] - a[0]) for a, b in zip(came, came[1:])]
    for gap, wanted in zip(gaps, (100, 200, 400)):
        true(f"gaps in ms: {gaps}", gap > 0.8 * wanted)
    d.over(mn_id, "unanswered")
    same("state of the node", d.mag1.node(mac)["state"], "bound")


@test
def FMIP_10_each_refusal_ends_it_and_is_named(d):
    mac, mn_id = d.served()
    for code, word in REFUSALS.items():
        d.peer.hack(d.moves(mn_id), code, pmip.HACK_P)
        row = d.over(mn_id, "refused")
        true(f"{code} is named: {row}", str(code) in row["code"] and word in row["code"].lower())
        same("state of the node", d.mag1.node(mac)["state"], "bound")


@test
def FMIP_02_made_ready_first_and_forwarded_later(d):
    _, mn_id = d.served()
    hi = d.moves(mn_id, "prepare")
    same("flags, code", (hi.flags, hi.code), (P | U, ALL))
    d.peer.hack(hi, 5)
    d.until_state(d.mag1, mn_id, "prepared")
    hi = d.moves(mn_id)
    same("flags, code", (hi.flags, hi.code), (P | F, ALL))
    d.peer.hack(hi, 5)
    d.until_state(d.mag1, mn_id, "forwarding")
    hi = d.peer.heard(pmip.HI, mn_id, timeout=5)  # FMIP-17: nobody came
    same("flags, code", (hi.flags, hi.code), (P | F, DONE))
    d.peer.hack(hi, 0)
    d.over(mn_id, "never_came")


@test
def FMIP_03_the_new_mag_may_ask_and_hears_all_that_is_known(d):
    mac, mn_id = d.served()
    prefix, pbus = d.mag1.node(mac)["prefix"], len(d.lma.of(mn_id))
    seq = d.peer.hi(mn_id, P | F, 0, [pmip.ContextRequest(wanted=bytes([22, 0, 41, 0]))])
    hack = d.peer.heard(pmip.HACK, mn_id, seq=seq)
    same("flags, code, options", (hack.flags, hack.code, types(hack)),
         (pmip.HACK_P | pmip.HACK_F, 6, [8, 22, 25, 26, 41, 42]))
    same("prefixes", [pmip.normal(p) for p in hack.prefixes], [prefix])
    d.until_state(d.mag1, mn_id, "forwarding")
    seq = d.peer.hi(mn_id, P, DONE)  # it is registered there
    hack = d.peer.heard(pmip.HACK, mn_id, seq=seq)
    same("flags, code", (hack.flags, hack.code), (pmip.HACK_P, 0))
    hi = d.peer.heard(pmip.HI, mn_id)
    same("the last one: flags, code", (hi.flags, hi.code), (P | F, DONE))
    d.peer.hack(hi, 0)
    d.over(mn_id, "complete")
    same("it is not here any more", d.mag1.node(mac), None)
    same("de-registrations", len(d.lma.of(mn_id)) - pbus, 0)  # FMIP-16


@test
def FMIP_03_FMIP_14_what_cannot_be_had_is_refused_with_its_code(d):
    _, mn_id = d.served()
    vendor = bytes([19, 5]) + bytes(5)
    for who, options, code, told in (
            ("nobody@example", [], 131, [8]),
            (mn_id, [pmip.ContextRequest(wanted=vendor)], 131, [8]),
            (mn_id, [pmip.GreKey(key=7)], 132, [8, 22, 25, 26, 41, 42])):  # the node is known
        seq = d.peer.hi(who, P | F, 0, options)
        hack = d.peer.heard(pmip.HACK, who, seq=seq)
        same(f"{who}: flags, code, options", (hack.flags, hack.code, types(hack)),
             (pmip.HACK_P, code, told))


def refused(d, *words, says):
    done = d.mag1.ctl("mag", "handover", *words)
    true(f"it is refused and says why: {done.stderr}", done.returncode != 0 and says in done.stderr)


@test
def an_order_that_changes_nothing_is_refused_with_what_to_do(d):
    _, mn_id = d.served()
    refused(d, mn_id, "cancel", says="not being handed over")
    refused(d, mn_id, "--to", "ap9", says="add it there")
    hi = d.moves(mn_id)
    d.peer.hack(hi, 5)
    d.until_state(d.mag1, mn_id, "forwarding")
    d.mag1.order("mag", "handover", mn_id, "cancel")
    refused(d, mn_id, "cancel", says="ends already")
    d.peer.hack(d.peer.heard(pmip.HI, mn_id), 0)
    d.over(mn_id, "cancelled")
    mac, mn_id, _, options = d.somebody()
    d.peer.hi(mn_id, P | F, ALL, options)
    d.peer.heard(pmip.HACK, mn_id)
    d.air1.solicit(mac)
    d.until_state(d.mag1, mn_id, "here", "registered")
    refused(d, mn_id, "cancel", says="mag detach")
    d.peer.hi(mn_id, P | F, DONE)
    d.over(mn_id, "complete")


@test
def more_nodes_than_max_handovers_do_not_move_at_once(d):
    nodes = [d.served()[1] for _ in range(MAX_HANDOVERS + 1)]
    his = [d.moves(mn_id) for mn_id in nodes[:-1]]
    refused(d, nodes[-1], "--to", "ap2", says="fast_handover.max_handovers")
    for hi in his:
        d.peer.hack(hi, 129, pmip.HACK_P)
    for mn_id in nodes[:-1]:
        d.over(mn_id, "refused")


# ---- The new MAG

@test
def FMIP_04_its_context_may_come_in_pieces(d):
    _, mn_id, _, options = d.somebody()
    more, before = next(d.hnps), d.mag1.counters()["cache_bindings"]
    d.peer.hi(mn_id, P | U, 0, options)
    same("code", d.peer.heard(pmip.HACK, mn_id).code, 5)
    d.peer.hi(mn_id, P | F, ALL, [pmip.prefix_of(more)])
    same("code", d.peer.heard(pmip.HACK, mn_id).code, 5)
    same("prefixes bound", d.mag1.counters()["cache_bindings"] - before, 2)
    d.over(mn_id, "never_came")
    same("and not any more", d.mag1.counters()["cache_bindings"], before)

@test
def FMIP_15_a_hi_that_comes_twice_gets_the_same_answer_and_is_one(d):
    _, mn_id, _, options = d.somebody()
    seq = d.peer.hi(mn_id, P | F, ALL, options)
    first = d.peer.heard(pmip.HACK, mn_id, seq=seq)
    same("flags, code, options", (first.flags, first.code, types(first)),
         (pmip.HACK_P | pmip.HACK_F, 5, [8]))
    d.peer.hi(mn_id, P | F, ALL, options, seq=seq)
    same("the same again", d.peer.heard(pmip.HACK, mn_id, seq=seq).raw, first.raw)
    same("handovers of it", sum(h["mn_id"] == mn_id for h in d.mag1.show("handovers")), 1)
    same("queues", d.mag1.counters()["handover_queues"], 1)
    d.over(mn_id, "never_came")  # FMIP-17


@test
def FMIP_08_FMIP_09_who_arrives_is_advertised_to_at_once_and_registered_as_handed_over(d):
    mac, mn_id, hnp, options = d.somebody()
    d.lma.rules[mn_id] = lambda pbu: {"delay": 1.0}
    d.peer.hi(mn_id, P | F, ALL, options)
    d.peer.heard(pmip.HACK, mn_id)
    d.air1.solicit(mac)
    advert = d.air1.until_advertised(mac, timeout=0.9)
    same("advertised", list(advert.prefixes), [pmip.normal(hnp)])
    hi = d.peer.heard(pmip.HI, mn_id)  # when the LMA has answered
    same("flags, code", (hi.flags, hi.code), (P, DONE))
    pbu = d.lma.of(mn_id)[0][1]
    same("handoff, prefixes", (pbu.find(pmip.Handoff).hi, [pmip.normal(p) for p in pbu.prefixes]),
         (pmip.BETWEEN_MAGS, [pmip.normal(hnp)]))
    d.peer.hack(hi, 0)
    seq = d.peer.hi(mn_id, P | F, DONE)
    hack = d.peer.heard(pmip.HACK, mn_id, seq=seq)
    same("flags, code", (hack.flags, hack.code), (pmip.HACK_P | pmip.HACK_F, 0))
    d.over(mn_id, "complete")


@test
def FMIP_09_the_handoff_says_whether_it_is_the_same_interface(d):
    for ll_id, indicator in ((b"\2\0\0\0\0\xfe", pmip.BETWEEN_INTERFACES), (b"", pmip.HI_UNKNOWN)):
        mac, mn_id, _, options = d.somebody()
        options = [o for o in options if not isinstance(o, pmip.LinkLayerId)]
        if ll_id:
            options.append(pmip.LinkLayerId(ident=ll_id))
        d.peer.hi(mn_id, P | F, ALL, options)
        d.peer.heard(pmip.HACK, mn_id)
        d.air1.solicit(mac)
        d.mag1.until_bound(mac)
        same(f"handoff after {ll_id}", d.lma.of(mn_id)[0][1].find(pmip.Handoff).hi, indicator)
        d.peer.hack(d.peer.heard(pmip.HI, mn_id), 0)
        d.peer.hi(mn_id, P | F, DONE)
        d.over(mn_id, "complete")


@test
def FMIP_03_it_asks_the_previous_mag_when_the_node_comes_unannounced(d):
    mac, mn_id, hnp, options = d.somebody()
    d.mag1.order("mag", "attach", mac, "from", "ap2")
    d.air1.solicit(mac)
    hi = d.peer.heard(pmip.HI, mn_id)
    same("flags, code, options", (hi.flags, hi.code, types(hi)), (P | F, 0, [8, 40]))
    same("asked for", hi.find(pmip.ContextRequest).types, [22, 25, 41])
    same("PBUs before it hears", d.lma.of(mn_id), [])
    d.peer.hack(hi, 6, options=options)
    d.mag1.until_bound(mac)
    pbu = d.lma.of(mn_id)[0][1]
    same("handoff, prefixes", (pbu.find(pmip.Handoff).hi, [pmip.normal(p) for p in pbu.prefixes]),
         (pmip.BETWEEN_MAGS, [pmip.normal(hnp)]))
    hi = d.peer.heard(pmip.HI, mn_id)
    same("flags, code", (hi.flags, hi.code), (P, DONE))
    d.peer.hack(hi, 0)  # and then it says nothing more: hold_direct_ms, and forward_s
    d.over(mn_id, "no_notice")


@test
def FMIP_03_each_refusal_leads_to_a_plain_registration(d):
    for code in REFUSALS:
        mac, mn_id, _, _ = d.somebody()
        d.mag1.order("mag", "attach", mac, "from", "ap2")
        d.air1.solicit(mac)
        d.peer.hack(d.peer.heard(pmip.HI, mn_id), code, pmip.HACK_P)
        d.mag1.until_bound(mac)
        same(f"{code}: prefixes asked for", d.lma.of(mn_id)[0][1].prefixes, ["::/0"])
        d.over(mn_id, "refused")


@test
def FMIP_10_who_may_not_come_is_refused_with_a_code(d):
    mac, mn_id, hnp, options = d.somebody()
    taken = d.mag1.node(d.served()[0])["prefix"]
    for what, code in (
            (context(mac, hnp, "2001:db8:bad::1"), 129),  # an LMA that is none of ours
            (context(mac, hnp, "192.0.2.9"), 128),        # FMIP-19: IPv4 alone does not do
            (context(mac, taken), 128), ([pmip.prefix_of(hnp)], 128),
            ([pmip.GreKey(key=9), *options], 132)):
        seq = d.peer.hi(mn_id, P | F, ALL, what)
        hack = d.peer.heard(pmip.HACK, mn_id, seq=seq)
        same(f"{what}: flags, code", (hack.flags, hack.code), (pmip.HACK_P, code))
    same("handovers of it", d.handover(d.mag1, mn_id), None)


@test
def FMIP_19_every_option_that_the_rfc_names_is_read(d):
    _, mn_id, _, options = d.somebody()
    more = [pmip.Vendor(vendor=32473, subtype=7, data=b"a"), pmip.Ipv4Hoa(address="192.0.2.7"),
            pmip.LinkLocal(address="fe80::5"), pmip.LinkLocalIid(iid=5),
            pmip.ContextRequest(wanted=bytes([22, 0]))]
    seq = d.peer.hi(mn_id, P | F, ALL, [*more, *options])
    same("code", d.peer.heard(pmip.HACK, mn_id, seq=seq).code, 5)
    done = d.peer.hi(mn_id, P | F, DONE)
    d.peer.heard(pmip.HACK, mn_id, seq=done)
    d.over(mn_id, "cancelled")
    frames = [f for f in d.between.frames if f[22:38] == bytes_of_address(COA["mag2"]) and
              f[56] == pmip.HI and pmip.Message(f[54:]).seq == seq]
    same("of its kind on the wire", len(frames), 1)  # tshark read it: verdict_of_others
    wrong = pmip.LmaAddress(code=2, address=bytes(16))
    silent(d, lambda: d.peer.hi(mn_id, P | F, ALL, [wrong]), "mh_bad_option")


# ---- Whom it does not listen to

@test
def FMIP_10_a_mag_that_is_no_peer_is_not_answered(d):
    _, mn_id = d.served()
    _, other, _, options = d.somebody()
    silent(d, lambda: d.stranger.hi(other, P | F, ALL, options))
    silent(d, lambda: d.stranger.hi(mn_id, P | F, 0))
    hi = d.moves(mn_id)
    ignored = d.mag1.counters()["note_ignored_source"]
    d.stranger.hack(hi, 5)
    d.over(mn_id, "unanswered")
    same("ignored", d.mag1.counters()["note_ignored_source"] - ignored, 1)
    while d.peer.any() is not None:
        pass  # the HI again and again
    same("answer to the stranger", d.stranger.any(), None)


@test
def FMIP_13_without_p_they_are_not_for_us_and_a_fast_binding_update_is_unknown(d):
    _, mn_id, _, options = d.somebody()
    silent(d, lambda: d.peer.hi(mn_id, F, ALL, options), "note_ignored_role")
    d.peer.say(pmip.write(pmip.Body(mhtype=8), []))
    answer = d.peer.any(3)
    same("answer", (answer.body.mhtype, answer.status), (pmip.BE, 2))


def bytes_of_address(text):
    return lma_address(text).address
