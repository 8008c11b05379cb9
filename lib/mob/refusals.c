// Rows in a ring; a hash map leads to them.
#include "mob/refusals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NO_ROW = UINT32_MAX };

int refusals_init(struct refusals *r, struct siphash_key key)
{
	*r = (struct refusals){.key = key};
	r->rows = calloc(MAX_REFUSALS, sizeof(*r->rows));
	return r->rows != NULL && map_init(&r->index, MAX_REFUSALS) == 0 ? 0 : -ENOMEM;
}

void refusals_done(struct refusals *r)
{
	map_done(&r->index);
	free(r->rows);
	*r = (struct refusals){0};
}

static uint64_t key_of(struct mag_link link)
{
	uint64_t key = link.interface;

	for (size_t k = 0; k < sizeof(link.mac); k++)
		key = key << 8 | link.mac[k];
	return key;
}

static uint64_t hash_of(const struct refusals *r, struct mag_link link, struct span mn_id)
{
	uint64_t key = key_of(link);

	return mn_id.n != 0 ? siphash(r->key, mn_id.p, mn_id.n)
			    : siphash(r->key, &key, sizeof(key));
}

static struct span id_of(const struct refused *row)
{
	return (struct span){row->mn_id, row->mn_len};
}

static bool is_it(const struct refused *row, struct mag_link link, struct span mn_id)
{
	return span_equal(id_of(row), mn_id) && (mn_id.n != 0 || key_of(row->link) == key_of(link));
}

static uint32_t find(const struct refusals *r, struct mag_link link, struct span mn_id)
{
	struct map_cursor c;
	uint32_t i = map_first(&r->index, hash_of(r, link, mn_id), &c);

	for (; i != MAP_NONE; i = map_next(&r->index, &c))
		if (is_it(&r->rows[i], link, mn_id))
			return i;
	return NO_ROW;
}

static void clear(struct refusals *r, uint32_t i)
{
	struct refused *row = &r->rows[i];

	if (!row->used)
		return;
	map_del(&r->index, hash_of(r, row->link, id_of(row)), i);
	*row = (struct refused){0};
	r->n--;
}

static uint32_t add(struct refusals *r, struct mag_link link, struct span mn_id, ns_t now)
{
	uint32_t i = r->next;

	clear(r, i);
	if (map_add(&r->index, hash_of(r, link, mn_id), i) != 0)
		return NO_ROW;
	r->next = (r->next + 1) % MAX_REFUSALS;
	r->n++;
	r->rows[i] = (struct refused){.used = true, .mn_len = (uint8_t)mn_id.n, .since = now};
	if (mn_id.n != 0)
		memcpy(r->rows[i].mn_id, mn_id.p, mn_id.n);
	return i;
}

void refusals_put(struct refusals *r, const struct mag_refusal *refusal, ns_t now)
{
	uint16_t why_len = refusal->why.n < MAG_MAX_WHY ? refusal->why.n : MAG_MAX_WHY;
	uint32_t i = find(r, refusal->link, refusal->mn_id);

	if (refusal->mn_id.n > sizeof(r->rows->mn_id))
		return;
	if (i == NO_ROW)
		i = add(r, refusal->link, refusal->mn_id, now);
	if (i == NO_ROW)
		return;
	struct refused *row = &r->rows[i];
	row->link = refusal->link;
	row->times++;
	row->last = now;
	if (row->until == UINT64_MAX && refusal->until != UINT64_MAX)
		return; // only an operator ends that one
	row->reason = (uint8_t)refusal->reason;
	row->status = refusal->status;
	row->until = refusal->until;
	row->why_len = (uint8_t)why_len;
	if (why_len != 0)
		memcpy(row->why, refusal->why.p, why_len);
}

enum mag_reason refusals_holds(struct refusals *r, struct mag_link link, struct span mn_id,
			       ns_t now)
{
	uint32_t i = find(r, link, mn_id);

	if (i == NO_ROW || r->rows[i].until <= now)
		return REASON_NONE;
	r->rows[i].link = link;
	r->rows[i].times++;
	r->rows[i].last = now;
	return r->rows[i].reason;
}

void refusals_forget(struct refusals *r, struct mag_link link, struct span mn_id)
{
	uint32_t i = find(r, link, mn_id);

	if (i != NO_ROW)
		clear(r, i);
}

void refusals_forget_mac(struct refusals *r, const uint8_t mac[6])
{
	for (uint32_t i = 0; i < MAX_REFUSALS; i++)
		if (r->rows[i].used && memcmp(r->rows[i].link.mac, mac, 6) == 0)
			clear(r, i);
}

bool refusals_next(const struct refusals *r, uint32_t *cursor, struct mag_refusal *out)
{
	for (uint32_t i = *cursor; i < MAX_REFUSALS; i++) {
		const struct refused *row = &r->rows[i];
		if (!row->used)
			continue;
		*cursor = i + 1;
		*out = (struct mag_refusal){.link = row->link,
					    .mn_id = id_of(row),
					    .reason = row->reason,
					    .status = row->status,
					    .why = {row->why, row->why_len},
					    .times = row->times,
					    .since = row->since,
					    .last = row->last,
					    .until = row->until};
		return true;
	}
	return false;
}
