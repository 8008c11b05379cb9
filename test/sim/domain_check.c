// What must hold in a domain.
//
// Always: nobody is bound who may not be; a PBU goes to the node's LMA, at most three in a second,
// its timestamp rises, HI 5 is in renewals of what was bound here and nowhere else, a
// de-registration is one; an RA has the MTU of the path as it is, from an address that there is.
// The workers' tables of a MAG, rebuilt from BIND and UNBIND, are its bindings; no prefix
// has two owners at the LMA; a node is told of a prefix that is bound, and of no other; no PBU asks
// for a node that left longer ago than its MAG may believe in it.
// In peace: each node is bound where it is and nowhere else, MAG and LMA say the same of it, and it
// has the prefix that it had.
#include "test/sim/domain.h"

#include <stdio.h>

uint32_t number_of_prefix(struct domain *d, struct ip6_prefix hnp)
{
	if (hnp.len != 64 || (!ip6_prefix_covers(d->pools[0].block, hnp.addr) &&
			      !ip6_prefix_covers(d->pools[1].block, hnp.addr)))
		broke(&d->net, "a prefix that is not of a pool");
	return ip6_hi64(hnp.addr) % D_PREFIXES;
}

// MAG-REG-07, LMA-TS-05, MAG-HI-05, MAG-HI-06, MAG-REG-04, MAG-REG-09.
static void check_manners(struct domain *d, struct record *r, const struct mh *mh)
{
	const struct mh_opt *hi = mh_find(mh, OPT_HANDOFF), *hnp = mh_find(mh, OPT_HNP);
	const struct mh_opt *stamp = mh_find(mh, OPT_TIMESTAMP);
	bool leaves = mh->bu.lifetime_4s == 0;

	if (hi == NULL || hnp == NULL || stamp == NULL || mh_find(mh, OPT_ACCESS) == NULL)
		broke(&d->net, "a PBU without what each has");
	if (stamp->timestamp.wall_q16 <= r->timestamp)
		broke(&d->net, "a timestamp that does not rise");
	r->timestamp = stamp->timestamp.wall_q16;
	if (hi->handoff.indicator == HI_NO_CHANGE && (leaves || !r->was_bound))
		broke(&d->net, "a renewal of what was never bound here");
	if (hnp->hnp.prefix_len == 0 && mh_find_next(mh, OPT_HNP, hnp) != NULL)
		broke(&d->net, "a zero prefix that is not alone");
	if ((mh_find(mh, OPT_LLA) != NULL) == d->fixed_link_local)
		broke(&d->net, "option 26 where it does not belong, or none");
	if (leaves && r->deregistered)
		broke(&d->net, "a second de-registration");
	r->deregistered = leaves;
	if (leaves)
		return; // is not held back by the rate
	if (r->sent[0] != 0 && d->net.now.mono - r->sent[0] < NS_SEC)
		broke(&d->net, "more than three PBUs in a second");
	memmove(r->sent, r->sent + 1, sizeof(r->sent) - sizeof(r->sent[0]));
	r->sent[D_RATE - 1] = d->net.now.mono;
}

// MAG-REG-14: a MAG may believe in a node for probe_after, not longer.
static void check_pbu(struct domain *d, uint32_t mag, struct ip6_addr dst, const struct mh *mh)
{
	const struct mh_opt *opt = mh_find(mh, OPT_MN_ID);
	uint32_t node = opt != NULL ? node_of_name(opt->mn_id.id) : D_NODES;

	d->pbus++;
	if (node == D_NODES)
		broke(&d->net, "a PBU of a node that never was");
	if (!is_permitted(node))
		broke(&d->net, "a PBU of a node that is not permitted");
	if (!ip6_equal(dst, d->lmaas[lma_of(node)]))
		broke(&d->net, "a PBU to the wrong LMA");
	check_manners(d, &d->gateways[mag].of[node], mh);
	const struct node *n = &d->nodes[node];
	if (mh->bu.lifetime_4s > 0 && n->at != (int)mag &&
	    d->net.now.mono > n->left[mag] + 5 * NS_SEC + 10 * NS_MSEC)
		broke(&d->net, "a PBU asks for a node that is gone");
}

static void check_advert(struct domain *d, uint32_t mag, const struct mag_action *a)
{
	uint32_t node = node_of_link(a->advertise.link);

	if (a->advertise.mtu != d->gateways[mag].tunnel_mtu[lma_of(node)])
		broke(&d->net, "an RA with another MTU than the path's");
	if (!ip6_is_link_local(a->advertise.src))
		broke(&d->net, "an RA from nowhere");
	for (uint32_t i = 0; i < a->advertise.n_hnps; i++) {
		uint32_t k = number_of_prefix(d, a->advertise.hnps[i]);
		bool bound = d->gateways[mag].node_of[k] == (int)node;
		if (a->advertise.valid_s > 0 && !bound)
			broke(&d->net, "a node is told of a prefix that is not bound");
	}
}

static void check_bind(struct domain *d, uint32_t mag, const struct mag_action *a)
{
	uint32_t node = node_of_link(a->bind.link);
	struct record *r = &d->gateways[mag].of[node];

	// MAG-PP-03: never before, and not after a rejection.
	if (!is_permitted(node) || (d->authorise && (!r->was_told || r->last == MAG_REJECT)))
		broke(&d->net, "a node is bound that may not be");
	if (!ip6_equal(a->bind.lmaa, d->lmaas[lma_of(node)]))
		broke(&d->net, "a tunnel to the wrong LMA");
	if (a->bind.local != is_local(node))
		broke(&d->net, "local routing is not as its profile says");
	r->was_bound = true;
}

