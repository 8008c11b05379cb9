"""A MAG with two access ports, each an access network of its own: other technology, other nodes."""
import pmip
from air import DEV
from configs import CN, COA, MODES
from roaming import Roaming
from sentences import same, test, true
from traffic import ping

modes = MODES
limit_s = 60
SECOND = "br3"


class Domain(Roaming):
    """mag1 has acc1 beside acc0, and Ethernet there."""

    def _wire_mag(self, name, coa):
        super()._wire_mag(name, coa)
        if name == "mag1":
            self.air.bridge(SECOND)
            self.air.serve(SECOND, self.mag1.ns, "acc1")

    def mag_config(self, name, sock, counter):
        text = super().mag_config(name, sock, counter)
        if name != "mag1":
            return text
        true("room for a second port", text.count("interfaces:\n") == 1)
        return text.replace("interfaces:\n", f"""\
  - name: acc1
    driver: {self.mode}
    netdev: acc1
interfaces:
  - name: office
    port: acc1
    role: access
    access_technology: {pmip.ETHERNET}
""")

    def technology(self, host, seen):
        """That the last registration of that host says."""
        own = bytes.fromhex(host.mac.replace(":", ""))
        return [m.find(pmip.AccessTech).att for m in self.heard(COA["mag1"], pmip.PBU, seen)
                if m.find(pmip.LinkLayerId).ident == own][-1]


@test
def MAG_REG_01_each_access_network_says_its_own_technology(d):
    seen = len(d.tap.frames)
    a, b = d.host("p1", d.mag1), d.host("p2").join(SECOND)
    d.until_served(b, d.mag1)
    same("technologies", (d.technology(a, seen), d.technology(b, seen)),
         (pmip.IEEE_80211, pmip.ETHERNET))
    same("interfaces", [d.mag1.node(h.mac)["interface"] for h in (a, b)], ["access", "office"])
    true("ping", ping(a.ns, CN) and ping(b.ns, CN) and ping(a.ns, b.address))


@test
def MAG_MH_02_a_host_that_changes_the_port_keeps_its_session(d):
    a = d.hosts["p1"]
    prefix, addresses = d.binding(a)["prefix"], a.addresses()
    left = d.mag1.stats()["deregistration_sent"]
    a.move_to(SECOND)
    d.mag1.until(lambda: d.mag1.node(a.mac)["interface"] == "office" and
                 d.mag1.node(a.mac)["state"] == "bound", "it to be bound at the other port")
    same("prefix and addresses", (d.binding(a)["prefix"], a.addresses()), (prefix, addresses))
    same("de-registrations", d.mag1.stats()["deregistration_sent"], left)
    true("ping", ping(d.cn, a.address))


@test
def MAG_FW_01_a_prefix_is_good_at_its_own_port_alone(d):
    a, liar = d.hosts["p1"], d.host("p3", d.mag1)
    source = d.binding(a)["prefix"].replace("::/64", "::66")
    liar.ns.ip(f"-6 addr add {source}/128 dev {DEV} nodad")
    before = d.mag1.drops()["drop_spoof"]
    liar.ns.run("ping", "-6", "-c", "1", "-W", "1", "-I", source, CN, check=False)
    d.mag1.until(lambda: d.mag1.drops()["drop_spoof"] > before, "the lie to be dropped by name")
    liar.ns.ip(f"-6 addr del {source}/128 dev {DEV}")


@test
def MAG_DET_01_one_port_without_carrier_takes_its_own_hosts_alone(d):
    b, c = d.hosts["p2"], d.hosts["p3"]
    d.air.ns.ip(f"link set to-{SECOND} down")
    d.mag1.until_gone(b.mac)
    same("state at the other port", d.mag1.node(c.mac)["state"], "bound")
    true("ping", ping(c.ns, CN))
    d.air.ns.ip(f"link set to-{SECOND} up")
