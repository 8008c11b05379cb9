// What a node is told by Router Advertisements, and whether it is still there.
#include "mob/mag_engine.h"
#include "wire/nd.h"

struct ip6_addr link_local_of(const struct mag *m, const struct bul_entry *e)
{
	return ip6_is_zero(m->conf.link_local) ? e->link_local : m->conf.link_local;
}

// MAG-RA-02.
static uint16_t mtu_of(const struct mag *m, const struct bul_entry *e)
{
	uint16_t own = interface_of(m, e)->mtu, tunnel = m->lmas[e->lma].tunnel_mtu;
	uint16_t access = own != 0 ? own : m->conf.access_mtu;

	return tunnel < access ? tunnel : access;
}

static struct mag_action *to_node(struct mag *m, const struct bul_entry *e,
				  const struct ip6_prefix *hnps, uint32_t n)
{
	struct mag_out *out = put_out(m, MAG_ADVERTISE);

	if (out == NULL)
		return NULL;
	memcpy(out->hnps, hnps, n * sizeof(*hnps));
	struct mag_action *a = &out->action;
	a->advertise.link = e->link;
	a->advertise.src = link_local_of(m, e); // MAG-RA-03
	a->advertise.hnps = out->hnps;
	a->advertise.n_hnps = n;
	// MAG-RA-07: the MAG stays the default router while the node is served.
	a->advertise.router_lifetime_s = m->conf.router_lifetime_s;
	a->advertise.mtu = mtu_of(m, e);
	m->totals.adverts++;
	return a;
}

// MAG-RA-05: free, or no longer than the binding.
static void put_lifetimes(const struct mag *m, const struct bul_entry *e, struct mag_action *a)
{
	int64_t left = (int64_t)(e->expires - m->now.mono) / (int64_t)NS_SEC;

	if (e->expires == 0) // FMIP-08: not granted yet
		left = e->lifetime_s;
	left = left > 1 ? left : 1; // none at all would withdraw them
	uint32_t most = m->conf.prefixes_end_with_binding ? (uint32_t)left : UINT32_MAX;
	uint32_t valid = m->conf.prefix_valid_s, preferred = m->conf.prefix_preferred_s;

	a->advertise.valid_s = valid < most ? valid : most;
	a->advertise.preferred_s = preferred < most ? preferred : most;
}

// A host gives its router up when the router lifetime is over, and asks for none while it has one:
// so it is told again before (RFC 4861 6.2.4, between 3/4 of the interval and all of it).
static ns_t next_advert(struct mag *m)
{
	uint32_t quarter_ms = (uint32_t)(m->conf.advertise_interval / 4 / NS_MSEC) + 1;

	if (m->conf.advertise_interval == 0)
		return 0;
	return m->now.mono + m->conf.advertise_interval - rng_below(&m->rng, quarter_ms) * NS_MSEC;
}

void advertise(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	if (!e->bound) // MAG-RA-01: none before the binding is accepted, none after a refusal
		return;
	if (ip6_is_zero(link_local_of(m, e))) // FMIP-08: bound, and the LMA has not said it yet
		return;
	struct mag_action *a = to_node(m, e, e->hnps, e->n_hnps);
	if (a == NULL)
		return;
	put_lifetimes(m, e, a);
	e->advertised = true;
	e->due_advert = next_advert(m);
	if (e->attach_us == 0)
		e->attach_us = (uint32_t)((m->now.mono - e->since) / 1000) + 1;
}

void withdraw(struct mag *m, uint32_t i, const struct ip6_prefix *hnps, uint32_t n)
{
	const struct bul_entry *e = entry_of(m, i);

	if (!e->advertised || n == 0)
		return;
	struct mag_action *a = to_node(m, e, hnps, n);
	if (a != NULL && !e->bound)
		a->advertise.router_lifetime_s = 0; // no prefix is left: no router of its either
}

void probe(struct mag *m, uint32_t i)
{
	const struct bul_entry *e = entry_of(m, i);
	struct mag_out *out = put_out(m, MAG_PROBE);

	if (out == NULL)
		return;
	out->action.probe.link = e->link;
	out->action.probe.src = link_local_of(m, e);
	// Before the LMA gave one: RFC 6543's, which no node can have.
	if (ip6_is_zero(out->action.probe.src))
		out->action.probe.src = ip6_from64(0xfe80000000000000, 0x02005efffe005213);
	out->action.probe.target = ip6_is_zero(e->addr) ? nd_link_local_of(e->link.mac) : e->addr;
	m->totals.probes++;
}
