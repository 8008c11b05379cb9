// Rows in a ring; a hash map leads to them.
#include "aaa/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int cache_init(struct cache *c, uint32_t max, struct siphash_key key)
{
	*c = (struct cache){.max = max, .key = key, .rows = calloc(max, sizeof(*c->rows))};
	return c->rows != NULL && map_init(&c->index, max) == 0 ? 0 : -ENOMEM;
}

void cache_done(struct cache *c)
{
	map_done(&c->index);
	free(c->rows);
	*c = (struct cache){0};
}

static uint64_t hash_of(const struct cache *c, const struct aaa_question *q)
{
	uint8_t key[AAA_MAX_NAME + 6];
	size_t n = strnlen(q->user_name, AAA_MAX_NAME);

	memcpy(key, q->mac, 6);
	memcpy(key + 6, q->user_name, n);
	return siphash(c->key, key, n + 6);
}

// A server may decide by any of it. The service is not asked for: its profile says it of the name,
// or an answer did.
static bool is_same(const struct aaa_question *a, const struct aaa_question *b)
{
	return memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 && a->port_type == b->port_type &&
	       strcmp(a->user_name, b->user_name) == 0 && strcmp(a->port_id, b->port_id) == 0;
}

static uint32_t find(const struct cache *c, const struct aaa_question *q)
{
	struct map_cursor at;
	uint32_t i = map_first(&c->index, hash_of(c, q), &at);

	for (; i != MAP_NONE; i = map_next(&c->index, &at))
		if (is_same(&c->rows[i].question, q))
			return i;
	return MAP_NONE;
}

static void clear(struct cache *c, uint32_t i)
{
	if (!c->rows[i].used)
		return;
	map_del(&c->index, hash_of(c, &c->rows[i].question), i);
	c->rows[i].used = false;
	c->n--;
}

bool cache_get(struct cache *c, const struct aaa_question *q, ns_t now, struct aaa_answer *out)
{
	uint32_t i = find(c, q);

	if (i == MAP_NONE)
		return false;
	if (c->rows[i].until <= now) {
		clear(c, i);
		return false;
	}
	*out = c->rows[i].answer;
	out->ticket = q->ticket;
	if (out->session_s > 0)
		out->session_s = (uint32_t)((c->rows[i].until - now + NS_SEC - 1) / NS_SEC);
	return true;
}

void cache_put(struct cache *c, const struct aaa_question *q, const struct aaa_answer *a,
	       ns_t until)
{
	uint32_t i = find(c, q);

	if (i == MAP_NONE) {
		i = c->next;
		clear(c, i);
		if (map_add(&c->index, hash_of(c, q), i) != 0)
			return; // it is asked again
		c->next = (c->next + 1) % c->max;
		c->n++;
	}
	c->rows[i] = (struct cached){.used = true, .question = *q, .answer = *a, .until = until};
}

void cache_forget(struct cache *c, const char *user_name)
{
	for (uint32_t i = 0; i < c->max; i++)
		if (c->rows[i].used && strcmp(c->rows[i].question.user_name, user_name) == 0)
			clear(c, i);
}
