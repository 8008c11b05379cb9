"""Each message of a capture, read by two that know nothing of our codec: scapy classes and tshark.

Decides which fields are compared. A message of ours in which they differ is told of, and so is
one that no honest sender would have written.
"""
import calendar
import ipaddress
import socket
import time

import pmip
from kernel import run

IP6, AFTER = 14, 14 + 40  # in an untagged Ethernet frame
MANY = "|"                # between several values of one field
FIELDS = ("ipv6.src", "ipv6.dst", "mip6.hlen", "mip6.mhtype", "mip6.csum",
          "mip6.ba.status", "mip6.ba.p_flag", "mip6.ba.seqnr", "mip6.ba.lifetime",
          "mip6.bu.seqnr", "mip6.bu.lifetime", *(f"mip6.bu.{f}_flag" for f in "ahlkmp"),
          "mip6.be.status", "mip6.be.haddr", "mip6.hb.u_flag", "mip6.hb.r_flag", "mip6.hb.seqnr",
          "mip6.rc", "mip6.nemo.mnp.pfl", "mip6.nemo.mnp.mnp", "mip6.hi", "mip6.att",
          "mip6.mnlli.lli", "mip6.lila_lla", "mip6.timestamp_tmp", "mip6.mnid.subtype",
          # Of a HI it has no name for P and F, of a HAck for no flag; and none for option 42.
          "mip6.hi.seqnr", "mip6.hi.s_flag", "mip6.hi.u_flag", "mip6.hi.code", "mip6.hack.seqnr",
          "mip6.hack.code", "mip6.cr.req_type", "mip6.lmaa.opt_code", "mip6.lmaa.ipv6",
          "mip6.gre_key", "mip6.ipv4ha.preflen", "mip6.ipv4ha.ha", "mip6.vsm.vendorId")


def by_tshark(path, display_filter):
    """One dictionary a frame: field -> list of its values as texts."""
    args = ["tshark", "-n", "-r", path, "-Y", display_filter, "-T", "fields", "-E", "occurrence=a",
            "-E", f"aggregator={MANY}"]
    for field in FIELDS:
        args += ["-e", field]
    rows = [line.split("\t") for line in run(*args, timeout=60).splitlines()]
    return [{f: v.split(MANY) for f, v in zip(FIELDS, row) if v} for row in rows]


def _address(text):
    return str(ipaddress.ip_address(text))


def q16_of(text):
    """"Nov 23, 2026 17:00:00.500000000 UTC" as 48 bits of seconds and 16 of fraction. tshark has
    rounded the fraction to nanoseconds."""
    day, _, fraction = text.rpartition(" ")[0].rpartition(".")
    seconds = calendar.timegm(time.strptime(day, "%b %d, %Y %H:%M:%S"))
    return (seconds << 16) + round(int(fraction) * 65536 / 10**9)


def _of(message, cls, field):
    return [getattr(o, field) for o in message.all(cls)]


