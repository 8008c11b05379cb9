"""Proxy Mobile IPv6 messages written with scapy, from the text of the RFCs alone.

Independent of lib/wire on purpose: own option classes (scapy has none of RFC 5213's), scapy's own
checksum. Can also write what no honest MAG would. Decides nothing about when a message is sent.
"""
import socket
import struct
import time

from scapy.config import conf as scapy_conf

scapy_conf.verb = 0
# pylint: disable=wrong-import-position
from scapy.fields import (ByteField, FieldLenField, IntField, IP6Field, IPField, LongField,
                          ShortField, StrLenField, XByteField, XShortField)
from scapy.layers.inet6 import IPv6, in6_chksum
from scapy.packet import Packet

MH = 135            # next header of the mobility header
PBU, PBA, BE, HEARTBEAT, BRR, HI, HACK = 5, 6, 7, 13, 0, 14, 15
A, H, L, K, M, R, P = 0x8000, 0x4000, 0x2000, 0x1000, 0x0800, 0x0400, 0x0200
PBA_P = 0x20
NEW_INTERFACE, BETWEEN_INTERFACES, BETWEEN_MAGS, HI_UNKNOWN, NO_CHANGE, SHARING = 1, 2, 3, 4, 5, 6
ETHERNET, IEEE_80211, EUTRAN = 3, 4, 8
HB_R, HB_U = 1, 2  # RFC 5847 3: a response, an unsolicited one
HI_S, HI_U, HI_P, HI_F = 0x80, 0x40, 0x20, 0x10  # RFC 5568 6.2.1.1, RFC 5949 6.1.1
HACK_U, HACK_P, HACK_F = 0x80, 0x40, 0x20        # RFC 5949 6.1.2


class Option(Packet):
    """A mobility option. `align` is (n, offset): it starts at n * k + offset in the header."""
    align = (1, 0)

    def extract_padding(self, s):
        return b"", s


class MnId(Option):  # RFC 4283 3
    name = "Mobile Node Identifier"
    fields_desc = [ByteField("otype", 8), FieldLenField("olen", None, length_of="ident", fmt="B",
                                                        adjust=lambda p, n: n + 1),
                   ByteField("subtype", 1),
                   StrLenField("ident", b"", length_from=lambda p: p.olen - 1)]


class Hnp(Option):  # RFC 5213 8.3
    name = "Home Network Prefix"
    align = (8, 4)
    fields_desc = [ByteField("otype", 22), ByteField("olen", 18), ByteField("reserved", 0),
                   ByteField("plen", 0), IP6Field("prefix", "::")]


class Handoff(Option):  # RFC 5213 8.4
    name = "Handoff Indicator"
    fields_desc = [ByteField("otype", 23), ByteField("olen", 2), ByteField("reserved", 0),
                   ByteField("hi", HI_UNKNOWN)]


class AccessTech(Option):  # RFC 5213 8.5
    name = "Access Technology Type"
    fields_desc = [ByteField("otype", 24), ByteField("olen", 2), ByteField("reserved", 0),
                   ByteField("att", IEEE_80211)]


class LinkLayerId(Option):  # RFC 5213 8.6
    name = "Mobile Node Link-layer Identifier"
    fields_desc = [ByteField("otype", 25), FieldLenField("olen", None, length_of="ident", fmt="B",
                                                         adjust=lambda p, n: n + 2),
                   ShortField("reserved", 0),
                   StrLenField("ident", b"", length_from=lambda p: p.olen - 2)]


class LinkLocal(Option):  # RFC 5213 8.7
    name = "Link-local Address"
    align = (8, 6)
    fields_desc = [ByteField("otype", 26), ByteField("olen", 16), IP6Field("address", "::")]


class Timestamp(Option):  # RFC 5213 8.8: 48 bits of seconds, 16 of fraction
    name = "Timestamp"
    align = (8, 2)
    fields_desc = [ByteField("otype", 27), ByteField("olen", 8), LongField("value", 0)]


class RestartCounter(Option):  # RFC 5847 3.3
    name = "Restart Counter"
    align = (4, 2)
    fields_desc = [ByteField("otype", 28), ByteField("olen", 4), IntField("value", 0)]


class AlternateCoa(Option):  # RFC 6275 6.2.5
    name = "Alternate Care-of Address"
    align = (8, 6)
    fields_desc = [ByteField("otype", 3), ByteField("olen", 16), IP6Field("address", "::")]


class RefreshAdvice(Option):  # RFC 6275 6.2.4
    name = "Binding Refresh Advice"
    align = (2, 0)
    fields_desc = [ByteField("otype", 2), ByteField("olen", 2), ShortField("interval", 0)]


class Vendor(Option):  # RFC 5094 3
    name = "Vendor Specific"
    fields_desc = [ByteField("otype", 19), FieldLenField("olen", None, length_of="data", fmt="B",
                                                         adjust=lambda p, n: n + 5),
                   IntField("vendor", 32473), ByteField("subtype", 1),
                   StrLenField("data", b"", length_from=lambda p: p.olen - 5)]


