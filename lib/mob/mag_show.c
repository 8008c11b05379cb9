// What an operator may know of the engine: entries, totals, the words of notes. Changes nothing.
#include "mob/mag_engine.h"

static void describe(const struct mag *m, const struct bul_entry *e, struct mag_binding *out)
{
	*out = (struct mag_binding){
		.link = e->link,
		.mn_id = bul_mn_id(e),
		.hnps = e->hnps,
		.n_hnps = e->bound ? e->n_hnps : 0,
		.state = e->state,
		.lma = m->lmas[e->lma].addr,
		.link_local = link_local_of(m, e),
		.status = e->status,
		.reason = e->state == BUL_REFUSED || e->barred ? e->reason : REASON_NONE,
		.local = e->local,
		.authorised_until = e->asking ? 0 : e->due_ask,
		.attach_us = e->attach_us,
		.since = e->since,
		.expires = e->expires,
		.heard = e->heard,
		.pbus = e->pbus,
		.retries = e->retries,
	};
}

bool mag_next_binding(const struct mag *m, uint32_t *cursor, struct mag_binding *out)
{
	while (*cursor < m->bul.max) {
		const struct bul_entry *e = &m->bul.entries[(*cursor)++];
		if (!e->used)
			continue;
		describe(m, e, out);
		return true;
	}
	return false;
}

bool mag_find_binding(const struct mag *m, struct mag_link link, struct mag_binding *out)
{
	uint32_t i = bul_find_link(&m->bul, link);

	if (i == BUL_NULL)
		return false;
	describe(m, &m->bul.entries[i], out);
	return true;
}

bool mag_next_refusal(const struct mag *m, uint32_t *cursor, struct mag_refusal *out)
{
	while (refusals_next(&m->refusals, cursor, out))
		// Who is barred and still there is an entry already.
		if (bul_find_link(&m->bul, out->link) == BUL_NULL)
			return true;
	return false;
}

bool mag_next_lma(const struct mag *m, uint32_t *cursor, struct mag_lma *out)
{
	if (*cursor >= m->conf.n_lmas)
		return false;
	const struct lma_peer *peer = &m->lmas[*cursor];
	*out = (struct mag_lma){.addr = peer->addr,
				.heartbeat = peer->heartbeat,
				.bindings = m->bul.n_bound_at[*cursor],
				.tunnel_mtu = peer->tunnel_mtu};
	(*cursor)++;
	return true;
}

const struct mag_totals *mag_totals(struct mag *m)
{
	m->totals.nodes = m->bul.max - m->bul.n_free;
	m->totals.pending = m->bul.n_pending;
	m->totals.refused = m->bul.n_refused;
	m->totals.asking = m->bul.n_asking;
	m->totals.refusals = m->refusals.n;
	return &m->totals;
}

const char *mag_note_text(enum mag_note_kind kind)
{
	static const char *const texts[] = {
#define NOTE(ID, name, text) text,
#include "mob/mag_notes.def"
#undef NOTE
	};

	return kind < MAG_N_NOTES ? texts[kind] : "";
}

const char *mag_note_name(enum mag_note_kind kind)
{
	static const char *const names[] = {
#define NOTE(ID, name, text) #name,
#include "mob/mag_notes.def"
#undef NOTE
	};

	return kind < MAG_N_NOTES ? names[kind] : "";
}

const char *mag_reason_name(enum mag_reason reason)
{
	static const char *const names[] = {
#define REASON(ID, name, text, advice) #name,
#include "mob/mag_reasons.def"
#undef REASON
	};

	return reason < MAG_N_REASONS ? names[reason] : "";
}

const char *mag_reason_text(enum mag_reason reason)
{
	static const char *const texts[] = {
#define REASON(ID, name, text, advice) text,
#include "mob/mag_reasons.def"
#undef REASON
	};

	return reason < MAG_N_REASONS ? texts[reason] : "";
}

const char *mag_reason_advice(enum mag_reason reason)
{
	static const char *const advices[] = {
#define REASON(ID, name, text, advice) advice,
#include "mob/mag_reasons.def"
#undef REASON
	};

	return reason < MAG_N_REASONS ? advices[reason] : "";
}

bool mag_next_handover(const struct mag *m, uint32_t *cursor, struct mag_handover *out)
{
	while (m->fast.timers != NULL && *cursor < m->fast.conf.max_handovers) {
		const struct handover *h = &m->fast.v[(*cursor)++];
		if (h->mn_len == 0)
			continue;
		*out = (struct mag_handover){
			.number = *cursor,
			.mn_id = handover_mn_id(h),
			.peer = h->peer,
			.is_new = h->is_new,
			.reactive = h->reactive,
			.state = h->state,
			.outcome = h->state == HO_OVER ? h->outcome : OUTCOME_NONE,
			.code = h->code,
			.n_hnps = h->context.n_hnps,
			.lmaa = h->context.lmaa,
			.ipv4_hoa = h->context.ipv4_hoa,
			.ipv4_lmaa = h->context.ipv4_lmaa,
			.since = h->since,
			.until = h->due_over,
		};
		return true;
	}
	return false;
}

const char *handover_outcome_name(enum handover_outcome outcome)
{
	static const char *const names[N_OUTCOMES] = {
#define OUTCOME(ID, name, text) #name,
#include "mob/handover_outcomes.def"
#undef OUTCOME
	};

	return outcome < N_OUTCOMES ? names[outcome] : "unknown";
}

const char *handover_outcome_text(enum handover_outcome outcome)
{
	static const char *const texts[N_OUTCOMES] = {
#define OUTCOME(ID, name, text) text,
#include "mob/handover_outcomes.def"
#undef OUTCOME
	};

	return outcome < N_OUTCOMES ? texts[outcome] : "unknown";
}
