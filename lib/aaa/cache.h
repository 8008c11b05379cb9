// Answers that still hold: an acceptance for its session time, a rejection for a while. To the
// same question, whatever its ticket. Bounded; the oldest gives way. Owner: aaa.c, the caller's
// thread.
#pragma once

#include "aaa/aaa.h"
#include "base/map.h"
#include "base/siphash.h"

struct cache {
	struct cached {
		bool used;
		struct aaa_question question;
		struct aaa_answer answer;
		ns_t until;
	} * rows;
	uint32_t max, next, n;
	struct map index;
	struct siphash_key key;
};

int cache_init(struct cache *, uint32_t max, struct siphash_key); // 0, -ENOMEM
void cache_done(struct cache *);
// With the session time that is left. False: nothing holds.
bool cache_get(struct cache *, const struct aaa_question *, ns_t now, struct aaa_answer *out);
void cache_put(struct cache *, const struct aaa_question *, const struct aaa_answer *, ns_t until);
void cache_forget(struct cache *, const char *user_name);
