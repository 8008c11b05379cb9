"""The PBUs of kedge-mag and when they are sent: RFC 5213 6.9.1, 6.9.4. Each is read by tshark, too.
The LMA is a script, the nodes are stations; mag2 has neither timestamps nor a fixed link-local address.
"""
import socket
import time

import pmip
import roaming
from answering_lma import AnsweringLma
from capture import Capture, run
from configs import CN, COA, LMA_BACK, LMAA
from kernel import pause
from oracle import differences
from sentences import same, test, true
from stations import NS, Stations, bytes_of, link_local, mn_id_of

limit_s = 60
GIVEN = "fe80::1a:2b"
LIFETIME_S = 3600
BRIEF_S = 8


class Domain(roaming.Roaming):
    """At mag1 nodes are probed after 2 s and given up after 3.8, so a repetition after 3 s would be
    for one of which nothing was heard; at mag2 they are not probed."""

    def mag_config(self, name, sock, counter):
        text = super().mag_config(name, sock, counter)
        if name == "mag1":
            return text.replace("probe_interval_ms: 300", "probe_interval_ms: 600")
        text = text.replace("probe_after_ms: 2000", "probe_after_ms: 60000")
        return text.replace("  realm: example\n",
                            "  realm: example\n  timestamps: false\n  link_local: '::'\n")

    def _make_lma(self):
        script = AnsweringLma(self.spaces["lma"], lambda coa, prefix: None)
        self._undo.callback(script.close)
        return script

    def programs(self):
        return [self.mag1, self.mag2]

    def start(self):
        super().start()
        if not hasattr(self, "air1"):
            self.air1 = Stations(self, self.mag1, "air1")
            self.air2 = Stations(self, self.mag2, "air2")
            self.macs = (f"02:00:00:00:06:{n:02x}" for n in range(256))

    def verdict_of_others(self):
        sent, said = super().verdict_of_others()
        for coa in COA.values():
            said += differences(self.tap.path, self.tap.frames, coa)[1]
        return sent, said

    def station(self, air, rule=None):
        """A station that solicited; its MAC and its name."""
        mac = next(self.macs)
        if rule is not None:
            self.lma.rules[mn_id_of(mac)] = rule
        air.solicit(mac)
        return mac, mn_id_of(mac)

    def served(self, air, rule=None):
        mac, mn_id = self.station(air, rule)
        (self.mag1 if air is self.air1 else self.mag2).until_bound(mac)
        air.until_advertised(mac)
        return mac, mn_id

    def pbus(self, mn_id, n, timeout=10):
        """The first n PBUs of that node, when there are so many."""
        self.air1.until(lambda: len(self.lma.of(mn_id)) >= n, f"PBU {n} of {mn_id}", timeout)
        return self.lma.of(mn_id)


def gives(address=GIVEN):
    return lambda pbu: {"more": [pmip.LinkLocal(address=address)]}


def silence(_):
    return None


def kept(pbu):
    return pbu.find(pmip.AccessTech).att, pbu.find(pmip.LinkLayerId).ident


# ---- When

@test
def MAG_REG_07_MAG_REG_12_MAG_REG_14_what_is_not_answered_is_sent_again_while_the_node_is_there(d):
    stamped, numbered, gone = (d.station(air, silence) for air in (d.air1, d.air2, d.air1))
    d.air1.fall_silent(gone[0])
    for mac, mn_id in (stamped, numbered):
        sent = d.pbus(mn_id, 4, 15)[:4]
        times = [at - sent[0][0] for at, _ in sent]
        true(f"PBUs at {times}", all(w - 0.1 <= t < w + 0.9 for t, w in zip(times, (0, 1, 3, 7))))
        same("prefixes, HI", [(m.prefixes, m.find(pmip.Handoff).hi) for _, m in sent],
             [(["::/0"], pmip.HI_UNKNOWN)] * 4)
        row = (d.mag1.node(mac) or d.mag2.node(mac))
        same("shown", (row["state"], row["retries"]), ("registering", 3))
    sent = d.lma.of(stamped[1])
    for (at, one), (later, two) in zip(sent, sent[1:]):
        age = (two.sent_at - one.sent_at) / 65536 - (later - at)
        true(f"the timestamp is of the repetition: {age:.3f} s off", abs(age) < 0.5)
    sent = [m for _, m in d.lma.of(numbered[1])]
    same("without timestamps", [m.find(pmip.Timestamp) for m in sent], [None] * len(sent))
    same("numbers of one session", [m.seq for m in sent],
         [sent[0].seq + n for n in range(len(sent))])
    # The third was there when it came and never again: no repetition after its 2 s, one farewell.
    sent = d.lma.of(gone[1])
    times = [(round(at - sent[0][0], 1), m.lifetime * 4) for at, m in sent]
    true(f"of the silent one: {times}",
         [life for _, life in times] in ([LIFETIME_S] * 2 + [0], [LIFETIME_S, 0]) and
         all(at < 2.2 for at, life in times if life))
    same("is forgotten", d.mag1.node(gone[0]), None)
    for mac, _ in (stamped, numbered):
        d.air1.fall_silent(mac)


