"""The LMA is away for ten seconds and comes back, with its bindings or without. The nodes are Linux
hosts; what they transfer goes on."""
import signal
import time

import pmip
from configs import CN, COA
from kernel import pause
from roaming import Roaming
from sentences import same, test, true
from traffic import Transfer, ping

limit_s = 60
AWAY_S = 10
MB = 1 << 20


class Domain(Roaming):
    def mag_config(self, name, sock, counter):
        """At mag1 renewals are due while the LMA is away, at mag2 lifetimes end."""
        return super().mag_config(name, sock, counter).replace(
            "lifetime_s: 3600", f"lifetime_s: {16 if name == 'mag1' else 8}")


def wait_away(began):
    while time.monotonic() < began + AWAY_S:
        pause(0.1)


@test
def MAG_REG_07_an_lma_that_stands_still_for_ten_seconds_costs_no_session(d):
    host = d.host("a1", d.mag1)
    prefix, addresses = d.binding(host)["prefix"], host.addresses()
    began = time.monotonic()
    d.lma.process.send_signal(signal.SIGSTOP)
    try:
        wait_away(began)
        same("the node is still bound at its MAG", d.mag1.node(host.mac)["prefix"], prefix)
    finally:
        d.lma.process.send_signal(signal.SIGCONT)
    began = time.monotonic()
    true("ping", ping(d.cn, host.address))
    took = time.monotonic() - began
    d.mag1.until_bound(host.mac, 20)
    same("prefix afterwards", d.binding(host)["prefix"], prefix)
    same("addresses afterwards", host.addresses(), addresses)
    true(f"the request was repeated: {d.mag1.node(host.mac)}", d.mag1.stats()["retries"] >= 1)
    print(f"    reached again within {took:.1f} s")


@test
def HB_03_MAG_REG_13_an_lma_that_lost_its_bindings_has_them_back_with_the_same_prefixes(d):
    hosts = [d.host(f"b{n}", d.mag1) for n in range(3)]
    before = {h.mac: d.binding(h)["prefix"] for h in hosts}
    other = d.host("c1", d.mag2)  # MAG-REG-13, MAG-RA-05: its lifetime ends meanwhile
    moving = Transfer(d.cn, hosts[0].ns, hosts[0].address, pace=5e6).start()
    moving.wait_for(1 * MB)
    began, seen = time.monotonic(), len(d.tap.frames)
    d.lma.kill()
    d.mag2.until(lambda: d.mag2.stats()["note_lost"] >= 1, "the end of the lifetime", 12)
    other.until(lambda: "deprecated" in other.ns.ip("-6 addr show dev radio0 scope global"),
                "its prefix to be withdrawn")
    wait_away(began)
    d.lma.start()
    for host in hosts:
        binding = d.lma.until(lambda h=host: d.binding(h), f"{host.mac} at the LMA", 20)
        same("prefix", binding["prefix"], before[host.mac])
    told = [m for m in d.heard(COA["mag1"], pmip.PBU, seen) if m.lifetime > 0]
    for host in hosts:
        own = [m for m in told if m.find(pmip.LinkLayerId).ident == bytes.fromhex(
            host.mac.replace(":", ""))]
        same("registered again as a renewal", own[-1].find(pmip.Handoff).hi, pmip.NO_CHANGE)
        same("with its prefix", [pmip.normal(p) for p in own[-1].prefixes], [before[host.mac]])
    moving.wait_for(moving.moved + 1 * MB)
    moving.finish().join()
    d.until_served(other, d.mag2, 40)
    true("reach the correspondent", all(ping(h.ns, CN) for h in (*hosts, other)))
