"""The only process of a User Mode Linux kernel: does there what lines on its console say.

A line in is a JSON object, a line out of ours begins with MARK: the kernel talks on that console,
too. {"run": [...]} runs a program, {"listen": ADDRESS} opens raw sockets of protocol 135 there,
{"send": HEX} writes a whole IPv6 packet, {"off": 1} ends the machine. What is heard comes unasked.
Knows nothing of tunnels or of Mobile IPv6.
"""
import json
import os
import select
import socket
import subprocess
import sys
import termios

MARK, MH = "@uml ", 135


def say(**what):
    os.write(1, (MARK + json.dumps(what) + "\n").encode())


def raw_console():
    """Lines may be longer than a terminal's, and are not to come back as an echo."""
    mode = termios.tcgetattr(0)
    mode[0] &= ~(termios.ICRNL | termios.INLCR | termios.IXON)
    mode[1] &= ~termios.OPOST
    mode[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
    termios.tcsetattr(0, termios.TCSANOW, mode)


def prepare():
    """The root is the host's and read-only; modules are where Debian's package has them."""
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    for kind, where in (("proc", "/proc"), ("sysfs", "/sys"), ("tmpfs", "/run")):
        subprocess.run(["mount", "-t", kind, kind, where], check=True)
    os.makedirs("/run/lib")
    os.symlink("/usr/lib/uml/modules", "/run/lib/modules")
    subprocess.run(["modprobe", "-d", "/run", "ip6_tunnel"], check=True)


class Guest:
    def __init__(self):
        self.heard = self.out = None

    def listen(self, address):
        self.heard = socket.socket(socket.AF_INET6, socket.SOCK_RAW, MH)
        self.heard.bind((address, 0))
        self.out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        say(code=0, out="")

    def send(self, packet):
        raw = bytes.fromhex(packet)
        self.out.sendto(raw, (socket.inet_ntop(socket.AF_INET6, raw[24:40]), 0))
        say(code=0, out="")

    @staticmethod
    def run(args):
        done = subprocess.run(args, capture_output=True, text=True, check=False, timeout=10)
        say(code=done.returncode, out=done.stdout + done.stderr)

    @staticmethod
    def off(_):
        with open("/proc/sysrq-trigger", "w", encoding="ascii") as f:
            f.write("o")

    def serve(self):
        left = b""
        while True:
            ready = select.select([0] + ([self.heard] if self.heard else []), [], [])[0]
            if self.heard in ready:
                raw, (src, *_) = self.heard.recvfrom(65536)
                say(heard=raw.hex(), src=src)
            if 0 in ready:
                *lines, left = (left + os.read(0, 4096)).split(b"\n")
                for line in lines:
                    ((what, value),) = json.loads(line).items()
                    getattr(self, what)(value)


def main():
    prepare()
    raw_console()
    say(ready=os.uname().release)
    Guest().serve()


if __name__ == "__main__":
    try:
        main()
    except Exception as e:  # pylint: disable=broad-except
        say(ready=None, error=f"{type(e).__name__}: {e}")
        Guest.off(None)
        sys.stdout.flush()
        select.select([], [], [])  # a first process that ends is a panic
