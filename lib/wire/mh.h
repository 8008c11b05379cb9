// The mobility header of RFC 6275 6.1: bytes to values and values to bytes.
//
// mh_messages.def  every message: number, fields, which options it may carry
// mh_options.def   every option: number, alignment, bounds, fields
// mh.c             parse, emit: a message is its fixed fields and a list of options
// mh_codec.c       the lists expanded: a parser, an emitter and a printer of each
// mh_print.c       one readable line of a message, for logs and traces
// checksum.c       the checksum with the IPv6 pseudo-header
// icmp6.c          ICMPv6 errors: what may be answered, and with which bytes
//
// The two .def lists are the only place where a message or an option is described: structs, parser,
// emitter, printer, fuzz dictionary and the documentation's tables come from them. A new RFC is one
// block there.
//
// Pure: no clock, no allocation, no I/O, any thread. Parsed options hold views into the parsed
// buffer; who keeps them longer than the buffer copies them. Parsing is total: any bytes yield a
// value or an error.
//
// RFCs: 6275 6.1 (header, BU, BA, BE), 5213 8 (P flag, options 22..27), 4283 (MN-ID), 5949 6 (HI,
// HAck and their options).
#pragma once

#include "base/cursor.h"

enum { MH_NEXT_HEADER = 135, MH_NO_NEXT_HEADER = 59, MH_MAX_LEN = 2048 };

// One struct per option, made from the field list: struct opt_hnp, struct opt_mn_id, ...
#define U8(f)    uint8_t f;
#define U16(f)   uint16_t f;
#define U32(f)   uint32_t f;
#define U64(f)   uint64_t f;
#define ADDR6(f) struct ip6_addr f;
#define REST(f)  struct span f;
#define ZERO(n)
#define OPTION(ID, name, type, an, ao, lo, hi, rep, rfc, ...)                                      \
	struct opt_##name {                                                                        \
		__VA_ARGS__                                                                        \
	};
#include "wire/mh_options.def"
#undef OPTION

// One struct per message, made the same way: struct mh_bu, struct mh_ba, struct mh_be, ...
#define MESSAGE(ID, name, type, rfc, options, ...)                                                 \
	struct mh_##name {                                                                         \
		__VA_ARGS__                                                                        \
	};
#include "wire/mh_messages.def"
#undef MESSAGE
#undef U8
#undef U16
#undef U32
#undef U64
#undef ADDR6
#undef REST
#undef ZERO

#define OPTION(ID, name, type, ...) OPT_##ID = type,
enum opt_type {
#include "wire/mh_options.def"
};
#undef OPTION

#define MESSAGE(ID, name, type, ...) MH_##ID = type,
enum mh_type {
#include "wire/mh_messages.def"
};
#undef MESSAGE

struct mh_opt {
	enum opt_type type;
	union {
#define OPTION(ID, name, ...) struct opt_##name name;
#include "wire/mh_options.def"
#undef OPTION
	};
};

// More options than this in one message: MH_TOO_MANY (SEC-10).
enum { MH_MAX_OPTS = 40 };

struct mh_opts {
	struct mh_opt v[MH_MAX_OPTS];
	uint8_t n;
	// Wide enough for a message of nothing else: 1018 options of two octets.
	uint16_t unknown; // skipped by their length: not in mh_options.def, or not for this message
	uint16_t repeated; // skipped: another one of an option that stands once (OPT-01: the first
			   // counts)
};

struct mh {
	enum mh_type type;
	union {
#define MESSAGE(ID, name, ...) struct mh_##name name;
#include "wire/mh_messages.def"
#undef MESSAGE
	};
	struct mh_opts opts;
};

// RFC 6275 6.1.7 and 6.1.8 with the P flag of RFC 5213 8.1 and 8.2.
enum {
	BU_A = 0x8000,
	BU_H = 0x4000,
	BU_L = 0x2000,
	BU_K = 0x1000,
	BU_M = 0x0800,
	BU_R = 0x0400,
	BU_P = 0x0200
};
enum { HEARTBEAT_UNSOLICITED = 0x0002, HEARTBEAT_RESPONSE = 0x0001 }; // RFC 5847 3.3
enum { BA_K = 0x80, BA_R = 0x40, BA_P = 0x20 };

// RFC 5949 6.1. The bits of a HAck stand one further than those of a HI, which has S.
enum { HI_S = 0x80, HI_U = 0x40, HI_P = 0x20, HI_F = 0x10 };
enum { HACK_U = 0x80, HACK_P = 0x40, HACK_F = 0x20 };
enum hi_code { HI_DEFAULT = 0, HI_FORWARDING_COMPLETE = 2, HI_ALL_CONTEXT = 3 };
enum hack_code {
	HACK_ACCEPTED = 0,
	HACK_CONTEXT_ACCEPTED = 5,
	HACK_ALL_CONTEXT = 6,
	HACK_UNSPECIFIED = 128,
	HACK_PROHIBITED = 129,
	HACK_NO_RESOURCES = 130,
	HACK_NO_CONTEXT = 131,
	HACK_NO_FORWARDING = 132,
};
const char *hack_code_name(uint8_t code); // RFC name in lower case; "unassigned" for others
enum { LMAA_IPV6 = 1, LMAA_IPV4 = 2 };    // RFC 5949 6.2.2, the option's code

