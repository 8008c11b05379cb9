"""kedge-mag with another's LMA: signalling by a script, the tunnel's end by the Linux kernel."""
import pmip
import roaming
from configs import CN
from scripted_lma import ScriptedLma
from sentences import same, test, true
from traffic import Transfer, ping, transfer

limit_s = 60
MB = 1 << 20


class Domain(roaming.Roaming):
    def _make_lma(self):
        script = ScriptedLma(self.spaces["lma"], self._serve)
        self._undo.callback(script.close)
        return script

    def _serve(self, coa, prefix):
        self.kernel_as_lma(next(m for m in self.mags.values() if m.coa == coa), prefix)

    def programs(self):
        return [self.mag1, self.mag2]

    def attached(self, name, mag):
        host = self.host(name).join(mag.air)
        mag.until_bound(host.mac)
        host.until_addressed()
        return host


@test
def the_kernels_tunnel_end_carries_a_transfer_both_ways(d):
    host = d.attached("p1", d.mag1)
    true("ping to the host", ping(d.cn, host.address))
    true("ping from the host", ping(host.ns, CN))
    down = transfer(d.cn, host.ns, host.address, 20 * MB)
    up = transfer(host.ns, d.cn, CN, 20 * MB)
    print(f"    down {down * 8 / 1e9:.2f}, up {up * 8 / 1e9:.2f} Gb/s")


@test
def a_download_goes_on_when_the_kernels_tunnel_turns_to_the_other_mag(d):
    host = d.attached("p2", d.mag1)
    moving = Transfer(d.cn, host.ns, host.address, pace=20e6).start()
    moving.wait_for(2 * MB)
    host.move_to(d.mag2.air)
    d.mag2.until_bound(host.mac)
    moving.wait_for(moving.moved + 2 * MB)
    moving.finish().join()
    same("error of the script", d.lma.error, None)


@test
def MAG_REG_07_a_pbu_without_answer_is_sent_again_later_and_later(d):
    host, seen = d.host("p3"), len(d.lma.pbus)
    mn_id = host.mac.replace(":", "") + "@example"
    d.lma.deaf[mn_id] = 2
    host.join(d.mag1.air)
    row = d.mag1.until_bound(host.mac)
    own = [(at, m.seq) for _, at, m in d.lma.pbus[seen:]
           if m.find(pmip.MnId).ident.decode() == mn_id]
    times = [at for at, _ in own]
    same("PBUs", len(times), 3)
    first, second = times[1] - times[0], times[2] - times[1]
    true(f"back-off: {first:.2f} s, {second:.2f} s", first >= 0.9 and second > 1.5 * first)
    same("sequence numbers that differ", len({seq for _, seq in own}), 3)
    same("retries shown", row["retries"], 2)


@test
def a_host_that_leaves_is_deregistered_with_its_prefix_and_no_lifetime(d):
    host = d.attached("p4", d.mag2)
    prefix, seen = d.mag2.node(host.mac)["prefix"], len(d.lma.pbus)
    host.leave()
    d.mag2.detach(host.mac)
    d.mag2.until_gone(host.mac)
    (last,) = [m for coa, _, m in d.lma.pbus[seen:] if coa == d.mag2.coa]
    same("lifetime, indicator, prefix",
         (last.lifetime, last.find(pmip.Handoff).hi, [pmip.normal(p) for p in last.prefixes]),
         (0, pmip.HI_UNKNOWN, [prefix]))
