"""What kedge-mag makes of an LMA's answers, on the wire: RFC 5213 6.9.1.2, every status, every way to be
wrong. The LMA is a script, the nodes are stations whose frames this script writes.
"""
import time

import pmip
import roaming
from answering_lma import AnsweringLma
from configs import COA, CN
from kernel import address_bytes, pause
from sentences import same, test, true
from stations import NS, Stations, bytes_of, link_local, mn_id_of

limit_s = 60
CODES = [*range(128, 136), *range(139, 142), 144, *range(151, 164), 170, 178, 179, 200, 255]
# When PBUs go out, in seconds from the first, while every one is refused; of the first 4.5 s.
LATER, AGAIN, SLOWLY, NEVER = [0, 1, 3], [0, 0, 2], [0, 0], [0]
REMEDIES = {135: AGAIN, 151: NEVER, 152: NEVER, 155: AGAIN, 156: SLOWLY, 157: AGAIN, 159: AGAIN}


class Domain(roaming.Roaming):
    def mag_config(self, name, sock, counter):
        """At mag1 evidence of a node lasts as long as a test."""
        text = super().mag_config(name, sock, counter)
        return text.replace("probe_after_ms: 2000", "probe_after_ms: 60000") \
            if name == "mag1" else text

    def _make_lma(self):
        script = AnsweringLma(self.spaces["lma"], lambda coa, prefix: None)
        self._undo.callback(script.close)
        return script

    def programs(self):
        return [self.mag1, self.mag2]

    def start(self):
        super().start()
        if not hasattr(self, "air1"):
            self.air1 = Stations(self, self.mag1)
            self.macs = (f"02:00:00:00:01:{n:02x}" for n in range(256))

    def station(self, rule=None):
        """A station that solicited; its MAC and its name."""
        mac = next(self.macs)
        if rule is not None:
            self.lma.rules[mn_id_of(mac)] = rule
        self.air1.solicit(mac)
        return mac, mn_id_of(mac)

    def served(self, rule=None):
        mac, mn_id = self.station(rule)
        self.mag1.until_bound(mac)
        self.air1.until_advertised(mac)
        return mac, mn_id

    def pbus(self, mn_id, n, timeout=10):
        """The first n PBUs of that node, when there are so many."""
        self.air1.until(lambda: len(self.lma.of(mn_id)) >= n, f"PBU {n} of {mn_id}", timeout)
        return self.lma.of(mn_id)


def refuses(status, **kw):
    return lambda pbu: {"status": status, "lifetime": 0, **kw} if pbu.lifetime > 0 else {}


def option(message, cls):
    return message.find(cls)


# ---- Statuses

@test
def MAG_REG_06_MAG_RA_01_each_status_has_its_remedy_and_is_shown(d):
    stations = {}
    for status in CODES:  # one after the other: all at once would be policed
        stations[status] = d.station(refuses(status))
        pause(0.01)
    last = stations[CODES[-1]][1]
    begun = d.pbus(last, 1)[0][0]
    while time.monotonic() < begun + 4.5:
        pause(0.1)
    for status, (mac, mn_id) in stations.items():
        sent = d.lma.of(mn_id)
        times = [at - sent[0][0] for at, _ in sent if at - sent[0][0] < 4.4]
        wanted = REMEDIES.get(status, LATER)
        true(f"status {status}: PBUs at {times}, wanted {wanted}", len(times) == len(wanted) and
             all(w - 0.1 <= t < w + 0.8 for t, w in zip(times, wanted)))
        row = d.mag1.node(mac)
        same(f"status {status}: shown", (row["status"], row["state"] in ("refused", "registering")),
             (status, True))
        same(f"status {status}: advertisements", d.air1.adverts(mac), [])
    advice = d.mag1.node(stations[152][0])["advice"]
    true(f"what an operator does about a 152: {advice}", "LMA" in advice)


@test
def MAG_REG_06_an_operator_lifts_what_a_152_has_barred(d):
    mac, mn_id = d.station(refuses(152))
    d.air1.until(lambda: (r := d.mag1.node(mac)) and r["state"] == "refused", "the refusal")
    d.air1.solicit(mac)
    same("PBUs", len(d.lma.of(mn_id)), 1)
    del d.lma.rules[mn_id]
    d.mag1.attach(mac)
    d.mag1.until_bound(mac)
    same("PBUs", len(d.lma.of(mn_id)), 2)


