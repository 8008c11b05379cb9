"""An LMA that is a script, and answers as a test tells it to: by node, with any status, option or
delay that an honest LMA might send, or a wrong one.

Decides nothing: `rules[mn_id]` is a function of the PBU that returns keywords of `answer`, or None
for silence. Nodes without a rule get a prefix, always the same one.
"""
import threading

import pmip
from configs import LMAA, POOL
from scripted_lma import ScriptedLma

KEPT = (pmip.MnId, pmip.Handoff, pmip.AccessTech, pmip.LinkLayerId, pmip.Timestamp)


class AnsweringLma(ScriptedLma):
    def __init__(self, ns, serve):
        self.rules, self.timers = {}, []
        super().__init__(ns, serve)

    def close(self):
        for timer in self.timers:
            timer.cancel()
        super().close()

    def prefix(self, mn_id):
        return self.prefixes.setdefault(
            mn_id, POOL.replace("::/48", f":{len(self.prefixes) + 1:x}::/64"))

    def of(self, mn_id):
        """The PBUs of that node: (when, message)."""
        name = mn_id.encode()
        return [(at, m) for _, at, m in list(self.pbus) if m.find(pmip.MnId).ident == name]

    def _answer(self, coa, pbu):
        mn_id = pbu.find(pmip.MnId).ident.decode()
        rule = self.rules.get(mn_id, lambda _: {})
        said = rule(pbu)
        if said is None:
            return
        delay = said.pop("delay", 0)
        if delay:
            self.timers.append(threading.Timer(delay, self.answer, (coa, pbu), said))
            self.timers[-1].start()
        else:
            self.answer(coa, pbu, **said)

    def answer(self, coa, pbu, status=0, lifetime=None, prefixes=None, seq=None, without=(),
               instead=None, more=(), src=LMAA, flags=pmip.PBA_P):
        """`without`: option classes left out; `instead`: options by class; `more`: further ones."""
        mn_id = pbu.find(pmip.MnId).ident.decode()
        if prefixes is None:
            prefixes = [self.prefix(mn_id)] if status < 128 else pbu.prefixes
        if status < 128 and pbu.lifetime > 0:
            for prefix in prefixes:
                self.serve(coa, prefix)
        options = [(instead or {}).get(type(o), o) for o in pbu.options
                   if isinstance(o, KEPT) and not isinstance(o, tuple(without))]
        options[1:1] = [pmip.prefix_of(p) for p in prefixes]
        body = pmip.PbaBody(mhtype=pmip.PBA, status=status, flags=flags,
                            seq=pbu.seq if seq is None else seq,
                            lifetime=pbu.lifetime if lifetime is None else lifetime // 4)
        self.say(coa, pmip.write(body, [*options, *more]), src)

    def say(self, coa, raw, src=LMAA):
        """A mobility header as it is; from another address by a socket of its own."""
        self._mh.sendto(pmip.seal(raw, src, coa), (coa, 0))
