"""kedge-mag asks FreeRADIUS who may attach (RFC 6572), over the backbone, on two servers.

Nodes are plain Linux hosts. MAG-PP-02, MAG-PP-03: the server's word decides, and its identity is
the one that the LMA hears.
"""
import os

import pmip
from configs import CN, COA, LMAA
from radius import FreeRadius
from roaming import Roaming
from sentences import same, test, true
from traffic import ping

SECRET = "a secret, with blanks"
SERVER = COA["mag1"][:-1] + "ff"  # the backbone's router, on mag1's link
RADIUS = """\
radius:
  servers:
    - address: {server}
      port: 1812
      secret_file: {good}
    - address: {server}
      port: 1822
      secret_file: {second}
  timeout_s: 1
  tries: 1
  hold_rejected_s: 600
  dictionary: {dictionary}
"""
DICTIONARY = os.path.join(os.path.dirname(__file__), "../../config/dictionary.kedge")
HNP = "2001:db8:100:77::/64"  # in the LMA's pool
limit_s = 90


def user(mac, *reply, check="Cleartext-Password"):
    password = mac.upper().replace(":", "-")
    name = mac.replace(":", "") + "@example"
    lines = ",\n".join("  " + r for r in reply)
    return f'{name} {check} := "{password}"\n{lines}\n\n'


class Domain(Roaming):
    """mag1 asks both servers; mag2 has a wrong secret for both."""

    def mag_config(self, name, sock, counter):
        secrets = {"good": SECRET, "bad": "another secret"}
        for what, text in secrets.items():
            path = os.path.join(self.dir, what)
            with open(path, "w", encoding="ascii") as f:
                f.write(text + "\n")
            os.chmod(path, 0o600)
            secrets[what] = path
        mine = secrets["good" if name == "mag1" else "bad"]
        return super().mag_config(name, sock, counter) + RADIUS.format(
            server=SERVER, good=mine, second=mine, dictionary=os.path.abspath(DICTIONARY))

    def _wire(self):
        super()._wire()
        self.servers = [FreeRadius(self.spaces["bb"], self.dir, port, SECRET)
                        for port in (1812, 1822)]
        for server in self.servers:
            self._undo.callback(server.kill)

    def start(self):
        for server in self.servers:
            if server.process is None:
                server.start()
        super().start()


def restart(d, users, which=(0, 1)):
    for i in which:
        d.servers[i].kill()
        d.servers[i].users(users)
        d.servers[i].start()


def refused(d, mag, mac):
    """Its row when it is refused."""
    def row():
        found = mag.node(mac)
        return found if found and found["state"] == "refused" else None
    return mag.until(row, f"{mac} to be refused", 15)


def server(d, port):
    return next(r for r in d.mag1.show("radius") if r["port"] == port)


@test
def MAG_PP_02_an_accepted_node_is_served_by_the_name_that_the_server_gives(d):
    restart(d, user("02:00:00:00:00:10", 'Mobile-Node-Identifier = "alice@example"',
                    "Session-Timeout = 3600", 'Reply-Message = "welcome"'))
    alice = d.host("alice")
    alice.join("br1")
    d.until_served(alice, d.mag1)
    same("name at the LMA", d.binding(alice)["mn_id"], "alice@example")
    true("reaches the correspondent", ping(alice.ns, CN))
    same("accepted", server(d, 1812)["accepted"], 1)


@test
def a_node_that_comes_back_within_its_session_time_is_not_asked_for_again(d):
    alice, asked = d.hosts["alice"], server(d, 1812)["asked"]
    alice.leave()
    d.mag1.detach(alice.mac)
    d.mag1.until_gone(alice.mac)
    alice.join("br1")
    d.until_served(alice, d.mag1)
    same("asked", server(d, 1812)["asked"], asked)
    true("from memory", d.mag1.stats()["radius_from_cache"] >= 1)


@test
def MAG_PP_03_a_rejected_node_gets_no_advertisement_and_its_reason_is_shown(d):
    restart(d, 'DEFAULT Auth-Type := Reject\n  Reply-Message = "bill not paid"\n\n')
    mallory = d.host("mallory")
    mallory.join("br1")
    row = refused(d, d.mag1, mallory.mac)
    true(f"reason: {row['reason']}", "rejects" in row["reason"] and "bill not paid" in row["reason"])
    true(f"what to do: {row['advice']}", "kedgectl mag attach" in row["advice"])
    same("its addresses", mallory.addresses(), [])
    same("bindings at the LMA", d.binding(mallory), None)
    true("in the log", any("bill not paid" in line for line in d.mag1.log))
    said = d.mag1.ctl("mag", "attach", mallory.mac)
    same(f"an order is answered: {said.stdout}{said.stderr}", said.returncode, 0)
    refused(d, d.mag1, mallory.mac)


