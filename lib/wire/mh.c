// Mobility messages: fixed fields and options, read and written from the two lists.
//
// Decides what is well formed; does not decide what a message means. The checks stand in the order
// of WIRE-12 and the first that fails is the answer.
#include "wire/mh.h"

#include "wire/mh_codec.h"

enum { MH_FIXED = 6, MAX_HDR_LEN = 255 };

static bool seen(const struct mh_opts *opts, uint8_t type)
{
	for (unsigned i = 0; i < opts->n; i++)
		if (opts->v[i].type == type)
			return true;
	return false;
}

// FMIP-19: the code says which address it is, and so how long.
static bool is_sound_lmaa(const struct opt_lmaa *o)
{
	return (o->code == LMAA_IPV6 && o->addr.n == 16) ||
	       (o->code == LMAA_IPV4 && o->addr.n == 4);
}

// OPT-02, OPT-03: lengths up to 128, and a prefix that is not zero has a length.
static bool is_sound(const struct mh_opt *opt)
{
	switch (opt->type) {
	case OPT_HNP:
		return opt->hnp.prefix_len <= 128 &&
		       (opt->hnp.prefix_len > 0 || ip6_is_zero(opt->hnp.prefix));
	case OPT_GRE_KEY: // RFC 5845 6.1: without a key, or with one
		return opt->gre_key.key.n == 0 || opt->gre_key.key.n == 4;
	case OPT_LMAA:
		return is_sound_lmaa(&opt->lmaa);
	default:
		return true;
	}
}

static enum mh_err parse_option(const struct message_codec *message, uint8_t type, struct span body,
				struct mh_opts *out)
{
	const struct option_codec *c = option_codec(type);

	if (c == NULL || (message->options & option_bit(type)) == 0) {
		out->unknown++; // WIRE-08: skipped by its length
		return MH_OK;
	}
	if (body.n < c->min_len || body.n > c->max_len)
		return MH_BAD_OPTION;
	if (!c->repeat && seen(out, type)) {
		out->repeated++; // OPT-01: the first one counts
		return MH_OK;
	}
	if (out->n == MH_MAX_OPTS)
		return MH_TOO_MANY;

	struct reader r = rd_over(body);
	struct mh_opt *opt = &out->v[out->n];
	*opt = (struct mh_opt){.type = type};
	c->parse(&r, opt);
	if (r.failed || !is_sound(opt))
		return MH_BAD_OPTION;
	out->n++;
	return MH_OK;
}

static enum mh_err parse_options(const struct message_codec *message, struct reader *r,
				 struct mh_opts *out)
{
	out->n = 0;
	out->unknown = out->repeated = 0;
	while (rd_left(r) > 0) {
		uint8_t type = rd_u8(r);
		if (type == OPT_PAD1)
			continue;
		uint8_t len = rd_u8(r);
		struct span body = rd_bytes(r, len);
		if (r->failed)
			return MH_OPTION_OVERRUN;
		if (type == OPT_PADN)
			continue;
		enum mh_err err = parse_option(message, type, body, out);
		if (err != MH_OK)
			return err;
	}
	return MH_OK;
}

enum mh_err mh_parse(struct span wire, struct ip6_addr src, struct ip6_addr dst, struct mh *out)
{
	struct reader r = rd_over(wire);
	uint8_t proto = rd_u8(&r);
	size_t len = ((size_t)rd_u8(&r) + 1) * 8;
	uint8_t type = rd_u8(&r);

	out->type = type;
	if (r.failed || len > wire.n)
		return MH_TRUNCATED;
	struct span message = {wire.p, (uint16_t)len};
	if (mh_checksum(src, dst, message) != 0)
		return MH_BAD_CHECKSUM;
	const struct message_codec *c = message_codec(type);
	if (c == NULL)
		return MH_UNKNOWN_TYPE;
	if (proto != MH_NO_NEXT_HEADER)
		return MH_BAD_PROTO;
	r = rd_over(message);
	rd_bytes(&r, MH_FIXED);
	c->parse(&r, out);
	if (r.failed)
		return MH_TOO_SHORT;
	return parse_options(c, &r, &out->opts);
}

