"""A domain for the rules that are seen on the wire: one configuration, several MAGs at one place.

Decides the configuration and what a test says with it. Each answer is read twice, see oracle.py.
Silence is not waited for: behind what has to stay unanswered goes a heartbeat, which every node
answers at once and in its turn (RFC 5847 3), so whatever comes before that answer is all there is.
"""
import configs
import pmip
from configs import LMAA
from domain import Domain
from kernel import Failed
from mag import Mag
from oracle import differences
from sentences import same

# Further care-of addresses at mag1's place: who they are stands in the configuration.
QUOTA, PICKY, NOBODY = "2001:db8:b1::2", "2001:db8:b1::3", "2001:db8:b1::9"
BLOCK = "2001:db8:100:"             # of the pool that everybody gets prefixes of
TINY = "2001:db8:200::/62"          # four prefixes
INTERNET = "2001:db8:300::/48"      # selected by name
WINDOW_MS = 2000                    # a busy machine sends a message later than it was written
STATICS = ["2001:db8:100:5::/64", "2001:db8:100:6::/64"]

MAGS = f"""\
mags:
  - name: mag1
    address: {configs.COA["mag1"]}
  - name: mag2
    address: {configs.COA["mag2"]}
  - name: quota
    address: {QUOTA}
    max_bindings: 2
  - name: picky
    address: {PICKY}
    nodes: ["@picky", both@example]
    pools: [tiny]
pools:
  - name: subscribers
    prefix: {configs.POOL}
  - name: tiny
    prefix: {TINY}
  - name: internet
    prefix: {INTERNET}
    network: internet
profiles:
  - match: barred@example
    permit: false
  - match: static@example
    pools: [subscribers]
    prefixes: {STATICS}
  - match: pair@example
    pools: [subscribers]
    prefix_count: 2
  - match: brief@example
    pools: [subscribers]
    max_lifetime_s: 60
  - match: "@tiny"
    pools: [tiny]
    sessions: 5
  - match: "@picky"
    pools: [tiny]
  - match: "@surfer"
    pools: [subscribers, internet]
  - match: "@example"
    pools: [subscribers]
"""


class Rules(Domain):
    """`lines` of a subclass go into the `lma:` part of the configuration."""
    delay_ms, wait_ms, quarantine_ms, lines = 600, 300, 900, ""
    heartbeat_s = 30

    def _wire(self):
        super()._wire()
        mag1, self._fence = self.mag1, 0x1000
        for name, coa in (("quota", QUOTA), ("picky", PICKY), ("nobody", NOBODY)):
            mag1.ns.ip(f"-6 addr add {coa}/64 dev {self._twin(mag1.ns, 'back0')} nodad")
            self.mags[name] = Mag(mag1.ns, mag1.dev, coa, LMAA)
            self._undo.callback(self.mags[name].close)

    def lma_config(self):
        text = super().lma_config().replace("min_delay_before_bce_delete_ms: 2000", f"""\
min_delay_before_bce_delete_ms: {self.delay_ms}
  max_delay_before_new_bce_assign_ms: {self.wait_ms}
  prefix_quarantine_ms: {self.quarantine_ms}
  timestamp_validity_window_ms: {WINDOW_MS}{self.lines}""")
        beats = configs.HEARTBEAT.format(counter=self.dir + "/lma.restart")
        beats = beats.replace("interval_s: 30", f"interval_s: {self.heartbeat_s}")
        return text[:text.index("mags:\n")] + MAGS + beats

    def verdict_of_others(self):
        sent, said = super().verdict_of_others()
        read, differs = differences(self.tap.path, self.tap.frames, LMAA)
        if read < sent:
            differs.append(f"{sent} messages were sent, {read} read twice")
        return sent, said + differs

    # ---- Question and answer

    def said_to(self, mag, *messages):
        """What the LMA answers there to these, in their order, and to nothing behind them."""
        self._fence += 1
        for mh in (*messages, pmip.seal(pmip.heartbeat(self._fence), mag.coa, mag.lmaa)):
            mag.send(mh)
        said = []
        while (answer := mag.hear(of=lambda m: True)) is not None:
            if answer.body.mhtype != pmip.HEARTBEAT:
                said.append(answer)
            elif answer.flags & pmip.HB_R and answer.seq == self._fence:
                return said
        raise Failed(f"no answer to heartbeat {self._fence} at {mag.coa}")

    def one_said_to(self, mag, mh):
        said = self.said_to(mag, mh)
        same("how many answers", len(said), 1)
        return said[0]

    def ask(self, mag, mn_id, **kw):
        """The one answer to a PBU of those options."""
        return self.one_said_to(mag, mag.pbu(mn_id, **kw))

    def register(self, mag, mn_id, **kw):
        """The prefix that the LMA gives; it has to give one."""
        answer = self.ask(mag, mn_id, **kw)
        same(f"status for {mn_id}", answer.status, 0)
        return pmip.normal(answer.prefixes[0])

    def deregister(self, mag, mn_id, prefixes, **kw):
        return self.ask(mag, mn_id, lifetime=0, prefixes=prefixes, hi=pmip.HI_UNKNOWN, **kw)

    def silent(self, mag, *messages):
        same("answers", self.said_to(mag, *messages), [])

    def counts(self, counter, by=1):
        """`with d.counts("x"):` what is done in it moves x by exactly that many. One that must not
        move stands before one that must: they are looked at from the last to the first."""
        return Counts(self, counter, by)

    def bindings(self, mn_id):
        """What the LMA has of that node: (prefix, care-of address, state), by prefix."""
        rows = self.lma.bindings(mn_id)
        return sorted((b["prefix"], b["proxy_coa"], b["state"]) for b in rows)


class Counts:
    def __init__(self, d, counter, by):
        self.d, self.counter, self.by = d, counter, by

    def _now(self):
        return self.d.lma.counters()[self.counter]

    def __enter__(self):
        self.before = self._now()

    def __exit__(self, kind, *_):
        if kind is None:
            self.d.lma.until(lambda: self._now() >= self.before + self.by,
                             f"{self.counter} + {self.by}")
            same(self.counter, self._now() - self.before, self.by)


def q16(seconds):
    """A span of time as timestamps count it."""
    return int(seconds * 65536)
