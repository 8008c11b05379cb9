// One who asks fake servers by lib/aaa, with a clock of its own for what is remembered.
#pragma once

#include "aaa/aaa.h"
#include "test/unit/aaa/fake.h"

struct asker {
	struct fake fakes[AAA_MAX_SERVERS];
	unsigned n_fakes;
	struct aaa_conf conf;
	struct aaa *aaa;
	ns_t now;
};

int asker_set_up(void **state);    // one server on ::1, not open yet
int asker_tear_down(void **state); // closed, and how long that took is looked at
struct fake *asker_add_server(struct asker *, const char *address, const char *secret);
void asker_open(struct asker *);
void asker_expect_no_opening(struct asker *, const char *words); // and what it says has them

struct aaa_question asker_question(uint32_t node);
void asker_ask(struct asker *, struct aaa_question);
// The next answer, waited for; the test fails when there is none in 20 s.
struct aaa_answer asker_take(struct asker *);
struct aaa_answer asker_say(struct asker *, uint32_t node); // ask, then take
uint64_t asker_ms(void);
