"""kedge-mag as an operator meets it: started, stopped, killed, and what comes back of itself."""
import json
import os
import signal
import stat
import subprocess

import pmip
from configs import CN, COA, LMAA
from roaming import Roaming
from sentences import same, test, true
from traffic import Transfer, ping

Domain, limit_s = Roaming, 60
MB = 1 << 20


def started(d, text, name="other.yaml", option="--config"):
    """A run of the program to its end, in mag1's namespace."""
    done = d.mag1.ns.command(d.mag1.program, option, d.write(name, text))
    return subprocess.run(done, capture_output=True, text=True, timeout=30, check=False)


def config(d, sock="other.sock"):
    return d.mag_config("mag1", os.path.join(d.dir, sock), os.path.join(d.dir, "other.restart"))


# ---- Configuration and tables

@test
def a_good_configuration_is_good(d):
    done = started(d, config(d), option="--check")
    same("exit code", done.returncode, 0)
    true(done.stdout, done.stdout.strip().endswith(": good"))


MISTAKES = [  # one each; the line that must come of it contains the word
    ("an LMA that is no address", f"lma: {LMAA}", "lma: here", "lma"),
    ("a doubled node", "02:00:00:00:00:02", "02:00:00:00:00:01", "02:00:00:00:00:01"),
    ("a MAC that is none", "02:00:00:00:00:02", "02:00:00:00:00", "mac"),
    ("a role that is none", "role: access", "role: acess", "access"),
    ("a port that is not there", "port: acc0", "port: acc7", "acc7"),
    ("out of range", "max_nodes: 1024", "max_nodes: -1", "max_nodes"),
]


@test
def every_mistake_is_one_line_with_its_place_and_exit_code_2(d):
    for what, good, bad, word in MISTAKES:
        text = config(d)
        true(f"{what} can be planted", good in text)
        done = started(d, text.replace(good, bad, 1), option="--check")
        lines = (done.stdout + done.stderr).splitlines()
        same(f"{what}: exit code", done.returncode, 2)
        true(f"{what}: says '{word}' and where: {lines}",
             any(word in line and "other.yaml:" in line for line in lines))


@test
def every_table_can_be_shown_and_is_json_for_programs(d):
    host = d.host("o1", d.mag1)
    for what in ("nodes", "interfaces", "ports", "stats", "drops", "heartbeats", "version"):
        done = d.mag1.ctl("show", what)
        same(f"show {what}", (done.returncode, done.stderr), (0, ""))
        done = d.mag1.ctl("--json", "show", what)
        same(f"--json show {what}", done.returncode, 0)
        true(f"--json show {what} is not empty", json.loads(done.stdout))
    true("the node is in the table", host.mac in d.mag1.ctl("show", "nodes").stdout)
    row, wanted = d.mag1.node(host.mac), {"mn_id", "prefix", "mac", "interface", "state", "status",
                                          "lma", "attach_ms", "pbus", "retries"}
    same("columns that miss", wanted - set(row), set())
    same("LMA and interface", (row["lma"], row["interface"]), (LMAA, "access"))


@test
def an_order_for_nobody_is_refused_in_one_line(d):
    for words in (("mag", "detach", "02:00:00:00:99:99"), ("mag", "detach", "nonsense"),
                  ("mag", "attach", "nonsense"), ("mag",)):
        done = d.mag1.ctl(*words)
        true(f"{words}: exit code", done.returncode != 0)
        true(f"{words}: says why: {done.stderr}", done.stderr.strip())


@test
def the_management_socket_is_for_its_owner_alone(d):
    same("mode", oct(stat.S_IMODE(os.stat(d.mag1.socket).st_mode)), oct(0o600))


@test
def a_second_instance_on_the_same_netdevs_does_not_start(d):
    second = started(d, config(d))
    same("exit code", second.returncode, 1)
    true(f"says why: {second.stderr}", "another instance" in second.stderr)
    true("the first serves on", ping(d.cn, d.host("o2", d.mag1).address))


@test
def sigterm_ends_it_cleanly_and_leaves_nothing(d):
    same("exit code", d.mag1.stop(), 0)
    same("socket is there", os.path.exists(d.mag1.socket), False)
    for dev in ("back0", "acc0"):
        same(f"XDP on {dev}", "xdp" in d.mag1.ns.ip(f"link show {dev}"), False)
    d.mag1.start()


# ---- What is lost, and comes back

def restart(program):
    program.process.send_signal(signal.SIGKILL)
    program.process.wait()
    program.start()


@test
def HB_03_HB_04_a_restarted_lma_says_so_and_nodes_are_registered_again(d):
    hosts = [d.host("r1", d.mag1), d.host("r2", d.mag2)]
    prefixes, seen = [d.binding(h)["prefix"] for h in hosts], len(d.tap.frames)
    moving = Transfer(d.cn, hosts[0].ns, hosts[0].address, pace=20e6).start()
    moving.wait_for(2 * MB)
    restart(d.lma)
    for host, mag, prefix in zip(hosts, (d.mag1, d.mag2), prefixes):
        same("prefix", d.until_served(host, mag)["prefix"], prefix)
        true("ping", ping(d.cn, host.address))
    moving.wait_for(moving.moved + 2 * MB)
    moving.finish().join()

    beats = d.heard(LMAA, pmip.HEARTBEAT, seen)
    unasked = [m for m in beats if m.flags == pmip.HB_R | pmip.HB_U]
    true("each MAG is told unasked", len(unasked) >= 2)
    with open(os.path.join(d.dir, "lma.restart"), encoding="ascii") as f:
        same("restart counter", {m.find(pmip.RestartCounter).value for m in unasked},
             {int(f.read())})
    # LMA-RST-01, MAG-HI-06: no change of where it is; and the prefix that it has.
    again = [(m.find(pmip.Handoff).hi, pmip.normal(m.prefixes[0]))
             for coa in COA.values() for m in d.heard(coa, pmip.PBU, seen)]
    for prefix in prefixes:
        true(f"{prefix} is registered again: {again}", (pmip.NO_CHANGE, prefix) in again)


@test
def a_restarted_mag_serves_with_the_next_frame_and_the_same_prefix(d):
    host = d.host("r3", d.mag1)
    prefix = d.binding(host)["prefix"]
    moving = Transfer(host.ns, d.cn, CN, pace=20e6).start()
    moving.wait_for(2 * MB)
    restart(d.mag1)
    same("prefix", d.until_served(host, d.mag1)["prefix"], prefix)
    moving.wait_for(moving.moved + 2 * MB)
    moving.finish().join()


@test
def HB_04_a_restarted_mag_tells_its_lma(d):
    seen = len(d.tap.frames)
    restart(d.mag1)
    unasked = d.mag1.until(lambda: [m for m in d.heard(d.mag1.coa, pmip.HEARTBEAT, seen)
                                    if m.flags == pmip.HB_R | pmip.HB_U], "an unasked response")
    with open(os.path.join(d.dir, "mag1.restart"), encoding="ascii") as f:
        same("restart counter", unasked[0].find(pmip.RestartCounter).value, int(f.read()))


@test
def a_node_that_came_while_the_lma_was_dead_is_served_when_it_is_back(d):
    d.lma.kill()
    host = d.host("r4").join(d.mag1.air)
    d.mag1.until(lambda: d.mag1.nodes(host.mac), "the MAG to see it")
    d.lma.start()
    d.until_served(host, d.mag1, 30)
    true("ping", ping(d.cn, host.address))
