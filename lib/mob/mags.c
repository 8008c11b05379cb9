// The MAGs that have spoken to us: dense numbers for the workers, counters for the operator.
#include "mob/engine.h"

static uint64_t hash_of(const struct lma *lma, struct ip6_addr coa)
{
	return siphash(lma->key, &coa, sizeof(coa));
}

uint32_t mag_find(const struct lma *lma, struct ip6_addr coa)
{
	struct map_cursor c;
	uint32_t i = map_first(&lma->mags_by_coa, hash_of(lma, coa), &c);

	for (; i != MAP_NONE; i = map_next(&lma->mags_by_coa, &c))
		if (ip6_equal(lma->mags[i].coa, coa))
			return i;
	return 0;
}

// A number nobody uses, else the record of a MAG without bindings, in turn.
static uint32_t find_room(struct lma *lma)
{
	if (lma->n_mags < lma->conf.max_mags)
		return ++lma->n_mags;
	if (lma->n_busy == lma->conf.max_mags)
		return 0;
	for (uint32_t tried = 0; tried < lma->conf.max_mags; tried++) {
		lma->mag_hand = lma->mag_hand % lma->conf.max_mags + 1;
		struct mag_record *m = &lma->mags[lma->mag_hand];
		if (m->bindings > 0 || m->kept || m->busy_until > lma->now.mono)
			continue;
		if (m->used)
			map_del(&lma->mags_by_coa, hash_of(lma, m->coa), lma->mag_hand);
		m->used = false;
		return lma->mag_hand;
	}
	return 0;
}

void mag_heard(struct lma *lma, uint32_t mag)
{
	lma->mags[mag].last_heard = lma->now.mono;
}

uint32_t mag_get(struct lma *lma, struct ip6_addr coa, uint32_t conf)
{
	uint32_t i = mag_find(lma, coa);

	if (i == 0) {
		i = find_room(lma);
		if (i == 0 || map_add(&lma->mags_by_coa, hash_of(lma, coa), i) != 0)
			return 0;
		lma->mags[i] = (struct mag_record){.coa = coa, .conf = conf, .used = true};
	}
	mag_heard(lma, i);
	return i;
}

uint32_t lma_keep_mag(struct lma *lma, struct ip6_addr coa)
{
	uint32_t row = policy_mag(lma, coa);
	uint32_t i = row != NO_ROW ? mag_get(lma, coa, row) : 0;

	if (i != 0) {
		lma->n_busy += lma->mags[i].bindings == 0 && !lma->mags[i].kept;
		lma->mags[i].kept = true;
	}
	return i;
}

void mag_hold(struct lma *lma, uint32_t mag, struct ip6_addr lmaa)
{
	struct mag_record *m = &lma->mags[mag];

	m->lmaa = lmaa;
	if (m->bindings++ > 0)
		return;
	lma->n_busy += !m->kept;
	beats_begin(lma, mag);
}

void mag_release(struct lma *lma, uint32_t mag)
{
	struct mag_record *m = &lma->mags[mag];

	if (--m->bindings > 0)
		return;
	lma->n_busy -= !m->kept;
	beats_end(lma, mag);
}

void count_received(struct lma *lma, uint32_t mag, enum lma_update update)
{
	lma->totals.received[update]++;
	if (mag != 0)
		lma->mags[mag].received[update]++;
}

void count_answered(struct lma *lma, uint32_t mag, enum lma_update update, uint8_t status)
{
	bool accepted = status < 128;

	(accepted ? lma->totals.accepted : lma->totals.denied)[update]++;
	if (mag == 0)
		return;
	struct mag_record *m = &lma->mags[mag];
	(accepted ? m->accepted : m->denied)[update]++;
	m->clock_lower += status == PBA_TIMESTAMP_LOWER;
	m->clock_apart += status == PBA_TIMESTAMP_MISMATCH;
}

void count_turned(struct lma *lma, uint32_t mag, enum lma_update update)
{
	lma->totals.accepted[update]--;
	lma->totals.denied[update]++;
	if (mag == 0)
		return;
	lma->mags[mag].accepted[update]--;
	lma->mags[mag].denied[update]++;
}

bool lma_next_mag(const struct lma *lma, uint32_t *cursor, struct lma_mag *out)
{
	while (*cursor < lma->n_mags) {
		uint32_t i = ++*cursor;
		const struct mag_record *m = &lma->mags[i];
		if (!m->used)
			continue;
		*out = (struct lma_mag){.coa = m->coa,
					.name = lma->conf.mags[m->conf].name,
					.id = i,
					.bindings = m->bindings,
					.last_heard = m->last_heard,
					.clock_lower = m->clock_lower,
					.clock_apart = m->clock_apart,
					.heartbeat = m->heartbeat};
		memcpy(out->received, m->received, sizeof(out->received));
		memcpy(out->accepted, m->accepted, sizeof(out->accepted));
		memcpy(out->denied, m->denied, sizeof(out->denied));
		return true;
	}
	return false;
}

const char *lma_update_name(enum lma_update update)
{
	static const char *const names[LMA_N_UPDATES] = {
		[LMA_INITIAL] = "initial",           [LMA_REFRESH] = "refresh",
		[LMA_HANDOFF] = "handoff",           [LMA_DEREG] = "deregistration",
		[LMA_UNCLASSIFIED] = "unclassified",
	};

	return update < LMA_N_UPDATES ? names[update] : "unknown";
}
