// What a node is told by Router Advertisements, and whether it is still there.
#include "mob/mag_engine.h"
#include "wire/nd.h"

static struct mag_action *to_node(struct mag *m, const struct bul_entry *e,
				  const struct ip6_prefix *hnps, uint32_t n)
{
	struct mag_out *out = put_out(m, MAG_ADVERTISE);

	if (out == NULL)
		return NULL;
	memcpy(out->hnps, hnps, n * sizeof(*hnps));
	struct mag_action *a = &out->action;
	a->advertise.link = e->link;
	a->advertise.src = m->conf.link_local; // MAG-RA-03
	a->advertise.hnps = out->hnps;
	a->advertise.n_hnps = n;
	// MAG-RA-07: the MAG stays the default router while the node is served.
	a->advertise.router_lifetime_s = m->conf.router_lifetime_s;
	// MAG-RA-02.
	a->advertise.mtu =
		m->conf.tunnel_mtu < m->conf.access_mtu ? m->conf.tunnel_mtu : m->conf.access_mtu;
	m->totals.adverts++;
	return a;
}

void advertise(struct mag *m, uint32_t i)
{
	struct bul_entry *e = entry_of(m, i);

	// MAG-RA-01: none before the binding is accepted, none after a refusal.
	if (!e->bound || e->n_hnps == 0)
		return;
	struct mag_action *a = to_node(m, e, e->hnps, e->n_hnps);
	if (a == NULL)
		return;
	a->advertise.valid_s = m->conf.prefix_valid_s;
	a->advertise.preferred_s = m->conf.prefix_preferred_s;
	e->advertised = true;
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
	out->action.probe.src = m->conf.link_local;
	out->action.probe.target = ip6_is_zero(e->addr) ? nd_link_local_of(e->link.mac) : e->addr;
	m->totals.probes++;
}