def by_scapy(message, src, dst):
    """The same fields, as the numbers and texts that they stand for."""
    b, kind = message.body, message.body.mhtype
    is_pbu, is_pba, is_be, is_hb, is_hi, is_hack = (
        kind == k for k in (pmip.PBU, pmip.PBA, pmip.BE, pmip.HEARTBEAT, pmip.HI, pmip.HACK))
    return {
        "ipv6.src": [_address(src)], "ipv6.dst": [_address(dst)],
        "mip6.hlen": [b.hlen], "mip6.mhtype": [kind], "mip6.csum": [b.cksum],
        "mip6.ba.status": [b.status] if is_pba else [],
        "mip6.ba.p_flag": [bool(b.flags & pmip.PBA_P)] if is_pba else [],
        "mip6.ba.seqnr": [b.seq] if is_pba else [],
        "mip6.ba.lifetime": [b.lifetime] if is_pba else [],
        "mip6.bu.seqnr": [b.seq] if is_pbu else [],
        "mip6.bu.lifetime": [b.lifetime] if is_pbu else [],
        **{f"mip6.bu.{f}_flag": [bool(b.flags & bit)] if is_pbu else []
           for f, bit in zip("ahlkmp", (pmip.A, pmip.H, pmip.L, pmip.K, pmip.M, pmip.P))},
        "mip6.be.status": [b.status] if is_be else [],
        "mip6.be.haddr": [_address(b.address)] if is_be else [],
        "mip6.hb.u_flag": [bool(b.flags & pmip.HB_U)] if is_hb else [],
        "mip6.hb.r_flag": [bool(b.flags & pmip.HB_R)] if is_hb else [],
        "mip6.hb.seqnr": [b.seq] if is_hb else [],
        "mip6.rc": _of(message, pmip.RestartCounter, "value"),
        "mip6.nemo.mnp.pfl": _of(message, pmip.Hnp, "plen"),
        "mip6.nemo.mnp.mnp": [_address(a) for a in _of(message, pmip.Hnp, "prefix")],
        "mip6.hi": _of(message, pmip.Handoff, "hi"),
        "mip6.att": _of(message, pmip.AccessTech, "att"),
        "mip6.mnlli.lli": [i.hex() for i in _of(message, pmip.LinkLayerId, "ident") if i],
        "mip6.lila_lla": [_address(a) for a in _of(message, pmip.LinkLocal, "address")],
        "mip6.timestamp_tmp": _of(message, pmip.Timestamp, "value"),
        "mip6.mnid.subtype": _of(message, pmip.MnId, "subtype"),
        "mip6.hi.seqnr": [b.seq] if is_hi else [],
        "mip6.hi.s_flag": [bool(b.flags & pmip.HI_S)] if is_hi else [],
        "mip6.hi.u_flag": [bool(b.flags & pmip.HI_U)] if is_hi else [],
        "mip6.hi.code": [b.code] if is_hi else [],
        "mip6.hack.seqnr": [b.seq] if is_hack else [],
        "mip6.hack.code": [b.code] if is_hack else [],
        "mip6.cr.req_type": [t for o in message.all(pmip.ContextRequest) for t in o.types],
        "mip6.lmaa.opt_code": _of(message, pmip.LmaAddress, "code"),
        "mip6.lmaa.ipv6": [_address(o.address) for o in message.all(pmip.LmaAddress)
                           if o.code == 1],
        "mip6.gre_key": _of(message, pmip.GreKey, "key"),
        "mip6.ipv4ha.preflen": [o.plen_10 >> 10 for o in message.all(pmip.Ipv4Hoa)],
        "mip6.ipv4ha.ha": _of(message, pmip.Ipv4Hoa, "address"),
        "mip6.vsm.vendorId": _of(message, pmip.Vendor, "vendor"),
    }


def _read(field, text):
    """A text of tshark as what by_scapy says."""
    if field == "mip6.timestamp_tmp":
        return q16_of(text)
    if field == "mip6.mnlli.lli":
        return text.replace(":", "")
    if field.endswith("_flag"):
        return text in ("1", "True")
    return _address(text) if ":" in text or "." in text else int(text, 0)


def _from(frame, src):
    """The mobility header of a frame from there, and where it went to; None of another frame."""
    addresses = [socket.inet_ntop(socket.AF_INET6, frame[IP6 + i:IP6 + i + 16]) for i in (8, 24)]
    if frame[IP6 + 6] != pmip.MH or addresses[0] != src:
        return None
    length = int.from_bytes(frame[IP6 + 4:IP6 + 6], "big")
    return pmip.Message(frame[AFTER:AFTER + length]), addresses[1]


def differences(path, frames, src):
    """How many messages from there both have read, and what they do not agree in."""
    ours = [m for m in (_from(f, src) for f in frames) if m is not None]
    theirs = by_tshark(path, f"ipv6.src == {src} && ipv6.nxt == {pmip.MH}")
    said = []
    if len(theirs) != len(ours):
        said.append(f"tshark reads {len(theirs)} messages, scapy {len(ours)}")
    for number, ((message, dst), other) in enumerate(zip(ours, theirs), 1):
        said += [f"message {number}, {fault}" for fault in pmip.faults(message, src, dst)]
        for field, wanted in by_scapy(message, src, dst).items():
            got = [_read(field, text) for text in other.get(field, []) if text != "<MISSING>"]
            if got != wanted:
                said.append(f"message {number}, {field}: tshark {got}, scapy {wanted}")
    return len(ours), said
