"""The Linux kernel's opinion of mobility messages that it has not seen on their way.

A raw socket of protocol 135 gets only what has the right checksum (RFC 6275 6.1.1). So captured
frames go once more over a wire, to a namespace that has all the addresses.
"""
import select
import socket

import kernel

SO_RCVBUFFORCE = 33
SNAP = 40  # of the IPv6 header, which a raw socket does not hand out


class Judge:
    def __init__(self, ns, addresses):
        self.ns, self.addresses = ns, addresses

    def __enter__(self):
        ns = self.ns
        kernel.link(ns, "in0", ns, "out0")
        for address in self.addresses:
            ns.ip(f"-6 addr add {address}/128 dev lo")
        self._mac = bytes.fromhex(ns.ip("-br link show in0").split()[2].replace(":", ""))
        with ns:
            self._ear = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 135)
            self._ear.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
            self._mouth = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            self._mouth.bind(("out0", 0))
        return self

    def __exit__(self, *exc):
        self._ear.close()
        self._mouth.close()

    def refused(self, frames):
        """Those of the Ethernet frames that the kernel does not let through. A busy machine opens
        the wire late, so each one may try again; what is wrong is so each time."""
        return [f for f in frames if not any(self._passes(f) for _ in range(3))]

    def _passes(self, frame):
        self._mouth.send(self._mac + frame[6:])
        wanted = frame[14 + SNAP:]
        while select.select([self._ear], [], [], 1.0)[0]:
            if self._ear.recv(65536) == wanted:
                return True
        return False
