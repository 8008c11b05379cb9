"""A Linux host moves between two kedge-mags that know each other (RFC 5949)."""
from configs import CN
from fast import Fast
from sentences import same, test, true
from traffic import ping
from test_mag_handoff import MB, connection_kept

Domain, modes, limit_s = Fast, ("af_xdp",), 60


@test
def a_download_goes_on_through_a_predictive_handover(d):
    # FMIP-01, FMIP-09, FMIP-16
    host = d.host("h1", d.mag1)
    mn_id = d.binding(host)["mn_id"]
    with connection_kept(host, d.cn, host.ns, host.address) as moving:
        d.mag1.order("mag", "handover", mn_id, "--to", "ap2")
        d.until_state(d.mag1, mn_id, "forwarding")
        d.until_state(d.mag2, mn_id, "expected")
        host.move_to(d.mag2.air)
        d.until_served(host, d.mag2)
        moving.wait_for(moving.moved + MB)
    d.until_quiet()
    print(d.handover(d.mag1, mn_id), d.handover(d.mag2, mn_id))
    print(d.mag1.drops(), d.mag2.drops(), d.lma.drops())
    same("at the previous MAG", d.handover(d.mag1, mn_id)["outcome"][:24], "the node is registered a")