@test
def MAG_REG_06_after_155_a_zero_prefix_is_asked_for(d):
    mac, mn_id = d.served()
    d.lma.rules[mn_id] = lambda pbu: {"status": 155, "lifetime": 0} \
        if pbu.prefixes != ["::/0"] else {}
    seen = len(d.lma.of(mn_id))
    pause(1.1)  # a sign so soon after is taken for one of the same link-up
    d.air1.solicit(mac)
    sent = d.pbus(mn_id, seen + 2)
    same("asked first for what it had", sent[seen][1].prefixes != ["::/0"], True)
    same("and then for any", sent[seen + 1][1].prefixes, ["::/0"])
    d.mag1.until_bound(mac)


@test
def SEQ_25_a_renewal_that_is_refused_withdraws_the_prefix_and_ends_forwarding(d):
    mac, mn_id = d.served(lambda pbu: {"lifetime": 8})
    prefix = d.mag1.node(mac)["prefix"]
    d.lma.rules[mn_id] = refuses(128)
    gone = d.air1.until(lambda: [a for a in d.air1.adverts(mac) if a.prefixes.get(prefix, (1,))[0] == 0],
                        "the withdrawal", 12)[0]
    same("lifetimes of the prefix, of the router", (gone.prefixes[prefix][:2], gone.router_lifetime),
         ((0, 0), 0))
    before = d.mag1.counters()["drop_unbound_src"] + d.mag1.counters()["punt_access"]
    sent = d.mag1.counters()["tx_uplink"]
    d.air1.echo(mac, prefix.replace("::/64", "::1"), CN)
    d.mag1.until(lambda: d.mag1.counters()["drop_unbound_src"] + d.mag1.counters()["punt_access"]
                 > before, "its packet to be left")
    same("packets into the tunnel", d.mag1.counters()["tx_uplink"], sent)


# ---- Answers that are none

@test
def MAG_REG_05_an_answer_with_other_options_bars_the_node_and_says_so(d):
    wrong = {"HI": {"instead": {pmip.Handoff: pmip.Handoff(hi=1)}},
             "ATT": {"instead": {pmip.AccessTech: pmip.AccessTech(att=8)}},
             "LL-ID": {"instead": {pmip.LinkLayerId: pmip.LinkLayerId(ident=b"\2\0\0\0\0\xff")}},
             "no HI": {"without": (pmip.Handoff,)}, "no ATT": {"without": (pmip.AccessTech,)},
             "no LL-ID": {"without": (pmip.LinkLayerId,)}}
    stations = {what: d.station(lambda _, kw=kw: dict(kw)) for what, kw in wrong.items()}
    for what, (mac, mn_id) in stations.items():
        row = d.mag1.until(lambda m=mac: (r := d.mag1.node(m)) and r["state"] == "refused" and r,
                           f"{what} to be refused")
        true(f"{what}: {row['reason']}", "differs from the request" in row["reason"])
    pause(1.3)  # longer than the first repetition would wait
    for what, (mac, mn_id) in stations.items():
        same(f"{what}: PBUs", len(d.lma.of(mn_id)), 1)
        same(f"{what}: advertisements", d.air1.adverts(mac), [])


@test
def MAG_REG_05_an_answer_to_no_request_is_ignored_and_the_request_repeated(d):
    wrong = {"sequence": {"seq": 1}, "no P flag": {"flags": 0},
             "MN-ID": {"instead": {pmip.MnId: pmip.MnId(ident=b"nobody@example")}},
             "MN-ID of length 1 (SEQ-24)": {"instead": {pmip.MnId: pmip.MnId(ident=b"")},
                                            "status": 160}}
    bad = d.mag1.stats()["note_bad_message"]
    stations = {}
    for what, kw in wrong.items():
        answers = iter([dict(kw), {}])
        stations[what] = d.station(lambda _, a=answers: next(a, {}))
    for what, (mac, mn_id) in stations.items():
        first, second = d.pbus(mn_id, 2)[:2]
        true(f"{what}: again after {second[0] - first[0]:.2f} s", 0.9 < second[0] - first[0] < 1.8)
        true(f"{what}: a fresh timestamp", second[1].sent_at > first[1].sent_at)
        d.mag1.until_bound(mac)
    same("messages that could not be read", d.mag1.stats()["note_bad_message"], bad)


# ---- Lifetimes

