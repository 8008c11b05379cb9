// The lists expanded: for each message and option a parser, an emitter and a printer, and their
// table.
#include "wire/mh_codec.h"

// ---- Parsers.

#define U8(f)    v->f = rd_u8(r);
#define U16(f)   v->f = rd_u16(r);
#define U32(f)   v->f = rd_u32(r);
#define U64(f)   v->f = rd_u64(r);
#define ADDR6(f) v->f = rd_addr6(r);
#define REST(f)  v->f = rd_rest(r);
#define ZERO(n)  rd_bytes(r, n);
#define OPTION(ID, name, type, an, ao, lo, hi, rep, rfc, ...)                                      \
	static void parse_opt_##name(struct reader *r, struct mh_opt *opt)                         \
	{                                                                                          \
		struct opt_##name *v = &opt->name;                                                 \
		__VA_ARGS__                                                                        \
	}
#include "wire/mh_options.def"
#undef OPTION
#define MESSAGE(ID, name, type, rfc, options, ...)                                                 \
	static void parse_mh_##name(struct reader *r, struct mh *mh)                               \
	{                                                                                          \
		struct mh_##name *v = &mh->name;                                                   \
		(void)v;                                                                           \
		__VA_ARGS__                                                                        \
	}
#include "wire/mh_messages.def"
#undef MESSAGE
#undef U8
#undef U16
#undef U32
#undef U64
#undef ADDR6
#undef REST
#undef ZERO

// ---- Emitters: the mirror.

#define U8(f)    wr_u8(w, v->f);
#define U16(f)   wr_u16(w, v->f);
#define U32(f)   wr_u32(w, v->f);
#define U64(f)   wr_u64(w, v->f);
#define ADDR6(f) wr_addr6(w, v->f);
#define REST(f)  wr_span(w, v->f);
#define ZERO(n)                                                                                    \
	for (int i = 0; i < (n); i++)                                                              \
		wr_u8(w, 0);
#define OPTION(ID, name, type, an, ao, lo, hi, rep, rfc, ...)                                      \
	static void emit_opt_##name(struct writer *w, const struct mh_opt *opt)                    \
	{                                                                                          \
		const struct opt_##name *v = &opt->name;                                           \
		__VA_ARGS__                                                                        \
	}
#include "wire/mh_options.def"
#undef OPTION
#define MESSAGE(ID, name, type, rfc, options, ...)                                                 \
	static void emit_mh_##name(struct writer *w, const struct mh *mh)                          \
	{                                                                                          \
		const struct mh_##name *v = &mh->name;                                             \
		(void)v;                                                                           \
		__VA_ARGS__                                                                        \
	}
#include "wire/mh_messages.def"
#undef MESSAGE
#undef U8
#undef U16
#undef U32
#undef U64
#undef ADDR6
#undef REST
#undef ZERO

// ---- Printers: " name=value" for each field.

#define U8(f)    print_field(w, #f, v->f);
#define U16(f)   print_field(w, #f, v->f);
#define U32(f)   print_field(w, #f, v->f);
#define U64(f)   print_field(w, #f, v->f);
#define ADDR6(f) print_addr(w, #f, v->f);
#define REST(f)  print_bytes(w, #f, v->f);
#define ZERO(n)
#define OPTION(ID, name, type, an, ao, lo, hi, rep, rfc, ...)                                      \
	static void print_opt_##name(struct writer *w, const struct mh_opt *opt)                   \
	{                                                                                          \
		const struct opt_##name *v = &opt->name;                                           \
		__VA_ARGS__                                                                        \
	}
#include "wire/mh_options.def"
#undef OPTION
#define MESSAGE(ID, name, type, rfc, options, ...)                                                 \
	static void print_mh_##name(struct writer *w, const struct mh *mh)                         \
	{                                                                                          \
		const struct mh_##name *v = &mh->name;                                             \
		(void)v, (void)w;                                                                  \
		__VA_ARGS__                                                                        \
	}
#include "wire/mh_messages.def"
#undef MESSAGE

// ---- The tables.

static const struct option_codec options[] = {
#define OPTION(ID, name, type, an, ao, lo, hi, rep, rfc, ...)                                      \
	[type] = {#name, rfc, parse_opt_##name, emit_opt_##name, print_opt_##name, an, ao, lo,     \
		  hi,    rep},
#include "wire/mh_options.def"
#undef OPTION
};

#define BIT(ID) ((uint64_t)1 << OPT_##ID)
// Up to twelve options by name; a longer list needs another line here.
#define BITS_0()                                                            0
#define BITS_1(a)                                                           BIT(a)
#define BITS_2(a, ...)                                                      (BIT(a) | BITS_1(__VA_ARGS__))
#define BITS_3(a, ...)                                                      (BIT(a) | BITS_2(__VA_ARGS__))
#define BITS_4(a, ...)                                                      (BIT(a) | BITS_3(__VA_ARGS__))
#define BITS_5(a, ...)                                                      (BIT(a) | BITS_4(__VA_ARGS__))
#define BITS_6(a, ...)                                                      (BIT(a) | BITS_5(__VA_ARGS__))
#define BITS_7(a, ...)                                                      (BIT(a) | BITS_6(__VA_ARGS__))
#define BITS_8(a, ...)                                                      (BIT(a) | BITS_7(__VA_ARGS__))
#define BITS_9(a, ...)                                                      (BIT(a) | BITS_8(__VA_ARGS__))
#define BITS_10(a, ...)                                                     (BIT(a) | BITS_9(__VA_ARGS__))
#define BITS_11(a, ...)                                                     (BIT(a) | BITS_10(__VA_ARGS__))
#define BITS_12(a, ...)                                                     (BIT(a) | BITS_11(__VA_ARGS__))
#define PICK(_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, n, ...) BITS_##n
#define OPTS(...)                                                                                  \
	PICK(_0 __VA_OPT__(, ) __VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, _)           \
	(__VA_ARGS__)

static const struct message_codec messages[] = {
#define MESSAGE(ID, name, type, rfc, options, ...)                                                 \
	[type] = {#name, rfc, parse_mh_##name, emit_mh_##name, print_mh_##name, options},
#include "wire/mh_messages.def"
#undef MESSAGE
};

const struct option_codec *option_codec(unsigned type)
{
	if (type >= sizeof(options) / sizeof(options[0]) || options[type].name == NULL)
		return NULL;
	return &options[type];
}

const struct message_codec *message_codec(unsigned type)
{
	if (type >= sizeof(messages) / sizeof(messages[0]) || messages[type].name == NULL)
		return NULL;
	return &messages[type];
}
