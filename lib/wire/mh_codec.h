// The two lists as tables: how each message and each option is read and written. Inside wire only.
#pragma once

#include "wire/mh.h"

enum { OPT_PAD1 = 0, OPT_PADN = 1 };

struct option_codec {
	const char *name, *rfc;
	void (*parse)(struct reader *, struct mh_opt *);
	void (*emit)(struct writer *, const struct mh_opt *);
	void (*print)(struct writer *, const struct mh_opt *);
	uint8_t align_n, align_off, min_len, max_len;
	bool repeat;
};

struct message_codec {
	const char *name, *rfc;
	void (*parse)(struct reader *, struct mh *);
	void (*emit)(struct writer *, const struct mh *);
	void (*print)(struct writer *, const struct mh *);
	uint64_t options; // option_bit of each that it may carry
};

// NULL: not on the list.
const struct option_codec *option_codec(unsigned type);
const struct message_codec *message_codec(unsigned type);

// Options have numbers below 64 so far; a larger one needs a wider set.
static inline uint64_t option_bit(unsigned type)
{
	return type < 64 ? (uint64_t)1 << type : 0;
}

// What printers write with: text that is cut when the buffer is full.
void print_text(struct writer *, const char *text);
void print_field(struct writer *, const char *name, uint64_t value);
void print_addr(struct writer *, const char *name, struct ip6_addr);
void print_bytes(struct writer *, const char *name, struct span);
