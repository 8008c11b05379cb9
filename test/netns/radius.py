"""A FreeRADIUS of Debian, in a namespace, with a configuration directory of its own.

Decides nothing about who is served: the caller writes the users. Ready is what it says.
"""
import os
import shutil
import subprocess

from kernel import Failed, pause

CONF = """\
prefix = {dir}
localstatedir = {dir}
logdir = {dir}
run_dir = {dir}
libdir = {libdir}
pidfile = {dir}/radiusd.pid
max_request_time = 5
cleanup_delay = 1
max_requests = 4096
security {{
  allow_vulnerable_openssl = yes
  allow_core_dumps = no
}}
client all {{
  ipv6addr = ::/0
  secret = "{secret}"
  require_message_authenticator = yes
}}
modules {{
  files {{
    usersfile = {dir}/users
  }}
  pap {{
  }}
}}
server default {{
  listen {{
    type = auth
    ipv6addr = *
    port = {port}
  }}
  authorize {{
    files
    pap
  }}
  authenticate {{
    Auth-Type PAP {{
      pap
    }}
  }}
  post-auth {{
    Post-Auth-Type REJECT {{
    }}
  }}
}}
"""


def is_here():
    return shutil.which("freeradius", path="/usr/sbin:/usr/bin") is not None


def libdir():
    for where in ("/usr/lib/freeradius", "/usr/lib/x86_64-linux-gnu/freeradius"):
        if os.path.isdir(where):
            return where
    raise Failed("FreeRADIUS has no modules here")


class FreeRadius:
    def __init__(self, ns, scratch, port, secret):
        self.ns, self.dir, self.port = ns, os.path.join(scratch, f"radius{port}"), port
        os.makedirs(self.dir)
        self.process, self.log = None, os.path.join(self.dir, "log")
        with open(os.path.join(self.dir, "radiusd.conf"), "w", encoding="ascii") as f:
            f.write(CONF.format(dir=self.dir, libdir=libdir(), port=port, secret=secret))
        self.users("")

    def users(self, text):
        """Takes effect with the next start."""
        with open(os.path.join(self.dir, "users"), "w", encoding="ascii") as f:
            f.write(text)

    def start(self, timeout=20):
        with open(self.log, "w", encoding="ascii") as out:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                self.ns.command("/usr/sbin/freeradius", "-fxx", "-l", "stdout", "-n", "radiusd",
                                "-d", self.dir),
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        for _ in range(int(timeout / 0.05)):
            if "Ready to process requests" in self.said():
                return self
            if self.process.poll() is not None:
                break
            pause(0.05)
        raise Failed(f"FreeRADIUS is not ready:\n{self.said()[-2000:]}")

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
