"""A User Mode Linux kernel with veth devices of a namespace as its NICs.

Decides how it is started, asked and ended; guest.py runs in it. It has the host's files, read-only,
so nothing is built for it: Debian's packages user-mode-linux and kmod are all it needs.
"""
import json
import os
import queue
import shutil
import signal
import subprocess
import threading

from kernel import Failed

GUEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest.py")
KERNEL, MODULES = "linux.uml", "/usr/lib/uml/modules"
MARK = "@uml "


def lacks():
    """What this machine has not, or None."""
    if shutil.which(KERNEL) is None or not os.path.isdir(MODULES):
        return f"no {KERNEL}: package user-mode-linux is not installed (tools/setup long)"
    if shutil.which("modprobe") is None:
        return "no modprobe: package kmod is not installed (tools/setup long)"
    return None


class Machine:
    """`nics` are (device of the namespace, link-layer address, MTU): vec0, vec1 and so on there.
    The namespace's own kernel has to be silent on those devices."""

    def __init__(self, ns, directory, nics):
        why = lacks()
        if why:
            raise Failed(why)
        vectors = [f"vec{i}:transport=raw,ifname={dev},mac={mac},mtu={mtu},depth=64,gro=0"
                   for i, (dev, mac, mtu) in enumerate(nics)]
        args = ns.command(
            KERNEL, "mem=128M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "quiet",
            "con=null", "con0=fd:0,fd:1", "ssl=null", "umid=mag", f"uml_dir={directory}", *vectors,
            "init=/usr/bin/python3", "--", "-B", GUEST)
        self._answers, self.heard, self.log = queue.Queue(), queue.Queue(), []
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            text = line.decode(errors="replace").strip()
            _, mark, said = text.partition(MARK)
            if not mark:
                self.log.append(text)
                continue
            message = json.loads(said)
            (self.heard if "heard" in message else self._answers).put(message)
        self._answers.put({})

    def _answer(self, timeout):
        try:
            message = self._answers.get(timeout=timeout)
        except queue.Empty as e:
            raise Failed(f"User Mode Linux does not answer:\n{self.tail()}") from e
        if not message:
            self._answers.put({})
            raise Failed(f"User Mode Linux ended:\n{self.tail()}")
        return message

    def tail(self):
        return "\n".join(self.log[-15:])

    def until_ready(self, timeout=30):
        """Its kernel's version."""
        message = self._answer(timeout)
        if not message.get("ready"):
            raise Failed(f"User Mode Linux is not ready: {message.get('error')}\n{self.tail()}")
        return message["ready"]

    def ask(self, timeout=10, **order):
        """Has guest.py do one thing; what a program of it wrote. Failed if it did not work."""
        self.process.stdin.write((json.dumps(order) + "\n").encode())
        self.process.stdin.flush()
        message = self._answer(timeout)
        if message["code"] != 0:
            raise Failed(f"in User Mode Linux: {order}: {message['out'].strip()}")
        return message["out"]

    def run(self, *args):
        return self.ask(run=args)

    def ip(self, line):
        return self.run("ip", *line.split())

    def sysctl(self, key, value):
        self.run("sysctl", "-q", "-w", f"{key}={value}")

    def close(self):
        """Switched off, and if it does not go, taken away: itself and the processes of its own."""
        if self.process.poll() is None:
            try:
                self.process.stdin.write(b'{"off": 1}\n')
                self.process.stdin.flush()
                self.process.wait(5)
            except (OSError, subprocess.TimeoutExpired):
                pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
