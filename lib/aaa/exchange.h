// One question to one server, by libradcli; what its answer says.
#pragma once

#include "aaa/aaa.h"

struct exchange; // a libradcli handle and what every request has in common; one thread's

enum exchange_result {
	EXCHANGE_ANSWERED, // *answer has a verdict
	EXCHANGE_SILENT,   // nothing came in all tries
	EXCHANGE_FORGED,   // what came did not verify
	EXCHANGE_FAILED,   // it could not be asked
};

// `stop`: a descriptor; when it is readable no more is waited for. 0, or -errno with why.
int exchange_new(const struct aaa_conf *, int stop, struct exchange **out, char *why, size_t n);
void exchange_free(struct exchange *);
enum exchange_result exchange_ask(struct exchange *, const struct aaa_server *,
				  const struct aaa_question *, struct aaa_answer *,
				  unsigned *forged);
