// What an operator may know of the engine: entries, totals, the words of notes. Changes nothing.
#include "mob/mag_engine.h"

static void describe(const struct bul_entry *e, struct mag_binding *out)
{
	*out = (struct mag_binding){
		.link = e->link,
		.mn_id = bul_mn_id(e),
		.hnps = e->hnps,
		.n_hnps = e->bound ? e->n_hnps : 0,
		.state = e->state,
		.status = e->status,
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
		describe(e, out);
		return true;
	}
	return false;
}

bool mag_find_binding(const struct mag *m, struct mag_link link, struct mag_binding *out)
{
	uint32_t i = bul_find_link(&m->bul, link);

	if (i == BUL_NULL)
		return false;
	describe(&m->bul.entries[i], out);
	return true;
}

const struct mag_totals *mag_totals(struct mag *m)
{
	m->totals.nodes = m->bul.max - m->bul.n_free;
	m->totals.pending = m->bul.n_pending;
	m->totals.refused = m->bul.n_refused;
	m->totals.lma = m->lma;
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
