"""ICMPv6 errors as the host hears them that a packet came from, and packets written as they are."""
import socket
import struct
import time

from kernel import Failed

UNREACHABLE, TOO_BIG, TIME_EXCEEDED, PARAMETER_PROBLEM = 1, 2, 3, 4
ERROR_TYPES = range(128)  # RFC 4443 2.1


class Error:
    def __init__(self, raw, source):
        self.type, self.code, _, self.value = struct.unpack_from("!BBHI", raw)
        self.source, self.quoted, self.size = source, raw[8:], 40 + len(raw)

    def is_about(self, packet):
        """By its header, less the hop limit, which may have been counted down meanwhile."""
        return self.quoted[:7] == packet[:7] and self.quoted[8:40] == packet[8:40]

    def __repr__(self):
        return f"<ICMPv6 {self.type}/{self.code} value {self.value} from {self.source}>"


class Errors:
    """Those that one namespace hears, from the moment this is made. Closed by `with`."""

    def __init__(self, ns):
        with ns:
            self._ear = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._ear.close()

    def next(self, kind, about=None, timeout=5):
        """The next one of that type, about that packet; None when none comes."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            self._ear.settimeout(left)
            try:
                raw, (source, *_) = self._ear.recvfrom(65536)
            except TimeoutError:
                return None
            error = Error(raw, source)
            if raw[0] == kind and (about is None or error.is_about(about)):
                return error
        return None

    def get(self, kind, about=None, timeout=5):
        error = self.next(kind, about, timeout)
        if error is None:
            raise Failed(f"no ICMPv6 error of type {kind} came")
        return error


def mac_of(ns, dev):
    return ns.ip(f"-br link show {dev}").split()[2]


def send(ns, dev, mac, *packets):
    """Whole IPv6 packets to that link-layer address, whatever the kernel knows of the path."""
    head = bytes.fromhex(mac.replace(":", "")) * 2 + b"\x86\xdd"
    with ns, socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind((dev, 0))
        own = s.getsockname()[4]
        for packet in packets:
            s.send(head[:6] + own + head[12:] + packet)
