// ICMPv6 errors that routers send about our tunnel packets, and those that control owes: RFC 2473
// 8, RFC 6275 9.2. Control thread.
#pragma once

#include "app/common/plane.h"

// An ICMP punt: the path MTU follows, the inner source is told. Counted whatever it is.
void tunnel_errors_take(struct plane *, const struct rte_mbuf *, ns_t now);
// WIRE-01, WIRE-02: a Parameter Problem about octet `at` of the mobility header to the source of
// this signalling punt.
void tunnel_errors_blame(struct plane *, const struct rte_mbuf *, uint16_t at, ns_t now);