@test
def MAG_REG_05_an_answer_that_comes_after_the_repetition_or_twice_is_ignored(d):
    mac, mn_id = d.station(d.air1, silence)
    ignored = d.mag1.stats()["note_ignored_pba"]
    first, second = d.pbus(mn_id, 2)[:2]
    d.lma.answer(COA["mag1"], first[1])
    d.mag1.until(lambda: d.mag1.stats()["note_ignored_pba"] == ignored + 1, "the late one")
    same("state then", d.mag1.node(mac)["state"], "registering")
    same("advertisements then", d.air1.adverts(mac), [])
    d.lma.answer(COA["mag1"], second[1])
    d.mag1.until_bound(mac)
    d.air1.until_advertised(mac)
    for pbu in (first[1], second[1]):
        d.lma.answer(COA["mag1"], pbu, status=128)
    d.mag1.until(lambda: d.mag1.stats()["note_ignored_pba"] == ignored + 3, "those for nobody")
    same("state after refusals of what is answered", d.mag1.node(mac)["state"], "bound")
    same("PBUs", len(d.lma.of(mn_id)), 2)


@test
def MAG_REG_05_MAG_REG_20_who_is_not_its_lma_is_not_believed(d):
    refused = d.mag1.stats()["note_ignored_source"]
    mac, mn_id = d.station(d.air1, silence)
    ((_, pbu), *_) = d.pbus(mn_id, 1)
    body = pmip.PbaBody(mhtype=pmip.PBA, seq=pbu.seq, lifetime=pbu.lifetime)
    options = [pmip.MnId(ident=mn_id.encode()), pmip.prefix_of("2001:db8:100:bad::/64"),
               *(o for o in pbu.options if not isinstance(o, (pmip.MnId, pmip.Hnp)))]
    with d.spaces["lma"], socket.socket(socket.AF_INET6, socket.SOCK_RAW, pmip.MH) as other:
        other.bind((LMA_BACK, 0))
        for raw in (pmip.write(body, options),
                    pmip.write(bytes(pmip.Body(mhtype=pmip.BRR)) + b"\0\0", options[:1])):
            other.sendto(pmip.seal(raw, LMA_BACK, COA["mag1"]), (COA["mag1"], 0))
    d.mag1.until(lambda: d.mag1.stats()["note_ignored_source"] == refused + 2, "both to be ignored")
    same("state", d.mag1.node(mac)["state"], "registering")
    del d.lma.rules[mn_id]
    d.mag1.until_bound(mac)
    sent, ignored = len(d.lma.of(mn_id)), d.mag1.stats()["note_ignored_role"]
    # From the LMA, and of nobody here; then of a node, and too soon.
    for name in (b"nobody@example", mn_id.encode()):
        d.lma.say(COA["mag1"], pmip.write(bytes(pmip.Body(mhtype=pmip.BRR)) + b"\0\0",
                                          [pmip.MnId(ident=name)]))
    d.mag1.until(lambda: d.mag1.stats()["note_ignored_role"] == ignored + 2, "both to be ignored")
    same("PBUs", len(d.lma.of(mn_id)), sent)


@test
def MAG_REG_06b_a_node_that_left_is_not_registered_again_whatever_the_answer_says(d):
    stations = {status: d.station(d.air1, silence) for status in (135, 155, 156, 157)}
    for mac, mn_id in stations.values():
        d.pbus(mn_id, 1)
        d.air1.fall_silent(mac)
        d.mag1.detach(mac)
    for status, (mac, mn_id) in stations.items():
        for _, pbu in d.pbus(mn_id, 2):  # of its registration, and of its farewell
            d.lma.answer(COA["mag1"], pbu, status=status, lifetime=0)
    for status, (mac, mn_id) in stations.items():
        d.mag1.until_gone(mac)
        same(f"{status}: lifetimes of its PBUs", [m.lifetime * 4 for _, m in d.lma.of(mn_id)],
             [LIFETIME_S, 0])