class Service(Option):  # RFC 5149 3
    name = "Service Selection"
    fields_desc = [ByteField("otype", 20), FieldLenField("olen", None, length_of="ident", fmt="B"),
                   StrLenField("ident", b"", length_from=lambda p: p.olen)]


class GreKey(Option):  # RFC 5845 6.1
    name = "GRE Key"
    align = (4, 0)
    fields_desc = [ByteField("otype", 33), ByteField("olen", 6), ShortField("reserved", 0),
                   IntField("key", 0)]


class Ipv4Hoa(Option):  # RFC 5844 3.1.1: 6 bits of prefix length, 10 reserved
    name = "IPv4 Home Address Request"
    align = (4, 0)
    fields_desc = [ByteField("otype", 36), ByteField("olen", 6), ShortField("plen_10", 32 << 10),
                   IPField("address", "0.0.0.0")]


class ContextRequest(Option):  # RFC 5949 6.2.1: pairs of type and length, and data if any
    name = "Context Request"
    align = (4, 0)
    fields_desc = [ByteField("otype", 40), FieldLenField("olen", None, length_of="wanted", fmt="B",
                                                         adjust=lambda p, n: n + 2),
                   ShortField("reserved", 0),
                   StrLenField("wanted", b"", length_from=lambda p: p.olen - 2)]

    @property
    def types(self):
        """The option types that it asks for."""
        found, at = [], 0
        while at + 1 < len(self.wanted):
            found.append(self.wanted[at])
            at += 2 + self.wanted[at + 1]
        return found


class LmaAddress(Option):  # RFC 5949 6.2.2: code 1 is an IPv6 address, 2 an IPv4 one
    name = "Local Mobility Anchor Address"
    align = (4, 0)
    fields_desc = [ByteField("otype", 41), FieldLenField("olen", None, length_of="address", fmt="B",
                                                         adjust=lambda p, n: n + 2),
                   ByteField("code", 1), ByteField("reserved", 0),
                   StrLenField("address", b"", length_from=lambda p: p.olen - 2)]


class LinkLocalIid(Option):  # RFC 5949 6.2.3
    name = "Mobile Node Link-local Address Interface Identifier"
    align = (8, 4)
    fields_desc = [ByteField("otype", 42), ByteField("olen", 10), ShortField("reserved", 0),
                   LongField("iid", 0)]


class Unknown(Option):
    name = "Unknown"
    fields_desc = [XByteField("otype", 0), FieldLenField("olen", None, length_of="data", fmt="B"),
                   StrLenField("data", b"", length_from=lambda p: p.olen)]


CLASSES = {2: RefreshAdvice, 3: AlternateCoa, 8: MnId, 19: Vendor, 20: Service, 22: Hnp,
           23: Handoff, 24: AccessTech, 25: LinkLayerId, 26: LinkLocal, 27: Timestamp,
           28: RestartCounter, 33: GreKey, 36: Ipv4Hoa, 40: ContextRequest, 41: LmaAddress,
           42: LinkLocalIid}


class Body(Packet):
    """The fixed part of a mobility header, RFC 6275 6.1.1, and what follows for each type."""
    fields_desc = [ByteField("nh", 59), ByteField("hlen", 0), ByteField("mhtype", 0),
                   ByteField("reserved", 0), XShortField("cksum", 0)]


class PbuBody(Body):
    fields_desc = Body.fields_desc + [ShortField("seq", 0), XShortField("flags", A | P),
                                      ShortField("lifetime", 0)]


class PbaBody(Body):
    fields_desc = Body.fields_desc + [ByteField("status", 0), XByteField("flags", PBA_P),
                                      ShortField("seq", 0), ShortField("lifetime", 0)]


class BeBody(Body):
    fields_desc = Body.fields_desc + [ByteField("status", 0), ByteField("rsv", 0),
                                      IP6Field("address", "::")]


class HeartbeatBody(Body):  # RFC 5847 3.2
    fields_desc = Body.fields_desc + [XShortField("flags", 0), IntField("seq", 0)]


class HandoverBody(Body):  # RFC 5568 6.2.1: HI and HAck alike
    fields_desc = Body.fields_desc + [ShortField("seq", 0), XByteField("flags", HI_P),
                                      ByteField("code", 0)]


BODIES = {PBU: PbuBody, PBA: PbaBody, BE: BeBody, HEARTBEAT: HeartbeatBody, HI: HandoverBody,
          HACK: HandoverBody}


