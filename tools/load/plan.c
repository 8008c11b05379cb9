// Names and addresses of the played domain, there and back.
#include "tools/load/plan.h"

#include <stdio.h>
#include <string.h>

static const char prefix[] = "node-";

struct ip6_addr plan_coa(const struct plan *p, uint32_t mag)
{
	return ip6_from64(ip6_hi64(p->first_coa), ip6_lo64(p->first_coa) + mag);
}

uint32_t plan_mag(const struct plan *p, struct ip6_addr a)
{
	uint64_t i = ip6_lo64(a) - ip6_lo64(p->first_coa);

	return ip6_hi64(a) == ip6_hi64(p->first_coa) && i < p->mags ? (uint32_t)i : PLAN_NONE;
}

struct span plan_nai(const struct plan *p, uint32_t node, char buf[static PLAN_NAI])
{
	int n = snprintf(buf, PLAN_NAI, "%s%u@%s", prefix, node, p->realm);

	return (struct span){(const uint8_t *)buf, (uint16_t)n};
}

uint32_t plan_node_of_nai(const struct plan *p, struct span nai)
{
	char buf[PLAN_NAI];
	uint64_t node = 0;

	for (uint16_t i = sizeof(prefix) - 1; i < nai.n && i < PLAN_NAI; i++) {
		if (nai.p[i] < '0' || nai.p[i] > '9')
			break;
		node = node * 10 + nai.p[i] - '0';
		if (node >= p->nodes)
			return PLAN_NONE;
	}
	// Whether the rest is as it should be: that it was written so.
	return span_equal(nai, plan_nai(p, (uint32_t)node, buf)) ? (uint32_t)node : PLAN_NONE;
}

void plan_ll_id(uint32_t node, uint8_t mac[static PLAN_MAC])
{
	uint32_t n = __builtin_bswap32(node);

	mac[0] = 2;
	mac[1] = 0;
	memcpy(mac + 2, &n, sizeof(n));
}
