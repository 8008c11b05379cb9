"""Mobile nodes behind an 802.1Q tag. The kernel here need not know tags: the node is a script."""
import socket

import roaming
from configs import CN, MODES
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from sentences import same, test, true
from tagged import TaggedNode

modes = MODES
VLAN, RA, ECHO_REPLY = 100, 134, 129
MAC = "02:00:00:00:01:00"


class Domain(roaming.Roaming):
    vlans = (0, VLAN)


def counted(mag, name, act):
    before = mag.drops().get(name, 0)
    act()
    mag.until(lambda: mag.drops().get(name, 0) > before, f"{name} + 1")
    same(name, mag.drops()[name], before + 1)


@test
def a_tagged_node_is_served_with_its_tag_and_with_no_other(d):
    node = TaggedNode(d, "tagged", MAC, d.mag1.air)
    node.solicit(VLAN)
    row = d.mag1.until_bound(MAC)
    same("interface", row["interface"], f"access{VLAN}")
    vlan, advert = node.hear(RA)
    same("tag of the RA", vlan, VLAN)
    prefix = row["prefix"].replace("::/64", "::7")
    true("its prefix is in the RA", socket.inet_pton(socket.AF_INET6, row["prefix"][:-3]) in advert)

    echo = IPv6(src=prefix, dst=CN) / ICMPv6EchoRequest(id=7)
    same("tag of the echo reply", node.ask(echo, VLAN, ECHO_REPLY), VLAN)
    counted(d.mag1, "drop_spoof", lambda: node.send(echo, 0))
    counted(d.mag1, "drop_vlan", lambda: node.send(echo, 200))


@test
def an_untagged_host_is_served_beside_it(d):
    host = d.host("plain", d.mag1)
    same("interface", d.mag1.node(host.mac)["interface"], "access")
