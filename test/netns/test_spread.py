"""Two workers behind ports of one queue: what one MAG sends, and what it is sent, is done by both."""
import socket
import struct

from configs import CN
from roaming import Roaming
from sentences import same, test, true
from traffic import ping, transfer

limit_s = 90
modes = ("af_xdp", "af_packet")
MB = 1 << 20
FLOWS, AT_ONCE, ROUNDS = 48, 4, 25
NUMBERED = struct.Struct("=II")


def with_two_workers(text):
    true("the configuration has one worker", text.count("  workers: 1\n") == 1)
    return text.replace("  workers: 1\n", "  workers: 2\n")


class Domain(Roaming):
    def lma_config(self):
        return with_two_workers(super().lma_config())

    def mag_config(self, name, sock, counter):
        return with_two_workers(super().mag_config(name, sock, counter))


def one(d):
    return d.hosts.get("one") or d.host("one", d.mag1)


def decapsulated(program):
    return [w["decapsulated"] for w in program.show("workers")]


def did_both(program, before, act):
    """Both workers took packets out of tunnels meanwhile; how many each."""
    act()
    took = [now - was for was, now in zip(before, decapsulated(program))]
    true(f"both workers of {program.name} took packets out of the tunnel: {took}", min(took) > 0)
    return took


def numbered_flows(sender, receiver, to):
    """Many UDP flows of numbered datagrams; all arrive, each flow's in its order."""
    with receiver:
        sink = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    with sender:
        sources = [socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) for _ in range(FLOWS)]
    with sink:
        sink.bind((to, 0))
        sink.settimeout(10)
        given, got = 0, [0] * FLOWS
        for _ in range(ROUNDS):
            for _ in range(AT_ONCE):
                for flow, source in enumerate(sources):
                    source.sendto(NUMBERED.pack(flow, given), sink.getsockname())
                given += 1
            while min(got) < given:
                flow, number = NUMBERED.unpack(sink.recv(64))
                same(f"the next datagram of flow {flow}", number, got[flow])
                got[flow] += 1
    for source in sources:
        source.close()


@test
def a_port_of_one_queue_says_that_its_workers_spread(d):
    for program, port in ((d.lma, "back0"), (d.mag1, "back0"), (d.lma, "core0")):
        same(f"{program.name} {port}",
             [p["spread_by"] for p in program.show("ports") if p["name"] == port],
             ["workers, inner flow"])
    same("no tunnel comes from an access link",
         [p["spread_by"] for p in d.mag1.show("ports") if p["name"] == "acc0"], [""])


@test
def uplink_of_one_mag_is_done_by_both_workers_of_the_lma_in_order(d):
    host = one(d)
    true("ping", ping(host.ns, CN))
    took = did_both(d.lma, decapsulated(d.lma), lambda: numbered_flows(host.ns, d.cn, CN))
    true("all that was sent", sum(took) >= FLOWS * AT_ONCE * ROUNDS)
    first, second = d.lma.show("workers")
    same("what the second one took over", second["taken_over"], second["decapsulated"])
    true("what the first one handed over", first["handed_over"] >= second["taken_over"])
    same("nothing was lost between them", d.lma.drops()["drop_handoff_full"], 0)


@test
def downlink_of_one_lma_is_done_by_both_workers_of_the_mag_in_order(d):
    host = one(d)
    true("ping", ping(d.cn, host.address))
    took = did_both(d.mag1, decapsulated(d.mag1),
                    lambda: numbered_flows(d.cn, host.ns, host.address))
    true("all that was sent", sum(took) >= FLOWS * AT_ONCE * ROUNDS)
    same("nothing was lost between them", d.mag1.drops()["drop_handoff_full"], 0)


@test
def connections_carry_bytes_unchanged_both_ways(d):
    host = one(d)
    before = [decapsulated(p) for p in (d.lma, d.mag1)]
    for _ in range(6):  # each is a flow of its own
        transfer(host.ns, d.cn, CN, 4 * MB)
        transfer(d.cn, host.ns, host.address, 4 * MB)
    for program, was in zip((d.lma, d.mag1), before):
        true(f"{program.name} took them out of tunnels",
             sum(decapsulated(program)) - sum(was) > 6 * 4 * MB // 1500)


@test
def the_imbalance_is_a_statistic(d):
    host = one(d)
    numbered_flows(host.ns, d.cn, CN)
    stats = d.lma.stats()
    same("the workers' sum", stats["decapsulated"], sum(decapsulated(d.lma)))
    true(f"no worker did all: {stats['imbalance_percent']} %", stats["imbalance_percent"] < 100)
