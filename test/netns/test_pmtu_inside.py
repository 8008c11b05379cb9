"""What routers between LMA and MAG refuse of the tunnel's packets is told to the inner source."""
import contextlib

from configs import CN, CORE_GW, LMA_BACK, LMAA
from errors import UNREACHABLE, Errors
from paths import Paths, echo
from sentences import same, test, true
from traffic import ping

Domain, limit_s = Paths, 60
# RFC 2473 8.1 to 8.3: whatever it is, for the inner source there is one link that does not work.
ADDRESS_UNREACHABLE = 3
BETWEEN = "2001:db8:b1:1::"  # bb and way1


@contextlib.contextmanager
def route(ns, line, before):
    """Another route for the length of a test; `before`: what it was, or its end."""
    ns.ip(f"-6 route {line}")
    try:
        yield
    finally:
        ns.ip(f"-6 route {before}")


def told_to_correspondent(d, host):
    packet = echo(CN, host.address)
    with Errors(d.cn) as errors:
        d.from_network(packet)
        told = errors.get(UNREACHABLE, packet)
    same("code", told.code, ADDRESS_UNREACHABLE)
    # LMA-MTU-06: from an address that the sender can reach.
    true(f"source {told.source}", told.source in (CORE_GW, LMAA))


def told_to_node(d, host):
    packet = echo(host.address, CN)
    with Errors(host.ns) as errors:
        d.from_host(host, packet)
        same("code", errors.get(UNREACHABLE, packet).code, ADDRESS_UNREACHABLE)


@test
def LMA_FW_15_unreachable_inside_the_tunnel_is_told_to_the_correspondent(d):
    # LMA-FW-15
    host, bb = d.one(), d.spaces["bb"]
    true("reachable", ping(d.cn, host.address))
    with route(bb, f"add prohibit {d.mag1.coa}/128", f"del prohibit {d.mag1.coa}/128"):
        told_to_correspondent(d, host)
    true("reachable again", ping(d.cn, host.address))


@test
def MAG_FW_08_unreachable_inside_the_tunnel_is_told_to_the_node(d):
    # MAG-FW-08
    host, way = d.one(), d.spaces["way1"]
    true("reachable", ping(host.ns, CN))
    with route(way, f"add prohibit {LMAA}/128", f"del prohibit {LMAA}/128"):
        told_to_node(d, host)
    true("reachable again", ping(host.ns, CN))


@test
def LMA_FW_15_time_exceeded_inside_the_tunnel_is_told_as_unreachable(d):
    # LMA-FW-15: the two routers send it to each other until its hop limit is used up.
    host, way = d.one(), d.spaces["way1"]
    true("reachable", ping(d.cn, host.address))
    with route(way, f"add {d.mag1.coa}/128 via {BETWEEN}1", f"del {d.mag1.coa}/128"):
        told_to_correspondent(d, host)
    true("reachable again", ping(d.cn, host.address))


@test
def MAG_FW_08_time_exceeded_inside_the_tunnel_is_told_as_unreachable(d):
    # MAG-FW-08
    host, bb = d.one(), d.spaces["bb"]
    true("reachable", ping(host.ns, CN))
    with route(bb, f"replace {LMAA}/128 via {BETWEEN}2", f"replace {LMAA}/128 via {LMA_BACK}"):
        told_to_node(d, host)
    true("reachable again", ping(host.ns, CN))