@test
def a_first_server_that_is_silent_costs_one_time_out_and_the_second_answers(d):
    restart(d, user("02:00:00:00:00:12", "Session-Timeout = 3600"), which=(1,))
    d.servers[0].kill()
    bob = d.host("bob")
    bob.join("br1")
    d.until_served(bob, d.mag1)
    first = server(d, 1812)
    same("state of the first", first["state"], "silent")
    true(f"its time-outs: {first}", first["timeouts"] + first["unusable"] >= 1)
    same("accepted by the second", server(d, 1822)["accepted"], 1)


@test
def MAG_REG_02_a_prefix_of_the_server_is_asked_for_at_the_lma(d):
    restart(d, user("02:00:00:00:00:13", f"PMIP6-Home-HN-Prefix += {HNP}",
                    f"PMIP6-Home-LMA-IPv6-Address = {LMAA}"), which=(1,))
    seen = len(d.tap.frames)
    carol = d.host("carol")
    carol.join("br1")
    d.until_served(carol, d.mag1)
    first = d.heard(COA["mag1"], pmip.PBU, seen)[0]
    same("asked for", [pmip.normal(p) for p in first.prefixes], [HNP])


@test
def an_lma_that_is_not_configured_is_a_reason_by_name(d):
    restart(d, user("02:00:00:00:00:14", "PMIP6-Home-LMA-IPv6-Address = 2001:db8:99::1"), which=(1,))
    dave = d.host("dave")
    dave.join("br1")
    row = refused(d, d.mag1, dave.mac)
    true(f"reason: {row['reason']}", "LMA that is not configured" in row["reason"])
    true(f"what to do: {row['advice']}", "mag.more_lmas" in row["advice"])


@test
def a_wrong_secret_refuses_and_says_what_to_look_at(d):
    restart(d, user("02:00:00:00:00:15"))
    erin = d.host("erin")
    erin.join("br2")
    row = refused(d, d.mag2, erin.mac)
    true(f"reason: {row['reason']}", "no RADIUS server answers" in row["reason"])
    true(f"what to do: {row['advice']}", "secret" in row["advice"])
    same("its addresses", erin.addresses(), [])
    true("the server saw a wrong authenticator",
         any("Message-Authenticator" in s.said() for s in d.servers))


@test
def MAG_PP_02_a_renamed_node_is_asked_for_again_by_its_first_name(d):
    restart(d, user("02:00:00:00:00:16", 'Mobile-Node-Identifier = "heidi@example"',
                    "Session-Timeout = 2"))
    heidi = d.host("heidi")
    heidi.join("br1")
    d.until_served(heidi, d.mag1)
    accepted = sum(server(d, port)["accepted"] for port in (1812, 1822))
    d.mag1.until(lambda: sum(server(d, port)["accepted"] for port in (1812, 1822)) >= accepted + 2,
                 "two more session times to be granted", 15)
    row = d.mag1.node(heidi.mac)
    same("state", (row["state"], row["mn_id"]), ("bound", "heidi@example"))
    true("reaches the correspondent", ping(heidi.ns, CN))
    heidi.leave()
    d.mag1.detach(heidi.mac)
    d.mag1.until_gone(heidi.mac)


@test
def a_session_that_ends_is_asked_for_again_and_a_rejection_ends_it(d):
    restart(d, user("02:00:00:00:00:17", "Session-Timeout = 4"))
    frank = d.host("frank")
    frank.join("br1")
    d.until_served(frank, d.mag1)
    restart(d, "")
    row = refused(d, d.mag1, frank.mac)
    true(f"reason: {row['reason']}", "rejects" in row["reason"])
    frank.until(lambda: not preferred(frank), "its address to be given up")
    d.lma.until(lambda: (d.binding(frank) or {"state": ""})["state"] != "active",
                "the binding to end", 10)


def preferred(host):
    text = host.ns.ip("-6 addr show dev radio0 scope global")
    return "inet6" in text and "deprecated" not in text


@test
def a_served_node_goes_on_while_no_server_answers(d):
    restart(d, user("02:00:00:00:00:18", "Session-Timeout = 2"))
    grace = d.host("grace")
    grace.join("br1")
    d.until_served(grace, d.mag1)
    for each in d.servers:
        each.kill()
    d.mag1.until(lambda: d.mag1.stats()["note_unanswered"] >= 1, "nobody to answer", 20)
    true("is still served", ping(grace.ns, CN))
    same("state", d.mag1.node(grace.mac)["state"], "bound")
