"""A MAG that is a script, beside a kedge-mag under test: says HI and HAck as a test tells it to (RFC 5949).

Written with test/interop/pmip.py, heard on a raw socket. Decides nothing: what it hears it answers
only if a test says so.
"""
import socket

import pmip
from kernel import Failed
from mag import Mag


def lma_address(text):
    """Option 41; code 2 for an IPv4 one."""
    family, code = (socket.AF_INET6, 1) if ":" in text else (socket.AF_INET, 2)
    return pmip.LmaAddress(code=code, address=socket.inet_pton(family, text))


class ScriptedMag:
    """At `coa`, with the one at `other` under test."""

    def __init__(self, ns, coa, other):
        self.coa, self.other, self.seq = coa, other, 100
        self._mag = Mag(ns, "back0", coa, other)

    def close(self):
        self._mag.close()

    def hi(self, mn_id, flags, code, options=(), seq=None):
        """Sends one; its sequence number."""
        if seq is None:
            self.seq += 1
            seq = self.seq
        self._say(pmip.HI, seq, flags, code, mn_id, options)
        return seq

    def hack(self, to, code, flags=None, options=()):
        """The answer to that HI, with the flags that it asked for unless told otherwise."""
        if flags is None:
            flags = (to.flags & (pmip.HI_P | pmip.HI_F | pmip.HI_U)) << 1
        self._say(pmip.HACK, to.seq, flags, code, to.find(pmip.MnId).ident, options)

    def _say(self, kind, seq, flags, code, mn_id, options):
        ident = mn_id.encode() if isinstance(mn_id, str) else mn_id
        body = pmip.HandoverBody(mhtype=kind, seq=seq, flags=flags, code=code)
        self.say(pmip.write(body, [pmip.MnId(ident=ident), *options]))

    def say(self, raw):
        self._mag.send(pmip.seal(raw, self.coa, self.other))

    def hears(self, kind, mn_id, timeout=3.0, seq=None):
        """The next message of that kind about that node; None if there is none in time."""
        def is_it(m):
            return m.body.mhtype == kind and (seq is None or m.seq == seq) and \
                m.find(pmip.MnId) is not None and m.find(pmip.MnId).ident == mn_id.encode()
        return self._mag.hear(timeout, is_it)

    def heard(self, kind, mn_id, **kw):
        message = self.hears(kind, mn_id, **kw)
        if message is None:
            raise Failed(f"no {'HI' if kind == pmip.HI else 'HAck'} about {mn_id} from {self.other}")
        return message

    def any(self, timeout=0.3):
        """The next message of whatever kind; None if it is quiet."""
        return self._mag.hear(timeout)
