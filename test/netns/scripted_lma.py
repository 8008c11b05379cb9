"""An LMA that is a script and a kernel: what a kedge-mag is asked to work with, beside our own.

The script answers PBUs with what test/interop/pmip.py writes; the kernel's seg6 is the tunnel's end
(Domain.kernel_as_lma). Decides nothing that an LMA of its own would: everybody gets a prefix, the
same one each time. Heartbeats are not answered.
"""
import select
import socket
import threading
import time

import pmip
from configs import LMAA, POOL
from kernel import Failed


class ScriptedLma:
    """`serve(coa, prefix)` is called before the answer goes out; so many registrations of a node in
    `deaf` are left alone."""

    def __init__(self, ns, serve):
        self.serve, self.deaf, self.error = serve, {}, None
        self.prefixes, self.pbus = {}, []
        with ns:
            self._mh = socket.socket(socket.AF_INET6, socket.SOCK_RAW, pmip.MH)
            self._mh.bind((LMAA, 0))
        self._wake = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._wake[1].close()
        self._thread.join(5)
        self._wake[0].close()
        self._mh.close()

    def _run(self):
        while True:
            ready = select.select([self._mh, self._wake[0]], [], [])[0]
            if self._wake[0] in ready:
                return
            raw, (coa, *_) = self._mh.recvfrom(4096)
            message = pmip.Message(raw)
            if message.body.mhtype != pmip.PBU:
                continue
            self.pbus.append((coa, time.monotonic(), message))
            mn_id = message.find(pmip.MnId).ident.decode()
            if self.deaf.get(mn_id, 0) > 0:
                self.deaf[mn_id] -= 1
                continue
            try:
                self._answer(coa, message)
            except (Failed, OSError) as e:
                self.error = e

    def _answer(self, coa, pbu):
        mn_id = pbu.find(pmip.MnId).ident
        prefix = self.prefixes.setdefault(
            mn_id, POOL.replace("::/48", f":{len(self.prefixes) + 1:x}::/64"))
        if pbu.lifetime > 0:
            self.serve(coa, prefix)
        kept = (pmip.MnId, pmip.Handoff, pmip.AccessTech, pmip.LinkLayerId, pmip.Timestamp)
        options = [o for o in pbu.options if isinstance(o, kept)]
        options.insert(1, pmip.prefix_of(prefix))
        body = pmip.PbaBody(mhtype=pmip.PBA, seq=pbu.seq, lifetime=pbu.lifetime)
        self._mh.sendto(pmip.seal(pmip.write(body, options), LMAA, coa), (coa, 0))
