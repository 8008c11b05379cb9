// A full binding cache: N first registrations through the engine and into the workers' tables, as
// the control thread does it, without a wire. How long it takes, and what memory a binding takes.
#include <stdio.h>

#include "app/common/loop.h"
#include "app/common/tunnels.h"
#include "test/perf/bench/bench.h"
#include "test/perf/bench/site.h"

enum { ROWS = 8 }; // in which the fill is told: a flat cost is the same in all of them

// What a MAG's first registration of a node says.
struct arrival {
	struct lma_event event;
	struct mh mh;
	uint8_t id[23];
	uint8_t ll_id[6];
};

static void fill_in(struct arrival *a, struct lma_ahead *ahead, uint32_t node, struct instant now)
{
	memcpy(a->id, "n00000000@bench.example", sizeof(a->id));
	mags_write_id(a->id + 1, node);
	mh_init(&a->mh, MH_BU);
	a->mh.bu.flags = BU_A | BU_P;
	a->mh.bu.lifetime_4s = 9000;
	struct mh_opt *o = mh_add(&a->mh, OPT_MN_ID);
	o->mn_id.subtype = MN_ID_NAI;
	o->mn_id.id = (struct span){a->id, sizeof(a->id)};
	mh_add(&a->mh, OPT_HNP)->hnp.prefix_len = 0;
	mh_add(&a->mh, OPT_HANDOFF)->handoff.indicator = HI_NEW_INTERFACE;
	mh_add(&a->mh, OPT_ACCESS)->access.tech = 4;
	memcpy(a->ll_id, &node, sizeof(node));
	a->ll_id[5] = 1;
	mh_add(&a->mh, OPT_LL_ID)->ll_id.id = (struct span){a->ll_id, sizeof(a->ll_id)};
	mh_add(&a->mh, OPT_TIMESTAMP)->timestamp.wall_q16 = now.wall_q16;
	a->event.kind = LMA_MESSAGE;
	a->event.message.src = domain_coa(node % N_MAGS);
	a->event.message.dst = domain_lmaa();
	a->event.message.arrival_wall_q16 = now.wall_q16;
	a->event.message.mh = ahead->mh = &a->mh;
	a->event.message.ahead = ahead;
}

// False: it was refused, or there was no room for it.
static bool carry_out(struct site *s)
{
	struct lma_action action;
	bool ok = true;

	while (lma_output(s->anchor.lma, &action)) {
		if (action.kind == LMA_SEND)
			ok &= action.send.mh->ba.status == PBA_ACCEPTED;
		if (action.kind != LMA_BIND)
			continue;
		const struct tunnel_way way = {.tunnel = {.local = action.bind.lmaa,
							  .remote = action.bind.coa,
							  .peer = action.bind.mag}};
		ok &= tunnels_bind(&s->anchor.plane, action.bind.hnp, &way) == 0;
	}
	return ok;
}

static bool insert(struct site *s, uint32_t first, uint32_t end)
{
	static struct arrival v[LOOP_PUNTS];
	static struct lma_ahead ahead[LOOP_PUNTS];
	bool ok = true;

	for (uint32_t i = first; i < end && ok; i += LOOP_PUNTS) {
		unsigned n = end - i < LOOP_PUNTS ? end - i : LOOP_PUNTS;
		struct instant now = loop_instant();
		for (unsigned k = 0; k < n; k++)
			fill_in(&v[k], &ahead[k], i + k, now);
		lma_look_ahead(s->anchor.lma, ahead, n);
		for (unsigned k = 0; k < n; k++)
			tunnels_look_ahead(&s->anchor.plane, ahead[k].hnp);
		for (unsigned k = 0; k < n && ok; k++) {
			lma_input(s->anchor.lma, now, &v[k].event);
			ok = carry_out(s);
		}
	}
	return ok;
}

int bench_insert(const struct options *o)
{
	static struct site s;
	double seconds = 0, slowest = 0;
	ns_t start = site_cpu_now();
	bool ok = site_new(&s, o->bindings, o->size) == 0;
	double started = (double)(site_cpu_now() - start) / 1e9, empty = site_resident_bytes();
	uint32_t begin = 0;

	for (unsigned row = 1; row <= ROWS && ok; row++) {
		uint32_t end = (uint32_t)((uint64_t)o->bindings * row / ROWS);
		ns_t from = site_cpu_now();
		ok = insert(&s, begin, end);
		double spent = (double)(site_cpu_now() - from) / 1e9;
		double ns = end > begin ? spent * 1e9 / (end - begin) : 0;
		seconds += spent;
		slowest = ns > slowest ? ns : slowest;
		begin = end;
	}
	if (ok) {
		double n = o->bindings, data = site_data_bytes(&s);
		double control = s.engine_bytes + site_resident_bytes() - empty;
		printf("{\"name\": \"insert\", \"bindings\": %u, \"start_seconds\": %.3f, "
		       "\"seconds\": %.3f, \"insert_ns\": %.0f, \"slowest_ns\": %.0f, "
		       "\"control_bytes_per_binding\": %.1f, \"data_bytes_per_binding\": %.1f}\n",
		       o->bindings, started, seconds, seconds * 1e9 / n, slowest, control / n,
		       data / n);
	} else {
		fprintf(stderr, "kedge-bench: not all of %u bindings were taken\n", o->bindings);
	}
	site_free(&s);
	return !ok;
}
