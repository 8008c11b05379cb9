"""A wire that does to fragments what the Internet may: another order, some twice, some never.

This kernel has no netem. All other frames pass as they are. Decides by a generator of its own, so
that two runs differ in what the kernel's timing makes of it alone.
"""
import os
import random
import select
import socket
import threading

from paths import FRAGMENT, IP6

ETH_P_ALL, PACKET_OUTGOING, SO_RCVBUFFORCE, AT_ONCE = 3, 4, 33, 32


class Mixer:
    """Between two devices of a namespace, in a thread of its own. `double` and `lose` are how many
    of a thousand fragments; all counts are of fragments."""

    def __init__(self, ns, *devs, seed=2473):
        self.double = self.lose = 0
        self.passed = self.moved = self.doubled = self.lost = 0
        self._rng = random.Random(seed)
        self._ends = []
        with ns:
            for dev in devs:
                s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
                s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
                s.bind((dev, ETH_P_ALL))
                s.setblocking(False)
                self._ends.append(s)
        self._wake, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        os.write(self._stop, b"x")
        self._thread.join()
        for end in (self._wake, self._stop):
            os.close(end)
        for s in self._ends:
            s.close()

    def _serve(self):
        other = dict(zip(self._ends, reversed(self._ends)))
        while self._wake not in (ready := select.select([*self._ends, self._wake], [], [])[0]):
            for s in ready:
                for frame in self._mixed(self._take(s)):
                    try:
                        other[s].send(frame)
                    except OSError:
                        pass  # that device is down, or its queue full: lost as on any wire

    @staticmethod
    def _take(s):
        frames = []
        try:
            while len(frames) < AT_ONCE:
                frame, (*_, kind, _, _) = s.recvfrom(65536)
                if kind != PACKET_OUTGOING:
                    frames.append(frame)
        except OSError:
            pass  # no more of them, or the device went down
        return frames

    def _mixed(self, frames):
        there = [i for i, f in enumerate(frames) if f[IP6 + 6] == FRAGMENT]
        to = self._rng.sample(there, len(there))
        mixed = list(frames)
        for i, j in zip(there, to):
            mixed[j] = frames[i]
            self.moved += i != j
        self.passed += len(there)
        for frame in mixed:
            is_fragment, chance = frame[IP6 + 6] == FRAGMENT, self._rng.randrange(1000)
            if is_fragment and chance < self.lose:
                self.lost += 1
                continue
            yield frame
            if is_fragment and chance < self.lose + self.double:
                self.doubled += 1
                yield frame