@test
def MAG_REG_06_a_refusal_is_in_the_log_with_its_name(d):
    mac, mn_id = d.station(d.air1, lambda _: {"status": 153, "lifetime": 0})
    d.mag1.until(lambda: [line for line in d.mag1.log if mn_id in line], "a line of the log")
    (line, *_) = [line for line in d.mag1.log if mn_id in line]
    true(line, all(word in line for word in ("refused", mac, "153", d.mag1.node(mac)["reason"])))
    d.air1.fall_silent(mac)


@test
def MAG_DET_02_MAG_REG_14_an_idle_node_that_answers_probes_is_renewed(d):
    (mac, mn_id), (silent, left) = (d.served(d.air1, lambda _: {"lifetime": BRIEF_S})
                                    for _ in range(2))
    d.air1.fall_silent(silent)
    first, second = d.pbus(mn_id, 2)[:2]
    true("probed before", len([f for _, f in d.air1.frames[bytes_of(mac)] if f[54] == NS]) > 0)
    same("HI, lifetime", (second[1].find(pmip.Handoff).hi, second[1].lifetime * 4),
         (pmip.NO_CHANGE, LIFETIME_S))
    same("ATT and LL-ID (MAG-REG-03)", kept(second[1]), kept(first[1]))
    same("of the silent one", [m.lifetime * 4 for _, m in d.lma.of(left)], [LIFETIME_S, 0])


