// What the control thread's turn does for the LMA: binding updates in, timers.
#include "app/common/loop.h"
#include "app/common/signalling.h"
#include "app/common/tunnels.h"
#include "app/lma/anchor.h"
#include "app/lma/grace.h"

// A refresh leaves the workers' tables alone.
static bool may_move(const struct mh *mh)
{
	const struct mh_opt *handoff = mh_find(mh, OPT_HANDOFF);

	return handoff != NULL && handoff->handoff.indicator != HI_NO_CHANGE;
}

// A message that is read, and judged after those before it.
struct coming {
	struct signalling s;
	const struct lma_ahead *ahead; // NULL: it is unreadable
};

static void look_ahead(const struct anchor *a, struct coming *v, unsigned n,
		       struct lma_ahead ahead[LOOP_PUNTS])
{
	unsigned k = 0;

	for (unsigned i = 0; i < n; i++) {
		v[i].ahead = v[i].s.err == MH_OK ? &ahead[k] : NULL;
		if (v[i].s.err == MH_OK)
			ahead[k++].mh = &v[i].s.mh;
	}
	lma_look_ahead(a->lma, ahead, k);
	for (unsigned i = 0; i < k; i++)
		if (ahead[i].hnp.len > 0 && may_move(ahead[i].mh))
			tunnels_look_ahead(&a->plane, ahead[i].hnp);
}

static void judge(struct anchor *a, const struct coming *c, struct instant now)
{
	const struct signalling *s = &c->s;
	struct lma_event event = {.kind = LMA_BAD_MESSAGE};

	if (s->err == MH_OK) {
		event.kind = LMA_MESSAGE;
		event.message.src = s->src;
		event.message.dst = s->dst;
		event.message.mh = &s->mh;
		event.message.ahead = c->ahead;
		event.message.arrival_wall_q16 = now.wall_q16 - wall_q16_from_ns(s->waited);
	} else {
		event.bad.src = s->src;
		event.bad.dst = s->dst;
		event.bad.err = s->err;
		event.bad.type = s->mh.type;
	}
	lma_input(a->lma, now, &event);
	effects_apply(a, now);
}

static void on_punts(void *arg, struct rte_mbuf *const *pkts, unsigned n, struct instant now)
{
	struct coming v[LOOP_PUNTS];
	struct lma_ahead ahead[LOOP_PUNTS];
	struct anchor *a = arg;
	unsigned read = 0;

	for (unsigned i = 0; i < n; i++)
		read += signalling_read(&a->plane, pkts[i], now.mono, &v[read].s);
	look_ahead(a, v, read, ahead);
	for (unsigned i = 0; i < read; i++)
		judge(a, &v[i], now);
}

static void on_time(void *arg, struct instant now)
{
	struct anchor *a = arg;

	if (a->graces != NULL)
		grace_list_turn(a->graces, &a->plane, now.mono);
	if (lma_deadline(a->lma) > now.mono)
		return;
	lma_input(a->lma, now, &(struct lma_event){.kind = LMA_TICK});
	effects_apply(a, now);
}

struct loop_program control_program(struct anchor *a)
{
	return (struct loop_program){.arg = a, .on_punts = on_punts, .on_time = on_time};
}

void control_run(struct anchor *a, const volatile sig_atomic_t *stop)
{
	const struct loop_program program = control_program(a);

	loop_run(&a->plane, a->mgmt, &program, stop);
}
