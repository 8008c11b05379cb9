"""kedge-load against kedge-lma, over memif. What it says is held against what the LMA counted.

Counts alone: how fast it goes is another machine's every time. So that a busy one loses nothing, no
more packets are under way than a ring has room for (--in-flight).
"""
import os
import subprocess

from load import STRANGE_COA, LoadDomain
from sentences import same, test, true

serves = False
NODES = 1000
CAREFUL = ("--nodes", str(NODES), "--in-flight", "256", "--expect-no-loss")


class Domain(LoadDomain):
    def __init__(self, build, *_):
        super().__init__(build)


def moved_by(lma, before, name):
    return lma.counters()[name] - before[name]


def all_came(direction, result, at_least):
    way = result[direction]
    for name in ("lost", "wrong", "late", "twice"):
        same(f"{direction}: {name}", way[name], 0)
    same(f"{direction}: received", way["received"], way["sent"])
    true(f"{direction}: {way['sent']} packets, at least {at_least}", way["sent"] >= at_least)


@test
def the_configuration_of_the_page_is_good(d):
    top = os.path.join(os.path.dirname(__file__), "..", "..")
    done = subprocess.run([d.lma.program, "--check", os.path.join(top, "tools/load/lma.yaml")],
                          capture_output=True, text=True, timeout=20, check=False)
    same(f"exit code\n{done.stderr}", done.returncode, 0)


@test
def a_thousand_nodes_talk_both_ways_and_leave(d):
    before = d.lma.counters()
    code, result, said = d.load(*CAREFUL, "--downlink", "20000", "--uplink", "20000", "--size", "imix",
                                "--seconds", "1")
    same(f"exit code\n{said}", code, 0)
    for direction in ("downlink", "uplink"):
        all_came(direction, result, 1000)
    same("registered", result["signalling"]["registered"], NODES)
    same("left", result["signalling"]["left"], NODES)
    same("refused", result["signalling"]["refused"], {})
    # The LMA says the same.
    for direction in ("downlink", "uplink"):
        way = result[direction]
        same(f"{direction} at the LMA", moved_by(d.lma, before, f"tx_{direction}"),
             way["ahead"] + way["sent"])
    same("registered at the LMA", moved_by(d.lma, before, "initial_accepted"), NODES)
    same("left at the LMA", moved_by(d.lma, before, "deregistration_accepted"), NODES)
    d.lma.balances()


@test
def nodes_move_while_they_talk_and_lose_nothing(d):
    code, result, said = d.load(*CAREFUL, "--downlink", "20000", "--uplink", "20000",
                                "--handover-rate", "500", "--seconds", "2")
    same(f"exit code\n{said}", code, 0)
    for direction in ("downlink", "uplink"):
        all_came(direction, result, 1000)
    signalling = result["signalling"]
    true(f"{signalling['handovers']} handovers", signalling["handovers"] >= 50)
    same("moved", signalling["moved"], signalling["handovers"])
    same("prefixes that changed", signalling["other_prefix"], 0)
    d.lma.balances()


@test
def everybody_of_a_mag_moves_at_once(d):
    before = d.lma.counters()
    code, result, said = d.load(*CAREFUL, "--downlink", "5000", "--zipf", "1", "--storm-interval-s", "1",
                                "--seconds", "2")
    same(f"exit code\n{said}", code, 0)
    all_came("downlink", result, 100)
    signalling = result["signalling"]
    true("there was a storm", signalling["storms"] >= 1)
    # Every sixteenth node, and with each storm those that came with the last.
    true(f"{signalling['moved']} moved", signalling["moved"] >= NODES // 16)
    same("moved at the LMA", moved_by(d.lma, before, "handoff_accepted"), signalling["moved"])


@test
def what_the_lma_drops_is_lost_here(d):
    before = d.lma.counters()
    d.ns.ip("link set backbone mtu 1500")
    try:
        code, result, said = d.load(*CAREFUL, "--downlink", "1000", "--seconds", "1", "--size", "1514")
    finally:
        d.ns.ip("link set backbone mtu 1600")
    same(f"exit code\n{said}", code, 1)
    true("it says why", "--expect-no-loss" in said)
    way = result["downlink"]
    true(f"lost {way['lost']}", way["lost"] > 0)
    same("received and lost", way["received"] + way["lost"], way["sent"])
    same("dropped by the LMA, by name", moved_by(d.lma, before, "drop_too_big"),
         way["ahead"] + way["lost"])
    same("Packet Too Big", result["icmp_errors"], moved_by(d.lma, before, "tx_icmp"))
    true("there was one", result["icmp_errors"] > 0)


@test
def who_is_refused_is_counted_by_status(d):
    code, result, said = d.load("--nodes", "20", "--realm", "barred.example")
    same(f"exit code\n{said}", code, 1)
    same("refused", result["signalling"]["refused"], {"152": 20})
    true("it says so", "the LMA refused every node" in said)


@test
def mags_that_the_lma_does_not_know_are_refused(d):
    code, result, said = d.load("--nodes", "20", "--proxy-coa", STRANGE_COA)
    same(f"exit code\n{said}", code, 1)
    same("refused", result["signalling"]["refused"], {"154": 20})
