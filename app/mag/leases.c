// The three answers; all from the binding alone.
#include "app/mag/leases.h"

static const uint64_t fixed_identifier = 0x02005efffe005213;

bool leases_are_for(const struct mag_binding *b)
{
	return b->n_hnps > 0 && (b->state == BUL_BOUND || b->state == BUL_REFRESHING);
}

// MAG-DH-02: the same on every MAG, in whatever order the LMA names the prefixes; so the lowest.
struct ip6_addr leases_link_address(const struct mag_binding *b)
{
	uint64_t lowest = UINT64_MAX;

	for (uint32_t i = 0; i < b->n_hnps; i++)
		if (ip6_hi64(b->hnps[i].addr) < lowest)
			lowest = ip6_hi64(b->hnps[i].addr);
	return ip6_from64(lowest, fixed_identifier);
}

bool leases_may_have(const struct mag_binding *b, struct ip6_prefix p)
{
	for (uint32_t i = 0; i < b->n_hnps; i++)
		if (p.len >= b->hnps[i].len && ip6_prefix_covers(b->hnps[i], p.addr))
			return true;
	return false;
}
