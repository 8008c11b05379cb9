"""Traffic between two namespaces: echo requests, and TCP transfers whose content is compared."""
import hashlib
import os
import socket
import subprocess
import sys
import threading
import time

from kernel import Failed

CHUNK = 1 << 20
SO_MAX_PACING_RATE = 47


def _ask(ns, to, count, timeout=10):
    """What ping says of so many echo requests."""
    return subprocess.run(ns.command("ping", "-6", "-n", "-O", "-i", "0.05", "-c", str(count), "-W",
                                     "1", to), capture_output=True, text=True, timeout=timeout,
                          check=False).stdout


def ask_once(ns, to, count=1):
    """True if every one of `count` echo requests is answered."""
    return f" {count} received" in _ask(ns, to, count)


def ping(ns, to, count=3):
    """True if echo requests are answered: after a first few that may be lost while neighbours are
    found out, every one. Else Failed, with what ping said."""
    if not any(ask_once(ns, to) for _ in range(5)):
        raise Failed(f"{to} does not answer {ns.name}")
    said = _ask(ns, to, count)
    if f" {count} received" not in said:
        raise Failed(f"{to} does not answer {ns.name} each time: " +
                     "; ".join(said.strip().splitlines()))
    return True


class Transfer:
    """One TCP connection that carries `size` random bytes one way, compared by SHA-256.

    Without a size it goes on until `finish`. Runs in two threads of its own; `join` waits for both
    and returns bytes per second. `pace` is the most that it sends, in bytes per second.
    """

    def __init__(self, sender, receiver, to, size=None, pace=None):
        self.size, self.error, self.moved, self.seconds = size, None, 0, 0.0
        self.sent, self.retransmitted, self.ends = 0, 0, None
        self._finished = False
        self._progress = threading.Condition()
        with receiver:
            self._listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
            self._listener.bind((to, 0))
            self._listener.listen(1)
        with sender:
            self._out = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        if pace:
            self._out.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, int(pace))
        self._out.settimeout(30)
        self._listener.settimeout(30)
        self._to, self._sent, self._got = self._listener.getsockname()[:2], None, None
        self._threads = [threading.Thread(target=self._run, args=(f,), daemon=True)
                         for f in (self._receive, self._send)]

    def start(self):
        for t in self._threads:
            t.start()
        return self

    def _run(self, what):
        try:
            what()
        except OSError as e:
            self.error = f"{what.__name__[1:]}: {e}"
        with self._progress:
            self._progress.notify_all()

    def _send(self):
        sha, block = hashlib.sha256(), os.urandom(CHUNK)
        self._out.connect(self._to)
        self.ends = self._ends()
        while not self._finished and self.sent != self.size:
            piece = block if self.size is None else block[:self.size - self.sent]
            self._out.sendall(piece)
            sha.update(piece)
            self.sent += len(piece)
            block = block[1:] + block[:1]  # not the same twice, or a doubled block would pass
        self._sent = sha.digest()
        info = self._out.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
        self.retransmitted = int.from_bytes(info[100:104], sys.byteorder)  # tcpi_total_retrans
        self._out.shutdown(socket.SHUT_WR)

    def _ends(self):
        """Addresses and ports of the connection: another one would have others."""
        return self._out.getsockname()[:2], self._out.getpeername()[:2]

    def _receive(self):
        sha, begin = hashlib.sha256(), time.monotonic()
        conn, _ = self._listener.accept()
        with conn:
            conn.settimeout(30)
            while piece := conn.recv(CHUNK):
                sha.update(piece)
                with self._progress:
                    self.moved += len(piece)
                    self._progress.notify_all()
        self.seconds = time.monotonic() - begin
        self._got = sha.digest()

    def wait_for(self, moved, timeout=30):
        """Until so many bytes have arrived."""
        with self._progress:
            if not self._progress.wait_for(lambda: self.moved >= moved or self.error, timeout) \
                    or self.error:
                raise Failed(f"transfer stands at {self.moved} of {self.size or 'any'} bytes: {self.error}")

    def finish(self):
        """Nothing more is sent after what is under way; `join` as usual."""
        self._finished = True
        return self

    def join(self, timeout=120):
        for t in self._threads:
            t.join(timeout)
        alive = any(t.is_alive() for t in self._threads)
        self._listener.close()
        self._out.close()
        if alive or self.error:
            raise Failed(f"transfer: {self.error or 'not done in time'}, "
                         f"{self.moved} of {self.sent} bytes")
        if self.moved != self.sent or self._got != self._sent:
            raise Failed(f"transfer: what arrived is not what was sent ({self.moved} bytes)")
        return self.moved / self.seconds


def transfer(sender, receiver, to, size):
    return Transfer(sender, receiver, to, size).start().join()
