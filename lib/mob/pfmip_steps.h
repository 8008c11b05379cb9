// The steps of a fast handover, which pfmip.c's matrix names, and what they share. Inside of pfmip.
#pragma once

#include "mob/mag_engine.h"

static inline struct handover *ho(struct mag *m, uint32_t i)
{
	return &m->fast.v[i];
}

// ---- pfmip_effects.c

void ho_hold(struct mag *, uint32_t, enum mag_queue_mode detour, enum mag_queue_mode direct,
	     enum mag_queue_mode uplink);
void ho_release(struct mag *, uint32_t, bool drop);
// Its node's prefixes again, with what holds now: one store for each.
void ho_bind(struct mag *, uint32_t);
void ho_finish(struct mag *, uint32_t, enum handover_outcome);

void ho_bind_expected(struct mag *, uint32_t);
// Another context from now on; of a node that is expected its other prefixes are bound, and what is
// none any more is not.
void ho_set_context(struct mag *, uint32_t, const struct context *);
void ho_unbind_expected(struct mag *, uint32_t);

// ---- pfmip_previous.c

void ho_go(struct mag *, uint32_t);
void ho_let_rest(struct mag *, uint32_t entry);
void ho_go_now(struct mag *, uint32_t);
void ho_prepare(struct mag *, uint32_t);
void ho_accepted(struct mag *, uint32_t);
void ho_refused(struct mag *, uint32_t);
void ho_unanswered(struct mag *, uint32_t);
void ho_cancel(struct mag *, uint32_t);
void ho_wanted(struct mag *, uint32_t);
void ho_done_again(struct mag *, uint32_t);
void ho_wanted_again(struct mag *, uint32_t);
void ho_settle(struct mag *, uint32_t);
void ho_settled(struct mag *, uint32_t);
void ho_leaves(struct mag *, uint32_t);
void ho_returns(struct mag *, uint32_t);
void ho_stays(struct mag *, uint32_t);
void ho_loses_session(struct mag *, uint32_t);
void ho_loses_forwarded(struct mag *, uint32_t);
void ho_not_begun(struct mag *, uint32_t);
void ho_too_long(struct mag *, uint32_t);
void ho_ended(struct mag *, uint32_t);
// The next MAG learns that nothing comes any more, and packets go straight again.
void ho_end_forwarding(struct mag *, uint32_t, enum handover_outcome);
void ho_end_previous(struct mag *, uint32_t, enum handover_outcome);

// ---- pfmip_new.c

void ho_announced(struct mag *, uint32_t);
void ho_announced_again(struct mag *, uint32_t);
void ho_go_on(struct mag *, uint32_t);
void ho_learn(struct mag *, uint32_t);
void ho_learn_by_hi(struct mag *, uint32_t);
void ho_refused_to_new(struct mag *, uint32_t);
void ho_unanswered_to_new(struct mag *, uint32_t);
void ho_granted(struct mag *, uint32_t);
void ho_arrived(struct mag *, uint32_t);
void ho_registered(struct mag *, uint32_t);
void ho_take_detour(struct mag *, uint32_t);
void ho_go_straight(struct mag *, uint32_t);
void ho_previous_done(struct mag *, uint32_t);
void ho_complete(struct mag *, uint32_t);
void ho_called_off(struct mag *, uint32_t);
void ho_called_off_here(struct mag *, uint32_t);
void ho_never_came(struct mag *, uint32_t);
void ho_cancel_new(struct mag *, uint32_t);
// RFC 5949 4.2: what was accepted before is cancelled with it.
void ho_refuse_expected(struct mag *, uint32_t, uint8_t code);
void ho_not_registered(struct mag *, uint32_t);
void ho_no_notice(struct mag *, uint32_t);
void ho_leaves_new(struct mag *, uint32_t);
void ho_end_new(struct mag *, uint32_t, enum handover_outcome, bool drop);
