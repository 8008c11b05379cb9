"""A Linux host moves between two kedge-mags that know each other (RFC 5949)."""
from fast import Fast
from kernel import pause
from sentences import same, test, true
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
    same("at the previous MAG", d.handover(d.mag1, mn_id)["outcome"], "complete")


@test
def streams_at_rest_lose_nothing(d):
    host = d.radio_host("r1", d.mag1)
    with d.streams(host) as both:
        pause(2)
        for stream in both:
            stream.stop()
    for stream in both:
        same("lost, reordered, doubled", (stream.lost, stream.reordered, stream.doubled), (0, 0, 0))
        true("so many", stream.received > 15000)


@test
def no_packet_is_lost_reordered_or_doubled_in_a_predictive_handover(d):
    # SEQ-16, FMIP-01, FMIP-07, FMIP-11, FMIP-16
    host = d.radio_host("r2", d.mag1)
    mn_id = d.binding(host)["mn_id"]
    with d.streams(host) as both:
        pause(0.5)
        d.mag1.order("mag", "handover", mn_id, "--to", "ap2")
        d.until_state(d.mag1, mn_id, "forwarding")
        pause(0.02)
        host.leave()
        pause(0.2)
        host.join(d.mag2.air)
        d.until_quiet()
        pause(0.5)
        for stream in both:
            stream.stop()
    for stream in both:
        same("lost, reordered, doubled", (stream.lost, stream.reordered, stream.doubled), (0, 0, 0))