@test
def MAG_REG_13_SEQ_33_the_lifetime_counts_from_the_sending_of_the_request(d):
    # Late, but before the repetition, which would make it an answer to nothing.
    mac, mn_id = d.station(lambda pbu: {"lifetime": 8, "delay": 0.8 if pbu.prefixes == ["::/0"]
                                        else 0})
    row = d.mag1.until_bound(mac)
    true(f"expires in {row['expires_s']:.1f} s", row["expires_s"] <= 8 - 0.8)
    sent = d.lma.of(mn_id)
    seen = len(sent)
    sent = d.pbus(mn_id, seen + 1, 15)
    renewed = sent[seen][0] - sent[seen - 1][0]
    true(f"renewed after {renewed:.1f} s of 8", 8 * 0.55 < renewed < 8 * 0.76)


@test
def MAG_REG_15_an_acceptance_without_lifetime_or_prefix_is_a_session_that_is_none(d):
    for what, kw in (("no lifetime", {"lifetime": 0}), ("no prefix", {"prefixes": []})):
        mac, _ = d.station(lambda _, kw=kw: dict(kw))
        d.mag1.until(lambda m=mac: (r := d.mag1.node(m)) and r["state"] == "refused", what)
        same(f"{what}: advertisements", d.air1.adverts(mac), [])


@test
def MAG_REG_15_MAG_RA_05_what_an_answer_no_longer_has_is_withdrawn(d):
    sets = [["2001:db8:100:a1::/64", "2001:db8:100:a2::/64"],
            ["2001:db8:100:a2::/64", "2001:db8:100:a3::/64"]]
    mac, mn_id = d.served(lambda pbu: {"prefixes": sets[pbu.prefixes != ["::/0"]],
                                       "lifetime": 8})
    same("advertised", sorted(d.air1.adverts(mac)[0].prefixes), sets[0])
    gone = d.air1.until(lambda: [a for a in d.air1.adverts(mac)
                                 if a.prefixes.get(sets[0][0], (1,))[0] == 0], "a withdrawal", 12)[0]
    same("withdrawn, and still its router", (sorted(gone.prefixes), gone.router_lifetime > 0),
         (sets[0][:1], True))
    d.air1.until(lambda: sorted(d.air1.adverts(mac)[-1].prefixes) == sets[1], "the new set")
    sent = d.lma.of(mn_id)[1][1]
    same("MAG-REG-03: the renewal had all it had, HI 5",
         (sorted(pmip.normal(p) for p in sent.prefixes), option(sent, pmip.Handoff).hi),
         (sets[0], pmip.NO_CHANGE))


@test
def MAG_REG_17_the_lma_may_ask_for_earlier_renewals(d):
    _, mn_id = d.served(lambda _: {"more": [pmip.RefreshAdvice(interval=1)]})
    first, second = d.pbus(mn_id, 2)[:2]
    true(f"renewed after {second[0] - first[0]:.1f} s", 3.5 < second[0] - first[0] < 5)
    same("HI", option(second[1], pmip.Handoff).hi, pmip.NO_CHANGE)


@test
def MAG_REG_20_a_binding_refresh_request_is_answered_by_one_renewal(d):
    mac, mn_id = d.served()
    pause(1.1)  # sooner it is taken for one that crossed the registration
    seen = len(d.lma.of(mn_id))
    brr = pmip.Body(mhtype=pmip.BRR)
    for _ in range(3):
        d.lma.say(COA["mag1"], pmip.write(bytes(brr) + b"\0\0", [pmip.MnId(ident=mn_id.encode())]))
    sent = d.pbus(mn_id, seen + 1)
    same("HI", option(sent[seen][1], pmip.Handoff).hi, pmip.NO_CHANGE)
    d.mag1.until(lambda: d.mag1.node(mac)["state"] == "bound", "it to be bound")
    same("renewals", len(d.lma.of(mn_id)), seen + 1)


# ---- Leaving

@test
def SEQ_31_MAG_REG_04_a_deregistration_without_answer_is_one_and_ends_after_a_second(d):
    mac, mn_id = d.served()
    seen = len(d.lma.of(mn_id))
    d.lma.rules[mn_id] = lambda _: None
    d.air1.fall_silent(mac)
    d.mag1.detach(mac)
    began = time.monotonic()
    d.mag1.until_gone(mac)
    took = time.monotonic() - began
    true(f"gone after {took:.2f} s", 0.7 < took < 2)
    ((_, last),) = d.lma.of(mn_id)[seen:]
    same("lifetime, HI", (last.lifetime, option(last, pmip.Handoff).hi), (0, pmip.HI_UNKNOWN))


