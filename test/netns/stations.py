"""Stations on an access link of kedge-mag, as many as wanted, each a MAC address: frames are written
and read by this script, so a test sees what a host's kernel would hide.
"""
import contextlib
import socket
import struct
import threading
import time

from capture import packet_socket
from kernel import Failed, pause, wire
from mag import FIXED_MAC
from scapy.layers.inet6 import (ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_RS, ICMPv6NDOptDstLLAddr,
                                ICMPv6NDOptSrcLLAddr, IPv6)
from scapy.layers.l2 import Ether
from scapy.utils6 import in6_mactoifaceid

RA, NS, NA = 134, 135, 136


class Advert:
    """A Router Advertisement as its octets say."""

    def __init__(self, frame, at):
        self.at, self.src_mac, self.dst_mac = at, frame[6:12], frame[:6]
        self.src = socket.inet_ntop(socket.AF_INET6, frame[22:38])
        icmp = frame[54:]
        self.hop_limit, self.flags, self.router_lifetime = struct.unpack("!BBH", icmp[4:8])
        self.ip_hop_limit = frame[21]
        self.prefixes, self.mtu, self.lladdr = {}, None, None
        at = 16
        while at + 8 <= len(icmp) and icmp[at + 1]:
            kind, body = icmp[at], icmp[at:at + 8 * icmp[at + 1]]
            if kind == 3:
                valid, preferred = struct.unpack("!II", body[4:12])
                text = f"{socket.inet_ntop(socket.AF_INET6, body[16:32])}/{body[2]}"
                self.prefixes[text] = (valid, preferred, body[3])
            elif kind == 5:
                self.mtu = struct.unpack("!I", body[4:8])[0]
            elif kind == 1:
                self.lladdr = body[2:8]
            at += len(body)


class Stations:
    def __init__(self, d, mag, name="stations"):
        self.ns = d.namespace(name)
        self.ns.quiet("default")
        wire(self.ns, "radio0", d.air.ns, name)
        self.ns.ip("link set radio0 up")
        d.air.ns.ip(f"link set {name} master {mag.air} up")
        d.air.until_open()
        self.present, self.frames = {}, {}  # by MAC: answers probes; what came
        self._sock = packet_socket(self.ns, "radio0", 0x86dd)
        self._stop = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        d._undo.callback(self.close)  # pylint: disable=protected-access

    def close(self):
        self._stop = True
        self._thread.join(5)
        self._sock.close()

    def _run(self):
        self._sock.settimeout(0.1)
        while not self._stop:
            with contextlib.suppress(TimeoutError):
                frame = self._sock.recv(65536)
                self.frames.setdefault(frame[:6], []).append((time.monotonic(), frame))
                if len(frame) >= 78 and frame[20] == 58 and frame[54] == NS and \
                        self.present.get(frame[:6]):
                    self._advertise(frame)

    def _advertise(self, frame):
        target = socket.inet_ntop(socket.AF_INET6, frame[62:78])
        asked = socket.inet_ntop(socket.AF_INET6, frame[22:38])
        self._send(frame[:6], IPv6(src=target, dst=asked, hlim=255) /
                   ICMPv6ND_NA(tgt=target, R=0, S=1, O=1) /
                   ICMPv6NDOptDstLLAddr(lladdr=text_of(frame[:6])))

    def _send(self, mac, packet, dst=FIXED_MAC):
        with contextlib.suppress(OSError):
            self._sock.send(bytes(Ether(src=text_of(mac), dst=dst, type=0x86dd) / packet))

    # ---- What a station does

    def solicit(self, mac):
        """From its link-local address; from then on it answers probes."""
        self.present[bytes_of(mac)] = True
        self._send(bytes_of(mac), IPv6(src=link_local(mac), dst="ff02::2", hlim=255) /
                   ICMPv6ND_RS() / ICMPv6NDOptSrcLLAddr(lladdr=mac), "33:33:00:00:00:02")

    def fall_silent(self, mac):
        self.present[bytes_of(mac)] = False

    def echo(self, mac, src, to):
        self._send(bytes_of(mac), IPv6(src=src, dst=to) / ICMPv6EchoRequest(id=9, data=b"x" * 16))

    def say(self, mac, packet):
        self._send(bytes_of(mac), packet)

    # ---- What came to it

    def adverts(self, mac):
        return [Advert(f, at) for at, f in list(self.frames.get(bytes_of(mac), []))
                if len(f) > 54 and f[20] == 58 and f[54] == RA]

    def until(self, true, what, timeout=10):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            value = true()
            if value:
                return value
            pause(0.02)
        raise Failed(f"not within {timeout} s: {what}")

    def until_advertised(self, mac, n=1, timeout=10):
        """The n-th advertisement to it."""
        return self.until(lambda: self.adverts(mac)[n - 1:n], f"advertisement {n} to {mac}",
                          timeout)[0]


def bytes_of(mac):
    return bytes.fromhex(mac.replace(":", ""))


def text_of(mac):
    return ":".join(f"{b:02x}" for b in mac)


def link_local(mac):
    return "fe80::" + in6_mactoifaceid(mac).lower().lstrip(":")


def mn_id_of(mac):
    return mac.replace(":", "") + "@example"
