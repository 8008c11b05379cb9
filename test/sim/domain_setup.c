// The configurations of a domain, and what the seed decides of them: whether MAGs have a fixed
// link-local address, whether somebody is asked who may attach.
#include <stdio.h>

#include "test/sim/domain.h"

static const ns_t hold_refused = 20 * NS_SEC;

static void write_profiles(struct domain *d)
{
	for (uint32_t i = 0; i < D_NODES; i++) {
		struct mag_profile_conf *p = &d->profiles[i];
		struct mag_link l = link_of_node(i);
		snprintf(p->match, sizeof(p->match), "0200000000%02x@example.net", l.mac[5]);
		p->permit = is_permitted(i);
		if (lma_of(i) != 0)
			p->profile.lma = d->lmaas[lma_of(i)];
		p->profile.local_routing = is_local(i) ? ROUTING_LOCAL : ROUTING_AS_FLAG;
	}
	snprintf(d->profiles[D_NODES].match, sizeof(d->profiles[D_NODES].match), "@example.net");
	d->profiles[D_NODES].permit = true;
}

struct mag_conf conf_of_mag(const struct domain *d, uint32_t mag)
{
	const struct gateway *g = &d->gateways[mag];
	struct mag_conf conf = {
		.coa = g->coa,
		.lmas = {{d->lmaas[0], 1460}, {d->lmaas[1], 1440}},
		.n_lmas = D_LMAS,
		.profiles = d->profiles,
		.n_profiles = D_NODES + 1,
		.realm = "example.net",
		.access_tech = 4,
		.max_nodes = D_NODES,
		.max_pending = D_NODES,
		.lifetime_s = lifetime_s,
		.timestamps = true,
		.access_mtu = 1500,
		.prefix_valid_s = 86400,
		.prefix_preferred_s = 3600,
		.router_lifetime_s = 1800,
		.advertise_interval = 40 * NS_SEC,
		.authorise = d->authorise,
		.authorise_timeout = 10 * NS_SEC,
		.hold_refused = hold_refused,
		.probe_after = 5 * NS_SEC,
		.probe_interval = NS_SEC,
		.probes = 3,
		.heartbeat = {.interval = 30 * NS_SEC,
			      .missing_allowed = 3,
			      .restart_counter = g->restarts,
			      .lost_sessions = g->restarts > 0},
	};

	if (d->fixed_link_local)
		conf.link_local = ip6_from64(0xfe80000000000000, 0x02005efffe005213);
	return conf;
}

static void configure_lma(struct domain *d, uint32_t lma)
{
	static const struct lma_profile_conf all = {.key = "*", .permit = true};

	d->lmaas[lma] = ip6_from64(0x20010db8000a0000 + lma, 1);
	d->pools[lma] = (struct lma_pool_conf){
		.block = {ip6_from64(0x20010db840000000 + lma * D_POOL, 0), 58}, .hnp_len = 64};
	d->lma_conf[lma] = (struct lma_conf){
		.mags = d->lma_mags,
		.pools = &d->pools[lma],
		.profiles = &all,
		.addresses = &d->lmaas[lma],
		.n_mags = D_MAGS,
		.n_pools = 1,
		.n_profiles = 1,
		.n_addresses = 1,
		.max_bindings = 100,
		.max_mags = D_MAGS,
		.sessions_per_mn = 3,
		.max_lifetime_s = 300,
		.min_delay_before_bce_delete = 10 * NS_SEC,
		.max_delay_before_new_bce_assign = 1500 * NS_MSEC,
		// Messages are on their way for seconds at times; how old one may be is tested
		// elsewhere.
		.timestamp_validity_window = 5 * NS_SEC,
		.prefix_quarantine = 10 * NS_SEC,
		.heartbeat = {.interval = 30 * NS_SEC, .missing_allowed = 3, .restart_counter = 1},
	};
}

void configure(struct domain *d)
{
	d->fixed_link_local = happens(&d->net, 2);
	d->authorise = happens(&d->net, 2);
	for (uint32_t i = 0; i < D_LMAS; i++)
		configure_lma(d, i);
	for (uint32_t i = 0; i < D_MAGS; i++) {
		struct gateway *g = &d->gateways[i];
		g->coa = d->net.mags[i].addr = ip6_from64(0x20010db800010000 + i, 1);
		g->clock_off =
			(int64_t)rng_below(&d->net.rng, 160 * NS_MSEC) - 80 * (int64_t)NS_MSEC;
		d->lma_mags[i].from = (struct ip6_prefix){g->coa, 128};
	}
	write_profiles(d);
}