def now_q16():
    """The time of day as RFC 5213 8.8 wants it."""
    ns = time.time_ns()
    return (ns // 10**9 << 16) | ((ns % 10**9) << 16) // 10**9


def _pad(n):
    return b"" if n == 0 else b"\0" if n == 1 else struct.pack("BB", 1, n - 2) + bytes(n - 2)


def write(body, options):
    """Header and options with their padding; length and checksum still zero."""
    raw = bytes(body)
    for option in options:
        if isinstance(option, bytes):
            raw += option
            continue
        n, offset = option.align
        raw += _pad((offset - len(raw)) % n) + bytes(option)
    return raw + _pad(-len(raw) % 8)


def seal(raw, src, dst):
    """Sets length and checksum. The length is cut to 8 bits: an oversized one stays wrong."""
    raw = raw[:1] + bytes([(len(raw) // 8 - 1) & 0xff]) + raw[2:4] + b"\0\0" + raw[6:]
    cksum = in6_chksum(MH, IPv6(src=src, dst=dst), raw)
    return raw[:4] + struct.pack("!H", cksum) + raw[6:]


def checksum_is_right(raw, src, dst):
    return in6_chksum(MH, IPv6(src=src, dst=dst), raw[:4] + b"\0\0" + raw[6:]) == \
        struct.unpack("!H", raw[4:6])[0]


def pad(n):
    """`n` octets of padding: Pad1 for one, PadN for more (RFC 6275 6.2.2, 6.2.3)."""
    return _pad(n)


def fill(body, options, n):
    """As `write`, and then PadN up to `n` octets: 8 at least more than the rest, 2048 at most."""
    raw = write(body, options)
    while len(raw) < n:
        raw += _pad(min(n - len(raw), 256 if n - len(raw) != 257 else 255))
    return raw


def heartbeat(seq, flags=0, options=()):
    return write(HeartbeatBody(mhtype=HEARTBEAT, flags=flags, seq=seq), options)


def prefix_of(text):
    """"2001:db8::/64" as an Hnp option; "::" asks for one."""
    addr, _, plen = text.partition("/")
    return Hnp(prefix=addr, plen=int(plen or 0))


def pbu_options(mn_id, prefixes=("::",), hi=NEW_INTERFACE, att=IEEE_80211, ll_id=b"", stamp=None,
                more=()):
    """The options of a usual PBU, in a list that a test may spoil. A `stamp` of 0 is none."""
    options = [MnId(ident=mn_id.encode() if isinstance(mn_id, str) else mn_id)]
    options += [prefix_of(p) for p in prefixes]
    options += [Handoff(hi=hi), AccessTech(att=att)]
    if ll_id:
        options.append(LinkLayerId(ident=ll_id))
    if stamp != 0:
        options.append(Timestamp(value=now_q16() if stamp is None else stamp))
    return options + list(more)


class Message:
    """A mobility header read back: `body` and a list of options."""

    def __init__(self, raw):
        self.raw = raw
        self.body = BODIES.get(raw[2], Body)(raw)
        size = len(BODIES.get(raw[2], Body)())
        self.body.remove_payload()
        self.options, self.places, self.pads = [], [], []
        end = 8 * (raw[1] + 1)
        while size < end:
            kind = raw[size]
            length = 1 if kind == 0 else 2 + raw[size + 1]
            if kind > 1:
                self.options.append(CLASSES.get(kind, Unknown)(raw[size:size + length]))
                self.places.append(size)
            else:
                self.pads.append(raw[size:size + length])
            size += length
        self.ends_at = size

    def find(self, cls):
        return next((o for o in self.options if isinstance(o, cls)), None)

    def all(self, cls):
        return [o for o in self.options if isinstance(o, cls)]

    @property
    def sent_at(self):
        """The value of its Timestamp option, None without one."""
        stamp = self.find(Timestamp)
        return None if stamp is None else stamp.value

    @property
    def prefixes(self):
        return [f"{o.prefix}/{o.plen}" for o in self.options if isinstance(o, Hnp)]

    def __getattr__(self, name):
        return getattr(self.body, name)

    def __repr__(self):
        return f"<{type(self.body).__name__} {self.body.fields} {self.options}>"


RESERVED_FLAGS = {PBA: 0xff & ~PBA_P, HEARTBEAT: 0xffff & ~(HB_R | HB_U),
                  HI: 0x0f | HI_S, HACK: 0x1f}  # as far as we may set


def faults(message, src, dst):
    """What an honest sender would not have written, by RFC 6275 6.1.1, 6.2.1 and RFC 5213 8."""
    raw, body, found = message.raw, message.body, []

    def must(what, holds):
        if not holds:
            found.append(f"{what}: {raw.hex()}")
    must("whole length, in units of 8", len(raw) == 8 * (raw[1] + 1) == message.ends_at)
    must("payload proto 59", body.nh == 59)
    must("reserved octet", body.reserved == 0)
    must("checksum", checksum_is_right(raw, src, dst))
    must("a type that we send", body.mhtype in BODIES)
    must("flags", getattr(body, "flags", 0) & RESERVED_FLAGS.get(body.mhtype, 0) == 0)
    must("PadN of zeros", all(not any(p[2:]) for p in message.pads))
    for option, at in zip(message.options, message.places):
        n, offset = option.align
        must(f"place of {option.name}", at % n == offset % n)
        must(f"a known option, not {option.name}", not isinstance(option, Unknown))
        must(f"reserved field of {option.name}", getattr(option, "reserved", 0) == 0)
    singles = [type(o) for o in message.options if not isinstance(o, (Hnp, Vendor))]
    must("single options once", len(set(singles)) == len(singles))
    return found


def normal(prefix):
    """A prefix in the one way in which all sides write it."""
    addr, _, plen = prefix.partition("/")
    return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, addr)) + "/" + plen