bool mh_owes_unknown_type(enum mh_err err, enum mh_type type, bool fast)
{
	return err == MH_UNKNOWN_TYPE ||
	       (err > MH_UNKNOWN_TYPE && !fast && (type == MH_HI || type == MH_HACK));
}

// Pad1, or PadN of zeros, so that the next octet stands at n * k + off from the start of the
// message.
static void pad_to(struct writer *w, const uint8_t *start, size_t n, size_t off)
{
	static const uint8_t zeros[8];
	size_t at = (size_t)(w->p - start);
	size_t pad = (n + off - at % n) % n;

	if (pad == 1) {
		wr_u8(w, OPT_PAD1);
	} else if (pad > 1) {
		wr_u8(w, OPT_PADN);
		wr_u8(w, (uint8_t)(pad - 2));
		wr_bytes(w, zeros, pad - 2);
	}
}

static bool emit_option(struct writer *w, const uint8_t *start, const struct message_codec *message,
			const struct mh_opt *opt)
{
	const struct option_codec *c = option_codec((unsigned)opt->type);

	if (c == NULL || (message->options & option_bit((unsigned)opt->type)) == 0 ||
	    !is_sound(opt))
		return false;
	pad_to(w, start, c->align_n, c->align_off);
	wr_u8(w, (uint8_t)opt->type);
	uint8_t *len = w->p;
	wr_u8(w, 0);
	c->emit(w, opt);
	size_t n = w->failed ? 0 : (size_t)(w->p - len - 1);
	if (w->failed || n < c->min_len || n > c->max_len)
		return false;
	*len = (uint8_t)n;
	return true;
}

bool mh_emit(struct writer *w, struct ip6_addr src, struct ip6_addr dst, const struct mh *mh)
{
	const struct message_codec *c = message_codec((unsigned)mh->type);
	uint8_t *start = w->p;

	if (c == NULL)
		return false;
	wr_u8(w, MH_NO_NEXT_HEADER);
	wr_u8(w, 0); // header length, below
	wr_u8(w, (uint8_t)mh->type);
	wr_u8(w, 0);
	wr_u16(w, 0); // checksum, below
	c->emit(w, mh);
	for (unsigned i = 0; i < mh->opts.n; i++)
		if (!emit_option(w, start, c, &mh->opts.v[i]))
			return false;
	pad_to(w, start, 8, 0);
	size_t len = (size_t)(w->p - start);
	if (w->failed || len / 8 - 1 > MAX_HDR_LEN)
		return false;
	start[1] = (uint8_t)(len / 8 - 1);
	uint16_t sum = mh_checksum(src, dst, (struct span){start, (uint16_t)len});
	start[4] = (uint8_t)(sum >> 8);
	start[5] = (uint8_t)sum;
	return true;
}

// The list of options stays as it is: what is beyond its number is nobody's.
void mh_init(struct mh *mh, enum mh_type type)
{
	memset(mh, 0, offsetof(struct mh, opts));
	mh->type = type;
	mh->opts.n = 0;
	mh->opts.unknown = mh->opts.repeated = 0;
}

const struct mh_opt *mh_find_next(const struct mh *mh, enum opt_type type,
				  const struct mh_opt *prev)
{
	unsigned i = prev != NULL ? (unsigned)(prev - mh->opts.v) + 1 : 0;

	for (; i < mh->opts.n; i++)
		if (mh->opts.v[i].type == type)
			return &mh->opts.v[i];
	return NULL;
}

const struct mh_opt *mh_find(const struct mh *mh, enum opt_type type)
{
	return mh_find_next(mh, type, NULL);
}

struct mh_opt *mh_add(struct mh *mh, enum opt_type type)
{
	if (mh->opts.n == MH_MAX_OPTS)
		return NULL;
	struct mh_opt *opt = &mh->opts.v[mh->opts.n++];
	*opt = (struct mh_opt){.type = type};
	return opt;
}
