// What the control thread's turn does for the LMA: binding updates in, timers.
#include "app/common/loop.h"
#include "app/common/signalling.h"
#include "app/lma/anchor.h"
#include "app/lma/grace.h"

static void on_punt(void *arg, struct rte_mbuf *m, struct instant now)
{
	struct anchor *a = arg;
	struct lma_event event = {.kind = LMA_BAD_MESSAGE};
	struct signalling s;

	if (!signalling_read(&a->plane, m, now.mono, &s))
		return;
	if (s.err == MH_OK) {
		event.kind = LMA_MESSAGE;
		event.message.src = s.src;
		event.message.dst = s.dst;
		event.message.mh = &s.mh;
		event.message.arrival_wall_q16 = now.wall_q16 - wall_q16_from_ns(s.waited);
	} else {
		event.bad.src = s.src;
		event.bad.dst = s.dst;
		event.bad.err = s.err;
		event.bad.type = s.mh.type;
	}
	lma_input(a->lma, now, &event);
	effects_apply(a, now);
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

void control_run(struct anchor *a, const volatile sig_atomic_t *stop)
{
	const struct loop_program program = {.arg = a, .on_punt = on_punt, .on_time = on_time};

	loop_run(&a->plane, a->mgmt, &program, stop);
}
