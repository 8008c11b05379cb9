"""What went over a wire, kept as a pcap and judged by tshark, which knows nothing of our codec."""
import ctypes
import json
import os
import select
import socket
import struct
import subprocess
import threading

from kernel import run

ETH_P_ALL, SO_ATTACH_FILTER, SO_RCVBUFFORCE, SO_TIMESTAMPNS = 3, 26, 33, 35
NEXT_HEADER_AT = 14 + 6  # in an untagged Ethernet frame with IPv6


class _Insn(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8),
                ("k", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("n", ctypes.c_uint16), ("insns", ctypes.POINTER(_Insn))]


def packet_socket(ns, dev, ethertype=ETH_P_ALL, next_header=None):
    """Frames of one device. It has no protocol, and so hears nothing, before it is bound: else it
    would begin with what came on any device and of any kind meanwhile."""
    with ns:
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    if next_header is not None:
        _only(sock, next_header)
    sock.bind((dev, ethertype))
    return sock


def _only(sock, next_header):
    """A classic BPF filter: a bulk transfer must not come up to Python."""
    insns = (_Insn * 4)(_Insn(0x30, 0, 0, NEXT_HEADER_AT), _Insn(0x15, 0, 1, next_header),
                        _Insn(0x06, 0, 0, 0x40000), _Insn(0x06, 0, 0, 0))
    program = _Program(4, ctypes.cast(insns, ctypes.POINTER(_Insn)))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, bytes(program))


class Capture:
    """Frames of one next header (None: all) on one device, from the moment this returns. `times` are
    the kernel's, of each frame, in ns."""

    def __init__(self, ns, dev, path, next_header=135):
        self.path, self.frames, self.times = path, [], []
        self._sock = packet_socket(ns, dev, next_header=next_header)
        self._sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self._sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._wake, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while True:
            ready = select.select([self._sock, self._wake], [], [])[0]
            if self._sock in ready:
                self._read_one()
            elif self._wake in ready:
                return

    def _read_one(self):
        try:
            frame, (stamp, *_), *_ = self._sock.recvmsg(65536, 64)
        except OSError:
            return  # its device went down; it may come up again
        seconds, ns = struct.unpack("=qq", stamp[2])
        self.times.append(seconds * 10**9 + ns)
        self.frames.append(frame)

    def close(self):
        """Ends the capture and writes the file; the frames."""
        if self._stop is None:
            return self.frames
        os.write(self._stop, b"x")
        self._thread.join()
        os.close(self._stop)
        os.close(self._wake)
        self._stop = None
        self._sock.close()
        with open(self.path, "wb") as f:
            f.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65536, 1))
            for i, frame in enumerate(self.frames):
                f.write(struct.pack("=IIII", i, 0, len(frame), len(frame)) + frame)
        return self.frames


def decode(path, display_filter=""):
    """tshark's view of a capture: one tree of fields a frame."""
    args = ["tshark", "-n", "-r", path, "-T", "json"]
    if display_filter:
        args += ["-Y", display_filter]
    return [p["_source"]["layers"] for p in json.loads(run(*args, timeout=60) or "[]")]


KNOWN = (
    # RFC 5213 5.3.6 wants an empty identifier in the answer to a PBU without one.
    "\tMobile Node Identifier (with option length = 1 byte; should be >= 2)",
    # An identifier with a NUL in it, which a PBU of ours brought and the PBA has to repeat.
    "\tTrailing stray characters",
)


def complaints(path, display_filter):
    """What tshark calls malformed, or an expert error or warning, one line each; not KNOWN."""
    out = run("tshark", "-n", "-r", path, "-Y", f"({display_filter}) && "
              "(_ws.malformed || _ws.expert.severity >= 0x600000)", "-T", "fields",
              "-e", "frame.number", "-e", "_ws.col.Info", "-e", "_ws.expert.message", timeout=60)
    return [line for line in out.splitlines() if line.strip() and not line.endswith(KNOWN)]


def names(path, display_filter):
    """tshark's name of the message in each frame."""
    return run("tshark", "-n", "-r", path, "-Y", display_filter, "-T", "fields", "-e", "_ws.col.Info",
               timeout=60).splitlines()


def has_tshark():
    try:
        return subprocess.run(["tshark", "-v"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
