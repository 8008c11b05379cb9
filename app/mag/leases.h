// What of a node's binding the DHCPv6 relay goes by: may it lease at all, by which address is its
// link known to servers, and what may be leased to it (MAG-DH-02, MAG-DH-04). Pure, any thread.
#pragma once

#include "mob/mag.h"

// The LMA has accepted it (status < 128), and nothing else was said since.
bool leases_are_for(const struct mag_binding *);

// In the lowest of its prefixes; the interface identifier is RFC 6543's, which no node has and no
// server gives out (RFC 5453). Only for one that leases are for.
struct ip6_addr leases_link_address(const struct mag_binding *);

// An address is a /128.
bool leases_may_have(const struct mag_binding *, struct ip6_prefix);