@test
def MAG_REG_04b_MAG_FW_05_a_node_that_fell_silent_is_told_and_served_no_more(d):
    mac, mn_id = d.served(d.air1)
    prefix = d.mag1.node(mac)["prefix"]
    d.air1.fall_silent(mac)
    d.mag1.until_gone(mac)
    last = d.air1.until(lambda: [a for a in d.air1.adverts(mac) if a.router_lifetime == 0],
                        "a last advertisement")[0]
    same("its prefixes", last.prefixes, {prefix: (0, 0, 0xc0)})
    same("the PBUs", [m.lifetime for _, m in d.lma.of(mn_id)], [LIFETIME_S // 4, 0])
    d.lma.rules[mn_id] = silence  # its next packet attaches it; it waits for an answer
    other, _ = d.served(d.air1)
    address = d.mag1.node(other)["prefix"].replace("::/64", "::7")
    tap = Capture(d.spaces["bb"], "mag1", f"{d.dir}/gone.pcap", 41)
    try:
        for _ in range(3):
            d.air1.echo(mac, prefix.replace("::/64", "::7"), CN)
        d.air1.echo(other, address, CN)  # behind them
        d.air1.until(lambda: tap.frames, "what came behind them to be in the tunnel")
    finally:
        tap.close()
    same("sources in the tunnel", [socket.inet_ntop(socket.AF_INET6, f[62:78]) for f in tap.frames],
         [address])


# ---- What stands in them

@test
def MAG_REG_21_MAG_RA_01_the_link_is_silent_until_the_answer_and_told_at_once(d):
    mac, mn_id = d.station(d.air1, lambda pbu: {"delay": 0.7} if pbu.prefixes == ["::/0"] else {})
    ((asked, _), *_) = d.pbus(mn_id, 1)
    while time.monotonic() < asked + 0.5:
        d.air1.solicit(mac)
        pause(0.05)
    first = d.air1.until_advertised(mac)
    true(f"advertised {first.at - asked:.2f} s after the PBU", 0.7 <= first.at - asked < 1.7)
    same("PBUs for all its solicitations", len(d.lma.of(mn_id)), 1)


@test
def MAG_REG_01_MAG_REG_18_MAG_REG_19_the_requests_of_a_session_as_tshark_reads_them(d):
    path = f"{d.dir}/session.pcap"
    tap = Capture(d.spaces["bb"], "mag1", path)
    try:
        mac, mn_id = d.served(d.air1)
        prefix = d.mag1.node(mac)["prefix"]

        def renewed():
            d.lma.say(COA["mag1"], pmip.write(bytes(pmip.Body(mhtype=pmip.BRR)) + b"\0\0",
                                              [pmip.MnId(ident=mn_id.encode())]))
            return len(d.lma.of(mn_id)) > 1
        d.air1.until(renewed, "a renewal")
        d.mag1.until_bound(mac)
        d.air1.fall_silent(mac)
        d.mag1.detach(mac)
        d.mag1.until_gone(mac)
    finally:
        tap.close()
    fields = ["ipv6.src", "ipv6.dst", "ipv6.nxt", "mip6.bu.lifetime", "mip6.hi",
              "mip6.nemo.mnp.mnp", "mip6.mnlli.lli", *(f"mip6.bu.{f}_flag" for f in "aphlkm")]
    rows = run("tshark", "-n", "-r", path, "-Y", f'mip6.mhtype == 5 && frame contains "{mn_id}"',
               "-T", "fields", *(w for f in fields for w in ("-e", f)), timeout=60).splitlines()
    flags = ["1", "1", "0", "0", "0", "0"]
    net = prefix.removesuffix("/64")
    for row, (life, hi, hnp) in zip(rows, ((LIFETIME_S // 4, 4, "::"), (LIFETIME_S // 4, 5, net),
                                           (0, 4, net)), strict=True):
        got = [v.replace("True", "1").replace("False", "0") for v in row.split("\t")]
        # Nothing stands between IPv6 and mobility header: no Home Address option.
        same("addresses, next header", got[:3], [COA["mag1"], LMAA, "135"])
        same("lifetime, HI, prefix", got[3:6], [str(life), str(hi), hnp])
        same("LL-ID", got[6].replace(":", ""), mac.replace(":", ""))
        same("A, P, H, L, K, M", got[7:13], flags)
    for _, m in d.lma.of(mn_id):
        same("options: no Alternate Care-of Address", [type(o) for o in m.options],
             [pmip.MnId, pmip.Hnp, pmip.Handoff, pmip.AccessTech, pmip.LinkLayerId, pmip.Timestamp])
        same("reserved and unknown flags", m.flags, pmip.A | pmip.P)


@test
def MAG_REG_12_without_timestamps_numbers_are_of_the_session_and_a_135_sets_them(d):
    one = d.served(d.air2, gives())
    answers = iter([{"status": 135, "seq": 1000, "lifetime": 0}])
    two = d.served(d.air2, lambda pbu: next(answers, gives()(pbu)))
    numbers = [[m.seq for _, m in d.lma.of(mn_id)] for _, mn_id in (one, two)]
    same("of one that is new, of one told of 1000", numbers,
         [numbers[0][:1], [numbers[0][0], 1001]])


@test
def MAG_REG_08_MAG_REG_11_an_address_that_is_the_nodes_own_is_not_used_and_another_one_told(d):
    mac, mn_id = d.station(d.air2, silence)
    d.pbus(mn_id, 1)
    d.lma.rules[mn_id] = gives(link_local(mac))
    d.mag2.until_bound(mac)
    sent = d.pbus(mn_id, 3)
    told = sent[2][1].find(pmip.LinkLocal).address
    same("asked for with zero until there is one",
         [m.find(pmip.LinkLocal).address for _, m in sent[:2]], ["::"] * 2)
    true(f"told: {told}", told.startswith("fe80::") and told != link_local(mac))
    true(f"at once: {sent[2][0] - sent[1][0]:.2f} s later", sent[2][0] - sent[1][0] < 0.5)
    same("told as a renewal", sent[2][1].find(pmip.Handoff).hi, pmip.NO_CHANGE)
    d.mag2.until_bound(mac)
    sources = {a.src for a in d.air2.adverts(mac)}
    same("the router's address, in advertisements and shown",
         (sources, d.mag2.node(mac)["link_local"]), ({told}, told))
    same("PBUs: it is told once", len(d.lma.of(mn_id)), 3)


@test
def MAG_REG_11_the_address_that_is_given_is_told_in_every_later_request(d):
    mac, mn_id = d.served(d.air2, gives())
    d.air2.fall_silent(mac)
    d.mag2.detach(mac)
    d.mag2.until_gone(mac)
    same("option 26, first and last", [m.find(pmip.LinkLocal).address for _, m in d.lma.of(mn_id)],
         ["::", GIVEN])
    same("the router's address", {a.src for a in d.air2.adverts(mac)}, {GIVEN})
