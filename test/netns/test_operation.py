"""Starting, stopping, asking, and mistakes in the configuration: what an operator meets."""
import json
import os
import signal
import stat
import subprocess

from configs import POOL
from lma import Lma
from sentences import same, test, true
from traffic import ping


def checked(d, text):
    path = d.write("other.yaml", text)
    done = subprocess.run([d.lma.program, "--check", path], capture_output=True, text=True,
                          timeout=20, check=False)
    return done.returncode, (done.stdout + done.stderr).replace(path, "F").splitlines()


def config(d):
    return d.lma_config()


@test
def a_good_configuration_is_good(d):
    same("exit code and words", checked(d, config(d)), (0, ["F: good"]))


# One mistake each; the line that must come of it begins so and contains the words.
MISTAKES = [
    ("an unknown key", "workers: 1", "wrokers: 1", "workers"),
    ("a doubled key", "  workers: 1\n", "  workers: 1\n  workers: 2\n", "workers"),
    ("a wrong type", "workers: 1", "workers: many", "workers"),
    ("out of range", "workers: 1", "workers: 99999", "workers"),
    ("a bad address", "address: 2001:db8:b1::1", "address: 2001:db8:b1::x", "address"),
    ("an HNP longer than /64", f"prefix: {POOL}", f"prefix: {POOL}\n    hnp_length: 72", "64"),
    ("overlapping pools", f"prefix: {POOL}",
     f"prefix: {POOL}\n  - name: two\n    prefix: 2001:db8:100:8000::/52", "overlap"),
    ("a tab", "  workers: 1", "\tworkers: 1", "tab"),
    ("a missing port", "port: core0", "port: core9", "core9"),
]


@test
def every_mistake_is_one_line_with_place_and_exit_code_2(d):
    for what, good, bad, word in MISTAKES:
        text = config(d)
        true(f"{what} can be planted", text.count(good) >= 1)
        code, lines = checked(d, text.replace(good, bad, 1))
        same(f"{what}: exit code", code, 2)
        true(f"{what}: each line has a place: {lines}",
             lines and all(line.startswith("F:") and line.split(":")[1].isdigit() for line in lines))
        true(f"{what}: says '{word}': {lines}", any(word in line for line in lines))


@test
def all_mistakes_come_at_once(d):
    text = config(d).replace("workers: 1", "workers: many").replace("max_mags: 16", "max_mags: -1")
    _, lines = checked(d, text)
    same("lines", len(lines), 2)


@test
def a_wrong_configuration_starts_nothing(d):
    path = d.write("wrong.yaml", config(d).replace("workers: 1", "workers: many"))
    done = d.spaces["lma"].command(d.lma.program, "--config", path)
    done = subprocess.run(done, capture_output=True, text=True, timeout=20, check=False)
    same("exit code, standard output", (done.returncode, done.stdout), (2, ""))


@test
def what_is_dumped_loads_to_the_same(d):
    def dump(path):
        return subprocess.run([d.lma.program, "--dump-config", path], capture_output=True,
                              text=True, timeout=20, check=True).stdout
    first = dump(d.write("one.yaml", config(d)))
    same("second dump", dump(d.write("two.yaml", first)), first)


@test
def every_table_can_be_shown_and_is_json_for_programs(d):
    d.mag1.register("table@example")
    for what in ("bindings", "mags", "ports", "stats", "drops", "version"):
        done = d.lma.ctl("show", what)
        same(f"show {what}", (done.returncode, done.stderr), (0, ""))
        true(f"show {what} says something", done.stdout.strip())
        done = d.lma.ctl("--json", "show", what)
        same(f"--json show {what}", done.returncode, 0)
        true(f"--json show {what} is not empty", json.loads(done.stdout))
    true("the node is in the table", "table@example" in d.lma.ctl("show", "bindings").stdout)
    json_rows = json.loads(d.lma.ctl("--json", "show", "bindings").stdout)
    true("and in the JSON", any(r["mn_id"] == "table@example" for r in json_rows))


