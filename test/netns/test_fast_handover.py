"""A Linux host moves between two kedge-mags that know each other (RFC 5949)."""
import contextlib
import signal

import fast
from kernel import pause
from sentences import same, test, true
from test_mag_handoff import MB, connection_kept
from traffic import ping

modes, limit_s = ("af_xdp",), 60


class Domain(fast.Fast):
    more = {"forward_s": 4}

    @contextlib.contextmanager
    def silent_lma(self):
        """It stands still: what comes to it waits on its ports."""
        self.lma.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.lma.process.send_signal(signal.SIGCONT)


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
        true(f"a stream: {stream.received}", stream.received > 1000)


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


@test
def FMIP_03_a_reactive_handover_keeps_a_download_and_loses_what_nobody_could_hold(d):
    host = d.host("h2", d.mag1)
    mn_id, mac = d.binding(host)["mn_id"], host.mac
    with connection_kept(host, d.cn, host.ns, host.address) as moving:
        d.mag2.order("mag", "attach", mac, "from", "ap1")  # as the access network would say
        host.move_to(d.mag2.air)
        d.until_served(host, d.mag2)
        moving.wait_for(moving.moved + MB)
    d.until_quiet()
    same("at both", [d.handover(m, mn_id)["outcome"] for m in (d.mag1, d.mag2)], ["complete"] * 2)
    same("mode", d.handover(d.mag2, mn_id)["mode"], "reactive")


@test
def SEQ_16_tcp_survives_a_second_without_radio_and_loses_nothing(d):
    host = d.host("h3", d.mag1)
    mn_id = d.binding(host)["mn_id"]
    with connection_kept(host, d.cn, host.ns, host.address) as moving:
        d.mag1.order("mag", "handover", mn_id, "--to", "ap2")
        d.until_state(d.mag1, mn_id, "forwarding")
        host.leave()
        pause(1)
        host.join(d.mag2.air)
        d.until_served(host, d.mag2)
        moving.wait_for(moving.moved + MB)
    d.until_quiet()


# ---- How else it ends. Each time nothing is left: no queue, no buffer, no tunnel, one binding.

def ends(d, host, at, **outcomes):
    """Where it is served in the end, what each MAG says came of it, and that nothing is left."""
    mn_id = d.binding(host)["mn_id"]
    d.until_quiet()
    for name, outcome in outcomes.items():
        same(f"outcome at {name}", d.handover(d.mags[name], mn_id)["outcome"], outcome)
    d.until_served(host, at)
    true("it is reached", ping(d.cn, host.address))
    for mag in (d.mag1, d.mag2):
        counters = mag.counters()
        same(f"bytes held at {mag.coa}", counters["handover_bytes"], 0)
        same(f"packets held at {mag.coa}", counters["held"], 0)
    rows = [b for b in d.lma.bindings(mn_id) if b["state"] == "active"]
    same("who has it", [b["proxy_coa"] for b in rows], [at.coa])


@test
def an_operator_cancels_it_and_the_node_stays(d):
    host = d.host("e1", d.mag1)
    mn_id = d.binding(host)["mn_id"]
    d.mag1.order("mag", "handover", mn_id, "--to", "ap2")
    d.until_state(d.mag2, mn_id, "expected")
    d.mag1.order("mag", "handover", mn_id, "cancel")
    ends(d, host, d.mag1, mag1="cancelled", mag2="cancelled")


@test
def FMIP_17_it_never_arrives_and_stays(d):
    host = d.host("e2", d.mag1)
    mn_id = d.binding(host)["mn_id"]
    d.mag1.order("mag", "handover", mn_id, "--to", "ap2")
    d.until_state(d.mag1, mn_id, "forwarding")
    ends(d, host, d.mag1, mag1="never_came")


@test
def FMIP_17_it_comes_back_where_it_was(d):
    host = d.host("e3", d.mag1)
    mn_id = d.binding(host)["mn_id"]
    d.mag1.order("mag", "handover", mn_id, "--to", "ap2")
    d.until_state(d.mag1, mn_id, "forwarding")
    host.leave()
    d.mag1.detach(host.mac)
    pause(0.1)
    host.join(d.mag1.air)
    ends(d, host, d.mag1, mag1="returned", mag2="cancelled")


@test
def FMIP_17_it_comes_back_and_says_so_by_no_more_than_its_packets(d):
    # Its kernel has not noticed that the radio was silent: no solicitation, no report.
    host = d.radio_host("r3", d.mag1)
    mn_id = d.binding(host)["mn_id"]
    with d.streams(host, rate=500) as both:
        pause(8)  # what a host says when its link is new is said
        d.mag1.order("mag", "handover", mn_id, "--to", "ap2")
        d.until_state(d.mag1, mn_id, "forwarding")
        host.leave()
        d.mag1.detach(host.mac)
        pause(0.2)
        host.join(d.mag1.air)
        row = d.until_state(d.mag1, mn_id, "over", timeout=2)
        same("outcome", row["outcome"], "returned")
        for stream in both:
            stream.stop()
    ends(d, host, d.mag1, mag1="returned", mag2="cancelled")


@test
def an_access_point_that_is_nobodys_is_refused_with_what_to_do(d):
    host = d.host("e4", d.mag1)
    done = d.mag1.ctl("mag", "handover", d.binding(host)["mn_id"], "--to", "ap9")
    true(f"it says why: {done.stderr}", done.returncode != 0 and "ap9" in done.stderr)


@test
def FMIP_05_the_next_mag_is_dead_and_the_node_is_served_on(d):
    host = d.host("e5", d.mag1)
    mn_id = d.binding(host)["mn_id"]
    d.mag2.kill()
    d.mag1.order("mag", "handover", mn_id, "--to", "ap2")
    row = d.until_state(d.mag1, mn_id, "over")
    d.mag2.start()
    same("outcome", row["outcome"], "unanswered")
    ends(d, host, d.mag1)


@test
def the_previous_mag_is_dead_and_the_node_is_registered_plainly(d):
    host = d.host("e6", d.mag1)
    mn_id = d.binding(host)["mn_id"]
    d.mag1.kill()
    d.mag2.order("mag", "attach", host.mac, "from", "ap1")
    host.move_to(d.mag2.air)
    row = d.until_state(d.mag2, mn_id, "over")
    d.mag1.start()
    same("outcome", row["outcome"], "unanswered")
    ends(d, host, d.mag2)


@test
def FMIP_11_the_lma_is_slower_than_the_node_and_nothing_of_it_is_lost(d):
    # Its packets wait at the new MAG for the PBA.
    host = d.radio_host("e7", d.mag1)
    mn_id = d.binding(host)["mn_id"]
    with d.streams(host, rate=500) as both:
        pause(0.3)
        d.mag1.order("mag", "handover", mn_id, "--to", "ap2")
        d.until_state(d.mag1, mn_id, "forwarding")
        with d.silent_lma():
            host.leave()
            host.join(d.mag2.air)
            d.until_state(d.mag2, mn_id, "here")
            pause(1.0)
        d.until_quiet()
        pause(0.5)
        for stream in both:
            stream.stop()
    for stream in both:
        same("lost, reordered, doubled", (stream.lost, stream.reordered, stream.doubled), (0, 0, 0))
    ends(d, host, d.mag2, mag1="complete", mag2="complete")
