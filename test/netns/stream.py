"""A numbered UDP stream from one namespace to another: what a move costs, in time and packets.

A thousand datagrams a second, each with its number and the time it was sent. Sender and receiver
are processes of their own, so that nothing else the tests do makes them late. Decides nothing about
which gap is whose: `gap` is asked for a span of time.
"""
import select
import signal
import socket
import struct
import subprocess
import sys
import time

RATE = 1000
RECORD = struct.Struct("=Idd")  # number, sent, received: CLOCK_MONOTONIC, the same in all namespaces
PAYLOAD = struct.Struct("=Id")


class Gap:
    """The longest silence of a span, and the datagrams of that span that never came."""

    def __init__(self, ms, lost):
        self.ms, self.lost = ms, lost


class Stream:
    def __init__(self, sender, receiver, to, port=6001):
        self.records, self.sent = [], 0
        self._hear = self._begin(receiver, "hear", to, port)
        self._hear.stdout.readline()  # it listens
        self._send = self._begin(sender, "send", to, port)

    @staticmethod
    def _begin(ns, role, to, port):
        return subprocess.Popen(ns.command(sys.executable, "-B", __file__, role, to, str(port)),
                                stdout=subprocess.PIPE)

    def stop(self):
        """Ends it; afterwards `sent` and `records` are there."""
        if self._send is None:
            return self
        self._send.send_signal(signal.SIGTERM)
        self.sent = int(self._send.communicate(timeout=10)[0])
        self._hear.send_signal(signal.SIGTERM)
        raw = self._hear.communicate(timeout=10)[0]
        self.records = list(RECORD.iter_unpack(raw))
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

    def gap(self, begin, end):
        """Of what was on its way between two times; without begin or end of silence: all of it."""
        seen = [r for r in self.records if begin <= r[2] <= end]
        if len(seen) < 2:
            return Gap((end - begin) * 1e3, int((end - begin) * RATE))
        longest = max(b[2] - a[2] for a, b in zip(seen, seen[1:]))
        numbers = {r[0] for r in seen}
        return Gap(longest * 1e3, max(numbers) - min(numbers) + 1 - len(numbers))


class _Stop(Exception):
    pass


def _stop(*_):
    raise _Stop


def send(sock, to):
    number, begin = 0, time.monotonic()
    try:
        while True:
            ahead = begin + number / RATE - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            try:
                sock.sendto(PAYLOAD.pack(number, time.monotonic()), to)
            except OSError:
                pass  # no carrier: a datagram lost like any other
            number += 1
    except _Stop:
        print(number)


def hear(sock, to):
    sock.bind(to)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    print("ready", flush=True)
    heard = bytearray()
    try:
        while True:
            heard += RECORD.pack(*PAYLOAD.unpack(sock.recv(64)), time.monotonic())
    except _Stop:
        # What is still on its way has this long.
        while select.select([sock], [], [], 0.2)[0]:
            heard += RECORD.pack(*PAYLOAD.unpack(sock.recv(64)), time.monotonic())
    sys.stdout.buffer.write(heard)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        {"send": send, "hear": hear}[sys.argv[1]](s, (sys.argv[2], int(sys.argv[3])))