// RFC 6275 6.1.8, RFC 5213 8.9.
enum pba_status {
	PBA_ACCEPTED = 0,
	PBA_UNSPECIFIED = 128,
	PBA_ADMINISTRATIVELY_PROHIBITED = 129,
	PBA_INSUFFICIENT_RESOURCES = 130,
	PBA_HOME_REGISTRATION_UNSUPPORTED = 131,
	PBA_SEQUENCE_OUT_OF_WINDOW = 135,
	PBA_SERVICE_AUTHORIZATION_FAILED = 151, // RFC 5149 3
	PBA_PROXY_REG_NOT_ENABLED = 152,
	PBA_NOT_LMA_FOR_THIS_MN = 153,
	PBA_MAG_NOT_AUTHORIZED = 154,
	PBA_NOT_AUTHORIZED_FOR_HNP = 155,
	PBA_TIMESTAMP_MISMATCH = 156,
	PBA_TIMESTAMP_LOWER = 157,
	PBA_MISSING_HNP = 158,
	PBA_PREFIX_SET_MISMATCH = 159,
	PBA_MISSING_MN_ID = 160,
	PBA_MISSING_HANDOFF_INDICATOR = 161,
	PBA_MISSING_ACCESS_TECH_TYPE = 162,
	PBA_CANNOT_MEET_QOS = 179, // RFC 7222 4.4
};
const char *
pba_status_name(uint8_t status); // RFC name in lower case with spaces; "unassigned" for others

// RFC 5213 8.4.
enum handoff_indicator {
	HI_RESERVED = 0,
	HI_NEW_INTERFACE = 1,
	HI_BETWEEN_INTERFACES = 2,
	HI_BETWEEN_MAGS = 3,
	HI_UNKNOWN = 4,
	HI_NO_CHANGE = 5,
	HI_SHARED_PREFIXES = 6, // RFC 7864 3.2.1
};

enum { BE_NO_BINDING = 1, BE_UNKNOWN_MH_TYPE = 2 }; // RFC 6275 6.1.9
enum { MN_ID_NAI = 1 };                             // RFC 4283 3.1

// The checks in the order of WIRE-12; the first that fails is the answer. Each is a drop with a
// name of its own.
enum mh_err {
	MH_OK,
	MH_TRUNCATED,      // WIRE-03: header length beyond the payload, or no room for a header
	MH_BAD_CHECKSUM,   // WIRE-04
	MH_UNKNOWN_TYPE,   // WIRE-06: the caller owes a Binding Error
	MH_BAD_PROTO,      // WIRE-01: payload proto is not 59
	MH_TOO_SHORT,      // WIRE-02: shorter than the fixed part of its type
	MH_OPTION_OVERRUN, // WIRE-08
	MH_BAD_OPTION,     // OPT-02, OPT-03: a known option with a length or value that cannot be
	MH_TOO_MANY,       // SEC-10: more than MH_MAX_OPTS
	MH_N_ERRS,
};
const char *mh_err_name(enum mh_err);

// WIRE-06, WIRE-12: a type that a role does not have is what is wrong with a message, whatever
// else is. fast: the role has HI and HAck.
bool mh_owes_unknown_type(enum mh_err, enum mh_type, bool fast);

// A whole mobility header as it arrived between src and dst; bytes beyond its own length are
// ignored. On an error nothing of *out but type may be read.
enum mh_err mh_parse(struct span wire, struct ip6_addr src, struct ip6_addr dst, struct mh *out);

// Writes header, fields, options with their padding, and the checksum. False: no room in w, an
// option that the message may not carry, or a value that does not fit its option; w is then to be
// thrown away.
bool mh_emit(struct writer *w, struct ip6_addr src, struct ip6_addr dst, const struct mh *);

// A message of this type: its fields are zero, it has no options.
void mh_init(struct mh *, enum mh_type);
// The first option of that type, or NULL.
const struct mh_opt *mh_find(const struct mh *, enum opt_type);
// The next one after prev (NULL: the first): for options that may repeat.
const struct mh_opt *mh_find_next(const struct mh *, enum opt_type, const struct mh_opt *prev);
// Appends a zeroed option of that type; NULL when the list is full.
struct mh_opt *mh_add(struct mh *, enum opt_type);

// One line of text, cut to fit, always terminated; returns buf. For people, not for programs.
char *mh_print(const struct mh *, char *buf, size_t n);
const char *mh_type_name(unsigned type); // "pbu", or "unknown"
const char *mh_opt_name(unsigned type);

// One's complement sum over the pseudo-header (next header 135) and the mobility header; WIRE-04.
// 0 when the header carries a right checksum; the value to write when the field is zero.
uint16_t mh_checksum(struct ip6_addr src, struct ip6_addr dst, struct span mh);