void check_said(struct domain *d, uint32_t mag, const struct mag_action *a)
{
	struct gateway *g = &d->gateways[mag];

	switch (a->kind) {
	case MAG_ASK:
		if (!d->authorise)
			broke(&d->net, "somebody is asked, and there is nobody");
		break;
	case MAG_BIND:
		check_bind(d, mag, a);
		g->node_of[number_of_prefix(d, a->bind.hnp)] = (int)node_of_link(a->bind.link);
		break;
	case MAG_UNBIND:
		g->node_of[number_of_prefix(d, a->unbind.hnp)] = -1;
		break;
	case MAG_SEND:
		if (a->send.mh->type == MH_BU)
			check_pbu(d, mag, a->send.dst, a->send.mh);
		break;
	case MAG_ADVERTISE:
		check_advert(d, mag, a);
		break;
	case MAG_HOLD: // without fast handover
	case MAG_RELEASE:
		broke(&d->net, "packets wait for a handover that there is not");
		break;
	case MAG_PROBE:
		break;
	case MAG_NOTE:
		d->seen_notes[a->note.kind]++;
		d->seen_reasons[a->note.reason]++;
		break;
	}
}

static void check_gateway(struct domain *d, uint32_t mag)
{
	struct gateway *g = &d->gateways[mag];
	uint32_t cursor = 0, said = 0, known = 0;
	struct mag_binding b;

	while (mag_next_binding(g->mag, &cursor, &b))
		for (uint32_t i = 0; i < b.n_hnps; i++, said++)
			if (g->node_of[number_of_prefix(d, b.hnps[i])] != (int)node_of_link(b.link))
				broke(&d->net, "the workers see another binding than the MAG");
	for (uint32_t i = 0; i < D_PREFIXES; i++)
		known += g->node_of[i] >= 0;
	if (known != said)
		broke(&d->net, "the workers know a binding that is none");
}

static void check_owners(struct domain *d)
{
	bool owned[D_PREFIXES] = {0};
	struct lma_binding b;

	for (uint32_t lma = 0; lma < D_LMAS; lma++)
		for (uint32_t cursor = 0; lma_next_binding(d->lmas[lma], &cursor, &b);)
			for (uint32_t i = 0; i < b.n_hnps; i++) {
				uint32_t k = number_of_prefix(d, b.hnps[i]);
				if (owned[k])
					broke(&d->net, "a prefix with two owners");
				owned[k] = true;
			}
}

void check_tables(struct domain *d)
{
	for (uint32_t i = 0; i < D_MAGS; i++)
		check_gateway(d, i);
	check_owners(d);
}

// The LMA's only binding of that node.
static bool find_at_lma(struct domain *d, uint32_t node, struct lma_binding *out)
{
	struct lma_binding b;
	uint32_t cursor = 0, found = 0;

	while (lma_next_binding(d->lmas[lma_of(node)], &cursor, &b))
		if (node_of_name(b.mn_id) == node) {
			*out = b;
			found++;
		}
	if (found > 1)
		broke(&d->net, "a node with one interface has two sessions");
	return found == 1;
}

static void check_prefix(struct domain *d, struct node *n, struct ip6_prefix hnp)
{
	if (n->hnp.len > 0 && ip6_prefix_equal(n->hnp, hnp))
		d->kept++;
	else if (n->hnp.len > 0)
		d->changed++;
	n->hnp = hnp;
}

// With its reason, or asked for just now.
static bool is_refused(const struct domain *d, uint32_t mag, uint32_t node)
{
	struct mag_link link = link_of_node(node);
	struct mag_refusal r;
	struct mag_binding b;

	if (mag_find_binding(d->gateways[mag].mag, link, &b))
		return b.state == BUL_ASKING || b.state == BUL_LEAVING;
	for (uint32_t cursor = 0; mag_next_refusal(d->gateways[mag].mag, &cursor, &r);)
		if (node_of_link(r.link) == node)
			return r.reason ==
			       (is_permitted(node) ? REASON_REJECTED : REASON_NOT_PERMITTED);
	return false;
}

static void check_node(struct domain *d, uint32_t node)
{
	struct node *n = &d->nodes[node];
	struct lma_binding at_lma = {0};
	struct mag_binding b;

	for (uint32_t i = 0; i < D_MAGS; i++)
		if ((int)i != n->at && mag_find_binding(d->gateways[i].mag, link_of_node(node), &b))
			broke(&d->net, "a MAG has an entry of a node that is elsewhere");
	bool known = find_at_lma(d, node, &at_lma);
	if (n->at != NOWHERE && !is_to_be_served(d, node)) {
		if (known || !is_refused(d, (uint32_t)n->at, node))
			broke(&d->net, "who may not be served is, or is not in the list");
		return;
	}
	if (n->at == NOWHERE) {
		if (known)
			broke(&d->net, "the LMA has a binding of a node that is nowhere");
		return;
	}
	if (!mag_find_binding(d->gateways[n->at].mag, link_of_node(node), &b) || b.n_hnps != 1 ||
	    (b.state != BUL_BOUND && b.state != BUL_REFRESHING))
		broke(&d->net, "a node is not bound where it is");
	if (!known || at_lma.state == BCE_DETACHED || at_lma.n_hnps != 1 ||
	    !ip6_equal(at_lma.coa, d->gateways[n->at].coa) ||
	    !ip6_prefix_equal(at_lma.hnps[0], b.hnps[0]))
		broke(&d->net, "LMA and MAG do not agree on a node");
	check_prefix(d, n, b.hnps[0]);
}

void check_agreement(struct domain *d)
{
	for (uint32_t i = 0; i < D_NODES; i++)
		check_node(d, i);
	d->agreements++;
}
