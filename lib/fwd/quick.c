// The words of quick.h, out of the configuration.
//
// Decides which configurations have plain packets (plain.h) at all: an LMA's with ECN as RFC 6040
// has it; uplink with one tunnel address; downlink with pools of global addresses, the first one's
// a little faster. All else goes the long way.
#include "fwd/stage.h"

// A tunnel address goes before the pool that it may lie in; and what is in the pool has to be
// something that may cross (is_surely_global), without another look.
static bool is_quick_pool(const struct fwd_conf *conf, struct ip6_prefix pool)
{
	for (uint32_t i = 0; i < conf->n_lmaas; i++)
		if (ip6_prefix_covers(pool, conf->lmaas[i]))
			return false;
	return pool.len >= 7 && pool.len <= 64 && is_surely_global(first_half(&pool.addr));
}

static bool are_quick_pools(const struct fwd_conf *conf)
{
	for (uint32_t i = 0; i < conf->n_pools; i++)
		if (!is_quick_pool(conf, conf->pools[i]))
			return false;
	return conf->n_pools > 0;
}

// Without an address of its own a port takes any that is no group's.
static struct quick_port quick_port(const struct fwd_port *port)
{
	uint64_t mac = mac_bits(port->mac);

	if (port->kind == FWD_PORT_ACCESS || (port->vlans[0] & 1) == 0)
		return (struct quick_port){.mac = UINT64_MAX};
	return (struct quick_port){.mac = mac, .mask = mac != 0 ? UINT64_MAX >> 16 : 1};
}

void quick_init(struct quick *q, const struct fwd_conf *conf)
{
	*q = (struct quick){.pool = UINT64_MAX}; // no masked word is that
	memset(q->lmaa, 0xff, sizeof(q->lmaa));  // nobody's
	if (conf->n_lmaas > 0)
		memcpy(q->lmaa, conf->lmaas[0].a, sizeof(q->lmaa));
	if (conf->n_pools > 0 && is_quick_pool(conf, conf->pools[0])) {
		q->pool_mask = rte_cpu_to_be_64(UINT64_MAX << (64 - conf->pools[0].len));
		q->pool = first_half(&conf->pools[0].addr);
	}
	q->lma = conf->role == FWD_LMA;
	q->down = q->lma && conf->ecn == FWD_ECN_RFC6040 && are_quick_pools(conf);
	q->many = q->down && conf->n_pools > 1;
	q->up = q->lma && conf->ecn == FWD_ECN_RFC6040 && conf->n_lmaas == 1;
	for (unsigned i = 0; i < FWD_MAX_PORTS; i++)
		q->ports[i] = quick_port(&conf->ports[i]);
}