@test
def MAG_REG_04_an_answer_that_refuses_a_deregistration_changes_nothing(d):
    mac, mn_id = d.served()
    d.lma.rules[mn_id] = lambda _: {"status": 157, "lifetime": 0}
    seen = len(d.lma.of(mn_id))
    d.air1.fall_silent(mac)
    d.mag1.detach(mac)
    d.mag1.until_gone(mac)
    same("PBUs since", len(d.lma.of(mn_id)), seen + 1)


# ---- What a request looks like

@test
def MAG_REG_01_MAG_HI_a_first_request_field_by_field(d):
    mac, mn_id = d.served()
    _, first = d.lma.of(mn_id)[0]
    same("flags (MAG-REG-01, -19)", first.flags, pmip.A | pmip.P)
    same("prefixes (MAG-REG-02, MAG-REG-09)", first.prefixes, ["::/0"])
    same("options in all", sorted(type(o).__name__ for o in first.options),
         ["AccessTech", "Handoff", "Hnp", "LinkLayerId", "MnId", "Timestamp"])
    same("HI (MAG-HI-05)", option(first, pmip.Handoff).hi, pmip.HI_UNKNOWN)
    same("LL-ID (MAG-REG-10)", option(first, pmip.LinkLayerId).ident,
         bytes_of(mac))
    for place, o in zip(first.places, first.options):
        same(f"place of {type(o).__name__}", place % o.align[0], o.align[1] % o.align[0])


@test
def MAG_HI_01_MAG_HI_02_MAG_HI_03_what_the_link_layer_knows_is_said_once(d):
    for word, hi in (("new", 1), ("interfaces", 2), ("mags", 3)):
        mac = next(d.macs)
        d.air1.present[bytes_of(mac)] = True
        d.mag1.order("mag", "attach", mac, "handoff", word)
        d.mag1.until_bound(mac)
        same(f"handoff {word}", option(d.lma.of(mn_id_of(mac))[0][1], pmip.Handoff).hi, hi)
        d.lma.rules[mn_id_of(mac)] = lambda _: {"lifetime": 8}
        seen = len(d.lma.of(mn_id_of(mac)))
        pause(1.1)
        d.air1.solicit(mac)
        later = d.pbus(mn_id_of(mac), seen + 1)[seen][1]
        same(f"after {word}: a return (MAG-HI-04)", option(later, pmip.Handoff).hi, pmip.HI_UNKNOWN)


@test
def MAG_RA_02_MAG_RA_03_MAG_RA_07_an_advertisement_field_by_field(d):
    mac, _ = d.served()
    ra = d.air1.until_advertised(mac)
    prefix = d.mag1.node(mac)["prefix"]
    same("source, link-layer source, option", (ra.src, ra.src_mac.hex(), ra.lladdr.hex()),
         ("fe80::200:5eff:fe00:5213", "00005e005213", "00005e005213"))
    same("to it alone (MAG-LT-01)", ra.dst_mac.hex(":"), mac)
    same("IP hop limit, hop limit, flags", (ra.ip_hop_limit, ra.hop_limit, ra.flags), (255, 64, 0))
    same("router lifetime", ra.router_lifetime, 1800)
    same("prefixes", ra.prefixes, {prefix: (2592000, 604800, 0xc0)})
    same("MTU: the smaller one of tunnel and link", ra.mtu, 1500)


@test
def MAG_DET_01_MAG_REG_14_a_silent_node_is_probed_and_let_go(d):
    air, mac = Stations(d, d.mag2, "air2"), next(d.macs)
    air.solicit(mac)
    air.until_advertised(mac)
    seen = len(d.lma.of(mn_id_of(mac)))
    air.fall_silent(mac)
    d.mag2.until_gone(mac, 15)
    ((_, last),) = d.lma.of(mn_id_of(mac))[seen:]
    same("one de-registration, no renewal", last.lifetime, 0)
    probes = [f for _, f in air.frames[bytes_of(mac)] if f[54] == NS]
    same("probes", len(probes), 3)
    same("asked where it was heard", probes[0][62:78], address_bytes(link_local(mac)))
