"""A numbered UDP stream from one namespace to another: what a move costs, in time and packets.

A thousand datagrams a second, each with its number and the time it was sent. Sender and receiver
are processes of their own, so that nothing else the tests do makes them late. Decides nothing about
which gap is whose: `gap` is asked for a span of time.
"""
import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from kernel import Failed, pause

RATE = 1000
RECORD = struct.Struct("=Idd")  # number, sent, received: CLOCK_MONOTONIC, the same in all namespaces
PAYLOAD = struct.Struct("=Id")


class Gap:
    """The longest silence of a span, and the datagrams of that span that never came."""

    def __init__(self, ms, lost):
        self.ms, self.lost = ms, lost


class Stream:
    """`records` grows while it runs: number, sent, received, of each that came."""

    def __init__(self, sender, receiver, to, port=6001):
        self.records, self.sent = [], 0
        self._hear = self._begin(receiver, "hear", to, port)
        self._hear.stdout.readline()  # it listens
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self._send = self._begin(sender, "send", to, port)

    def _read(self):
        while len(raw := self._hear.stdout.read(RECORD.size)) == RECORD.size:
            self.records.append(RECORD.unpack(raw))

    @staticmethod
    def _begin(ns, role, to, port):
        return subprocess.Popen(ns.command(sys.executable, "-B", __file__, role, to, str(port)),
                                stdout=subprocess.PIPE, bufsize=0 if role == "hear" else -1)

    def stop(self):
        """Ends it; afterwards `sent` is there, and all `records`."""
        if self._send is None:
            return self
        self._send.send_signal(signal.SIGTERM)
        self.sent = int(self._send.communicate(timeout=10)[0])
        self._hear.send_signal(signal.SIGTERM)
        self._thread.join(10)
        self._hear.wait(10)
        self._send = None
        return self

    def kill(self):
        """For a failure in between: no process of ours stays."""
        for process in (self._send, self._hear):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()

    @property
    def lost(self):
        return self.sent - len({number for number, *_ in self.records})

    def until_since(self, when, n, timeout=10):
        """Until so many datagrams have come that were sent after that time."""
        deadline = time.monotonic() + timeout
        while sum(sent > when for _, sent, _ in self.records[-2 * n:]) < n:
            if time.monotonic() > deadline:
                raise Failed(f"the stream stands: {len(self.records)} datagrams came")
            pause(0.02)

    def gap(self, begin, end):
        """Of what came between two times: its longest silence, and the numbers that miss in it."""
        seen = [r for r in self.records if begin <= r[2] <= end]
        if len(seen) < 2:
            return Gap((end - begin) * 1e3, int((end - begin) * RATE))
        longest = max(b[2] - a[2] for a, b in zip(seen, seen[1:]))
        numbers = {r[0] for r in seen}
        return Gap(longest * 1e3, max(numbers) - min(numbers) + 1 - len(numbers))


class Until:
    """True until SIGTERM comes."""

    def __init__(self):
        self._on = True
        signal.signal(signal.SIGTERM, self._end)

    def _end(self, *_):
        self._on = False

    def __bool__(self):
        return self._on


def send(sock, to, wanted):
    number, begin = 0, time.monotonic()
    while wanted:
        ahead = begin + number / RATE - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        try:
            sock.sendto(PAYLOAD.pack(number, time.monotonic()), to)
        except OSError:
            pass  # no carrier: a datagram lost like any other
        number += 1
    print(number)


def hear(sock, to, wanted):
    sock.bind(to)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    os.write(1, b"ready\n")
    # What is still on its way when the end comes has the length of one look.
    while select.select([sock], [], [], 0.2)[0] or wanted:
        with contextlib.suppress(BlockingIOError):
            datagram = sock.recv(64, socket.MSG_DONTWAIT)
            os.write(1, RECORD.pack(*PAYLOAD.unpack(datagram), time.monotonic()))


if __name__ == "__main__":
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        {"send": send, "hear": hear}[sys.argv[1]](s, (sys.argv[2], int(sys.argv[3])), Until())