@test
def an_unknown_command_is_refused_with_the_list_of_those_there_are(d):
    done = d.lma.ctl("show", "everything")
    true("exit code", done.returncode != 0)
    true("says which there are", "show bindings" in done.stdout + done.stderr)


@test
def the_management_socket_is_for_its_owner_alone(d):
    same("mode", oct(stat.S_IMODE(os.stat(d.lma.socket).st_mode)), oct(0o600))


@test
def a_second_instance_on_the_same_socket_does_not_start(d):
    second = subprocess.run(
        d.spaces["lma"].command(d.lma.program, "--config", d.lma.config), capture_output=True,
        text=True, timeout=30, check=False)
    same("exit code", second.returncode, 1)
    true(f"says why: {second.stderr}", "another instance" in second.stderr)
    true("the first serves on", d.mag1.register("still@example"))


@test
def a_second_instance_on_the_same_netdevs_does_not_start(d):
    path = d.write("second.yaml", config(d).replace("lma.sock", "second.sock"))
    second = subprocess.run(d.spaces["lma"].command(d.lma.program, "--config", path),
                            capture_output=True, text=True, timeout=30, check=False)
    same("exit code", second.returncode, 1)
    true(f"says why: {second.stderr}", "belongs to another instance" in second.stderr)
    true("the first serves on", ping(d.cn, d.node("t1").attach().address))


@test
def a_port_that_cannot_be_is_refused_with_what_to_do(d):
    rows = [("netdev: core0", "netdev: core7", "ip link"),
            ("netdev: core0", "netdev: core0\n    queues: 2", "ethtool -L")]
    for good, bad, word in rows:
        text = config(d).replace("lma.sock", "second.sock").replace(good, bad)
        done = subprocess.run(
            d.spaces["lma"].command(d.lma.program, "--config", d.write("second.yaml", text)),
            capture_output=True, text=True, timeout=30, check=False)
        same(f"{bad}: exit code", done.returncode, 1)
        true(f"{bad}: says {word}: {done.stderr}", word in done.stderr)


@test
def nobody_there_is_said_in_one_line(d):
    gone = Lma(d.lma.ns, d.build, d.lma.config, d.lma.socket + ".not")
    done = gone.ctl("show", "bindings")
    true("exit code", done.returncode != 0)
    same("lines", len(done.stderr.strip().splitlines()), 1)


@test
def sigterm_ends_it_cleanly_and_leaves_nothing(d):
    same("exit code", d.lma.stop(), 0)
    same("socket is there", os.path.exists(d.lma.socket), False)
    same("XDP on the link", [line for line in d.spaces["lma"].ip("link show back0").splitlines()
                             if "xdp" in line], [])
    same("blackhole route of the pool", d.spaces["lma"].ip(f"-6 route show {POOL}"), "")
    d.lma.start()


@test
def after_sigkill_the_next_start_serves(d):
    node = d.node("k1").attach()
    for _ in range(2):
        d.lma.process.send_signal(signal.SIGKILL)
        d.lma.process.wait()
        d.lma.start()
    same("bindings", d.lma.bindings(), [])
    # The MAG registers again and gets the prefix that it knows (LMA-RST-01).
    same("prefix", node.mag.register(node.mn_id, prefixes=[node.prefix], ll_id=node.ll_id),
         node.prefix)
    true("ping", ping(d.cn, node.address))
    pools = d.spaces["lma"].ip(f"-6 route show {POOL}").strip().splitlines()
    same("routes of the pool", len(pools), 1)


@test
def version_and_usage_are_there(d):
    done = subprocess.run([d.lma.program, "--version"], capture_output=True, text=True, check=True,
                          timeout=20)
    true(done.stdout, done.stdout.startswith("kedge-lma 0."))
    done = subprocess.run([d.lma.program, "--nonsense"], capture_output=True, text=True,
                          check=False, timeout=20)
    same("exit code of nonsense", done.returncode, 2)
