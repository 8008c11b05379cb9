"""The domain itself, with the Linux kernel in the LMA's place: what fails here is not Kedge's."""
import os
import subprocess
import sys
import threading

import kernel
from capture import Capture
from configs import CN
from errors import mac_of, send
from sentences import same, test, true
from traffic import ping, transfer

serves = False


@test
def two_kernel_tunnel_ends_carry_a_transfer_both_ways(d):
    node = d.node("k1")
    node.use("2001:db8:100:1::/64")
    d.kernel_as_lma(d.mag1, node.prefix)
    true("ping through the tunnel", ping(d.cn, node.address))
    transfer(d.cn, node.ns, node.address, 8 << 20)
    transfer(node.ns, d.cn, CN, 8 << 20)


@test
def a_node_moves_between_two_kernel_tunnel_ends(d):
    node = d.node("k2")
    node.use("2001:db8:100:2::/64")
    d.kernel_as_lma(d.mag1, node.prefix)
    true("ping at mag1", ping(d.cn, node.address))
    node.move_to(d.mag2)
    d.kernel_as_lma(d.mag2, node.prefix)
    true("ping at mag2", ping(d.cn, node.address))


@test
def what_a_killed_run_leaves_is_reaped(d):
    script = ("import os,sys,kernel; n=kernel.Namespace('left').add(); "
              "import subprocess; p=subprocess.Popen(n.command('sleep','600'), stdout=-3, stderr=-3)\n"
              "ns = os.stat('/run/netns/' + n.name).st_ino\n"
              "while os.stat(f'/proc/{p.pid}/ns/net').st_ino != ns: pass\n"  # it is inside by now
              "print(n.name, p.pid, flush=True); os.kill(os.getpid(), 9)")
    done = subprocess.run([sys.executable, "-c", script], cwd=os.path.dirname(kernel.__file__),
                          capture_output=True, text=True, check=False, timeout=30)
    name, pid = done.stdout.split()
    true("left behind", os.path.exists(f"/run/netns/{name}"))
    said = []
    kernel.reap(said.append)
    same("namespace is there", os.path.exists(f"/run/netns/{name}"), False)
    same("lines", [line for line in said if name in line], [f"reaped {name}, left by a killed run"])
    state = "gone"
    if os.path.exists(f"/proc/{pid}/stat"):
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            state = f.read().rsplit(")", 1)[1].split()[0]
    true(f"its process is dead ({state})", state in ("gone", "Z", "X"))
    true("our own namespaces stay", os.path.exists(d.spaces["lma"].path))


@test
def a_capture_begins_with_the_first_frame_of_its_kind(d):
    # And not with what came on any device while its socket was being made.
    there, another, done = d.spaces["bb"], bytes([0x60]) + bytes(99), []
    mac = mac_of(there, "lma0")

    def flood():
        while not done:
            send(d.spaces["lma"], "back0", mac, *[another] * 100)
    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    try:
        taps = [Capture(there, "lma0", f"{d.dir}/kind{i}.pcap", 135) for i in range(60)]
    finally:
        done.append(True)
        thread.join()
    same("frames of another kind", [f[20] for tap in taps for f in tap.close()], [])
