"""Two thousand emulated nodes at one MAG: every one is served, renewed and de-registered, and none is
lost. How fast is test/perf/mag_64k's to say."""
from crowd import Crowd, CrowdDomain, count_at_lma
from sentences import same, test, true

limit_s = 90
NODES = 2000


class Domain(CrowdDomain):
    nodes, lifetime_s = NODES, 12


@test
def SEQ_29_two_thousand_nodes_that_come_at_once_are_all_served(d):
    d.crowd = Crowd(d, NODES, NODES, d.build)
    said = d.crowd.hear(60)
    same("advertised to", said["advertised"], NODES)
    same("pinged the correspondent through the tunnel", said["answered"], NODES)
    same("bindings at the LMA", count_at_lma(d), NODES)
    same("nodes at the MAG", d.mag1.stats()["nodes"], NODES)


@test
def MAG_REG_03_all_are_renewed_before_their_lifetime_ends_and_none_is_lost(d):
    before = d.mag1.stats()["refresh_sent"]
    d.mag1.until(lambda: d.mag1.stats()["refresh_sent"] >= before + NODES, "all renewals", 20)
    same("bindings at the LMA", count_at_lma(d), NODES)
    same("prefixes withdrawn", d.crowd.ask()["withdrawn"], 0)


@test
def MAG_DET_01_when_their_link_goes_all_are_deregistered_once(d):
    d.air.ns.ip(f"link set to-{d.mag1.air} down")
    d.mag1.until(lambda: d.mag1.stats()["nodes"] == 0, "all nodes to be gone", 30)
    same("de-registrations", d.mag1.stats()["deregistration_sent"], NODES)
    d.lma.until(lambda: count_at_lma(d) == 0, "no binding to be active", 20)
    d.air.ns.ip(f"link set to-{d.mag1.air} up")
    true("the MAG serves on", d.mag1.is_running())
