"""DHCPv6 beside the programs under test: a server, one that is a script, and a client.

Server and client are Debian's dnsmasq and dhclient, which know nothing of Kedge; each is started
here, with files of its own, and ends here. The script hears what relays send and answers as a test
says, right or wrong. Decides nothing about what of it is good.
"""
import os
import re
import select
import signal
import socket
import subprocess
import threading

from kernel import Failed
from scapy.layers.dhcp6 import (DHCP6_RelayForward, DHCP6_RelayReply, DHCP6OptIfaceId,
                                DHCP6OptRelayMsg)

SERVER_PORT = 547
DNS = "2001:db8:d::99"


class Process:
    """A program that says on a pipe what it does; ends with the `with` that it is in."""

    def __init__(self, ns, *args):
        self.name, self.said = args[0], []
        self._news = threading.Condition()
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            ns.command(*args), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.kill()

    def _drain(self):
        for line in self.process.stdout:
            with self._news:
                self.said.append(line.decode(errors="replace").rstrip())
                self._news.notify_all()

    def until_said(self, pattern, times=1, timeout=20):
        """Until so many of its lines match; the lines."""
        def lines():
            return [line for line in self.said if re.search(pattern, line)]
        with self._news:
            if not self._news.wait_for(lambda: len(lines()) >= times, timeout):
                raise Failed(f"{self.name} did not say '{pattern}' within {timeout} s:\n" +
                             "\n".join(self.said[-15:]))
            return lines()

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._thread.join(5)


class Server(Process):
    """dnsmasq. Of each of `prefixes` it leases the addresses ::1000 to ::1fff, or none and tells
    only the rest where it is `stateless`."""

    def __init__(self, ns, directory, prefixes, stateless=False):
        ranges = []
        for prefix in prefixes:
            net = prefix.removesuffix("/64")
            ranges.append(f"{net},static,64" if stateless else f"{net}1000,{net}1fff,64,1h")
        super().__init__(
            ns, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0",
            "--user=root", "--log-dhcp", "--log-facility=-", "--pid-file=",
            f"--dhcp-leasefile={os.path.join(directory, 'dnsmasq.leases')}",
            f"--dhcp-option=option6:dns-server,[{DNS}]",
            *(f"--dhcp-range={r}" for r in ranges))
        self.until_said("DHCPv6, (IP range|static leases only)", len(prefixes))


class ScriptedServer:
    """Hears every Relay-forward and answers none, unless a test has it answer: `answer` makes of a
    client's message the one for it, or None."""

    def __init__(self, ns, address, answer=None):
        self.heard, self.answer, self.error = [], answer, None
        self._news = threading.Condition()
        with ns:
            self._sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            self._sock.bind((address, SERVER_PORT))
        self._wake = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._wake[1].close()
        self._thread.join(5)
        self._wake[0].close()
        self._sock.close()

    def _run(self):
        while self._wake[0] not in select.select([self._sock, self._wake[0]], [], [])[0]:
            raw, (relay, *_) = self._sock.recvfrom(65536)
            forward = DHCP6_RelayForward(raw)
            try:
                self._answer(relay, forward)
            except Exception as e:  # pylint: disable=broad-except
                self.error = e  # the test shows it
            with self._news:
                self.heard.append((relay, forward))
                self._news.notify_all()

    def _answer(self, relay, forward):
        message = self.answer(message_in(forward)) if self.answer else None
        if message is not None:
            self.send(relay, relay_reply(forward, message))

    def send(self, relay, payload):
        self._sock.sendto(bytes(payload), (relay, SERVER_PORT))

    def until_heard(self, wanted, what, since=0, timeout=20):
        """The first Relay-forward of those after `since` that is wanted: relay and message."""
        def found():
            return next((h for h in self.heard[since:] if wanted(*h)), None)
        with self._news:
            if not self._news.wait_for(lambda: found() or self.error, timeout) or self.error:
                raise Failed(f"no relay sent {what} within {timeout} s: {self.error}")
            return found()


def message_in(relayed):
    """The message of a client that a relay has passed on."""
    return relayed[DHCP6OptRelayMsg].message


def relay_reply(forward, message, **changed):
    """The answer that goes back the way that the message came."""
    fields = {"hopcount": forward.hopcount, "linkaddr": forward.linkaddr,
              "peeraddr": forward.peeraddr, **changed}
    interface = DHCP6OptIfaceId(ifaceid=forward[DHCP6OptIfaceId].ifaceid)
    return DHCP6_RelayReply(**fields) / interface / DHCP6OptRelayMsg(message=message)


SCRIPT = """\
#!/bin/sh
[ -z "$new_ip6_address" ] || ip -6 addr replace "$new_ip6_address/128" dev "$interface"
echo "event $reason address=$new_ip6_address dns=$new_dhcp6_name_servers"
"""


# Where AppArmor confines dhclient, as on many a Debian, it may use its own paths alone: they are
# the test's, for this process.
INSIDE = 'mount --bind "$1" /var/lib/dhcp && mount --bind "$1/script" /sbin/dhclient-script && ' \
    'shift && exec "$@"'


class Client:
    """dhclient on a host, running inside its `with`. What it leased is in a file of its own, as on
    a host that is switched off and on again."""

    def __init__(self, host, directory, *options):
        self.host, self.process, self._options = host, None, options
        self._directory = os.path.join(directory, f"{host.name}.dhcp")
        os.mkdir(self._directory)
        for name, text in (("leases", ""), ("conf", "")):
            self._write(f"dhclient.{name}", text)
        os.chmod(self._write("script", SCRIPT), 0o755)

    def _write(self, name, text):
        path = os.path.join(self._directory, name)
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        return path

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.kill()

    def start(self):
        files = [word for option, name in (("-cf", "conf"), ("-lf", "leases"), ("-pf", "pid"))
                 for word in (option, f"/var/lib/dhcp/dhclient.{name}")]
        self.process = Process(self.host.ns, "unshare", "--mount", "sh", "-c", INSIDE, "sh",
                               self._directory, "dhclient", "-6", "-d", "-v", *self._options,
                               *files, "radio0")
        self.process.name = f"dhclient of {self.host.name}"
        return self

    def kill(self):
        """As when the power goes: it gives nothing back."""
        if self.process is not None:
            self.process.kill()

    def until(self, reason, timeout=30):
        """Until its script was called for that reason; address and DNS server of the last time."""
        line = self.process.until_said(f"^event {reason} ", 1, timeout)[-1]
        return dict(word.split("=") for word in line.split()[2:])

    def advance_to_renewal(self):
        """T1 of what it has leased has passed. It must not run."""
        with open(os.path.join(self._directory, "dhclient.leases"), encoding="ascii") as f:
            text, n = re.subn(r"\brenew \d+;", "renew 1;", f.read())
        if n == 0:
            raise Failed(f"{self.host.name} has leased nothing")
        self._write("dhclient.leases", text)


def lacks():
    """Why there are no such tests on this machine, or None."""
    for program in ("dnsmasq", "dhclient"):
        try:
            subprocess.run([program, "--version"], capture_output=True, check=False, timeout=10)
        except FileNotFoundError:
            return f"needs {program} (tools/setup check)"
    return None


def counted(program, name, act, by=1, timeout=10):
    """The counter goes up by exactly that much because of what was done; within that time."""
    before = program.stats()[name]
    act()
    program.until(lambda: program.stats()[name] >= before + by, f"{name} + {by}", timeout)
    if program.stats()[name] != before + by:
        raise AssertionError(f"{name}: {program.stats()[name]}, wanted {before + by}")
