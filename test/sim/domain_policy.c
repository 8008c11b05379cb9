// Who is served, where, and by which name; and the one who is asked for it, as slow and as silent
// as a server is.
#include <stdio.h>

#include "test/sim/domain.h"

bool is_permitted(uint32_t node)
{
	return node % 8 != 7;
}

bool changes_its_mind(uint32_t node)
{
	return node % 8 == 6;
}

bool is_renamed(uint32_t node)
{
	return node % 8 == 5;
}

uint32_t lma_of(uint32_t node)
{
	return node % 2;
}

bool is_local(uint32_t node)
{
	return node % 4 == 1;
}

bool is_to_be_served(const struct domain *d, uint32_t node)
{
	return is_permitted(node) && (!d->authorise || d->nodes[node].allowed);
}

static int name_of(uint32_t node, bool renamed, char name[64])
{
	struct mag_link l = link_of_node(node);

	return renamed ? snprintf(name, 64, "node%u@example.org", (unsigned)node)
		       : snprintf(name, 64, "0200000000%02x@example.net", l.mac[5]);
}

uint32_t node_of_name(struct span mn_id)
{
	char name[64];

	for (uint32_t i = 0; i < D_NODES; i++)
		for (int renamed = 0; renamed < 2; renamed++) {
			int n = name_of(i, renamed != 0, name);
			if ((renamed == 0 || is_renamed(i)) &&
			    span_equal(mn_id, (struct span){(const uint8_t *)name, (uint16_t)n}))
				return i;
		}
	return D_NODES;
}

// ---- The one who is asked.

void ask_server(struct domain *d, uint32_t mag, const struct mag_action *a)
{
	uint32_t i = d->next_question++ % D_QUESTIONS;
	ns_t delay = (1 + rng_below(&d->net.rng, d->net.calm ? 20 : 3000)) * NS_MSEC;

	if (!d->net.calm && happens(&d->net, 20))
		return; // nobody answers
	d->questions[i] = (struct question){mag, node_of_link(a->ask.link), a->ask.ticket, true};
	at(&d->net, d->net.now.mono + delay, (struct sim_event){.kind = SIM_ANSWER, .what = i});
	if (!d->net.calm && happens(&d->net, 20)) // twice
		at(&d->net, d->net.now.mono + 2 * delay,
		   (struct sim_event){.kind = SIM_ANSWER, .what = i});
}

static enum mag_verdict judge(struct domain *d, uint32_t node)
{
	if (!d->net.calm && happens(&d->net, 10))
		return happens(&d->net, 2) ? MAG_UNREACHABLE : MAG_UNUSABLE;
	return d->nodes[node].allowed ? MAG_ACCEPT : MAG_REJECT;
}

// Who changes his mind says so within a minute to those who are served.
static uint32_t session_of(struct domain *d, uint32_t node)
{
	if (changes_its_mind(node))
		return 20 + rng_below(&d->net.rng, 20);
	return happens(&d->net, 2) ? 0 : 10 + rng_below(&d->net.rng, 100);
}

void take_answer(struct domain *d, uint32_t question)
{
	struct question *q = &d->questions[question];
	struct mag_event e = {.kind = MAG_AUTHORISED};
	struct record *r = &d->gateways[q->mag].of[q->node];
	char name[64];

	e.authorised.ticket = q->ticket;
	e.authorised.verdict = judge(d, q->node);
	e.authorised.session_s = session_of(d, q->node);
	if (is_renamed(q->node))
		e.authorised.mn_id = (struct span){(const uint8_t *)name,
						   (uint16_t)name_of(q->node, true, name)};
	r->last = e.authorised.verdict;
	r->was_told = true;
	tell_mag(d, q->mag, &e);
}

void change_minds(struct domain *d)
{
	for (uint32_t i = 0; i < D_NODES; i++)
		if (changes_its_mind(i) && happens(&d->net, 2)) {
			d->nodes[i].allowed = !d->nodes[i].allowed;
			d->nodes[i].hnp.len = 0;
		}
}

void pardon_all(struct domain *d)
{
	for (uint32_t i = 0; i < D_NODES; i++) {
		struct mag_event e = {.kind = MAG_ATTACH, .attach.link = link_of_node(i)};
		if (d->nodes[i].at == NOWHERE)
			continue;
		d->gateways[d->nodes[i].at].of[i].barred = false;
		tell_mag(d, (uint32_t)d->nodes[i].at, &e);
	}
}
