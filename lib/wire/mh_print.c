// Mobility messages as one line of text, and the names of their numbers.
//
// Decides how a value looks in a log; what a peer wrote is escaped there, so that it can neither
// end the line nor pass for another field. Does not decide which messages are worth a line.
#include "wire/mh.h"

#include <stdio.h>

#include "wire/mh_codec.h"

void print_text(struct writer *w, const char *text)
{
	for (; *text != '\0'; text++)
		wr_u8(w, (uint8_t)*text);
}

void print_field(struct writer *w, const char *name, uint64_t value)
{
	char text[64];

	snprintf(text, sizeof(text), " %s=%llu", name, (unsigned long long)value);
	print_text(w, text);
}

void print_addr(struct writer *w, const char *name, struct ip6_addr a)
{
	char text[IP6_ADDR_TEXT];

	print_text(w, " ");
	print_text(w, name);
	print_text(w, "=");
	print_text(w, ip6_format(a, text));
}

void print_bytes(struct writer *w, const char *name, struct span s)
{
	char text[8];

	print_text(w, " ");
	print_text(w, name);
	print_text(w, "=");
	for (uint16_t i = 0; i < s.n; i++) {
		bool plain = s.p[i] > 0x20 && s.p[i] < 0x7f && s.p[i] != '\\';
		snprintf(text, sizeof(text), plain ? "%c" : "\\x%02x", s.p[i]);
		print_text(w, text);
	}
}

char *mh_print(const struct mh *mh, char *buf, size_t n)
{
	const struct message_codec *c = message_codec((unsigned)mh->type);
	struct writer w = wr_over(buf, n > 0 ? n - 1 : 0);

	if (n == 0)
		return buf;
	print_text(&w, mh_type_name((unsigned)mh->type));
	if (c != NULL)
		c->print(&w, mh);
	for (unsigned i = 0; i < mh->opts.n && c != NULL; i++) {
		const struct option_codec *o = option_codec((unsigned)mh->opts.v[i].type);
		if (o == NULL)
			continue;
		print_text(&w, ", ");
		print_text(&w, o->name);
		o->print(&w, &mh->opts.v[i]);
	}
	*w.p = '\0';
	return buf;
}

const char *mh_type_name(unsigned type)
{
	const struct message_codec *c = message_codec(type);

	return c != NULL ? c->name : "unknown";
}

const char *mh_opt_name(unsigned type)
{
	const struct option_codec *c = option_codec(type);

	return c != NULL ? c->name : "unknown";
}

const char *mh_err_name(enum mh_err err)
{
	static const char *const names[MH_N_ERRS] = {
		[MH_OK] = "ok",
		[MH_TRUNCATED] = "mh_truncated",
		[MH_BAD_CHECKSUM] = "mh_bad_checksum",
		[MH_UNKNOWN_TYPE] = "mh_unknown_type",
		[MH_BAD_PROTO] = "mh_bad_proto",
		[MH_TOO_SHORT] = "mh_too_short",
		[MH_OPTION_OVERRUN] = "mh_option_overrun",
		[MH_BAD_OPTION] = "mh_bad_option",
		[MH_TOO_MANY] = "mh_too_many_options",
	};

	return err < MH_N_ERRS ? names[err] : "unknown";
}

const char *pba_status_name(uint8_t status)
{
	switch ((enum pba_status)status) {
	case PBA_ACCEPTED:
		return "accepted";
	case PBA_UNSPECIFIED:
		return "reason unspecified";
	case PBA_ADMINISTRATIVELY_PROHIBITED:
		return "administratively prohibited";
	case PBA_INSUFFICIENT_RESOURCES:
		return "insufficient resources";
	case PBA_HOME_REGISTRATION_UNSUPPORTED:
		return "home registration not supported";
	case PBA_SEQUENCE_OUT_OF_WINDOW:
		return "sequence number out of window";
	case PBA_SERVICE_AUTHORIZATION_FAILED:
		return "service authorization failed";
	case PBA_PROXY_REG_NOT_ENABLED:
		return "proxy registration not enabled";
	case PBA_NOT_LMA_FOR_THIS_MN:
		return "not lma for this mobile node";
	case PBA_MAG_NOT_AUTHORIZED:
		return "mag not authorized for proxy registration";
	case PBA_NOT_AUTHORIZED_FOR_HNP:
		return "not authorized for home network prefix";
	case PBA_TIMESTAMP_MISMATCH:
		return "timestamp mismatch";
	case PBA_TIMESTAMP_LOWER:
		return "timestamp lower than previously accepted";
	case PBA_MISSING_HNP:
		return "missing home network prefix option";
	case PBA_PREFIX_SET_MISMATCH:
		return "bce pbu prefix set do not match";
	case PBA_MISSING_MN_ID:
		return "missing mn identifier option";
	case PBA_MISSING_HANDOFF_INDICATOR:
		return "missing handoff indicator option";
	case PBA_MISSING_ACCESS_TECH_TYPE:
		return "missing access tech type option";
	case PBA_CANNOT_MEET_QOS:
		return "cannot meet qos service request";
	}
	return "unassigned";
}

const char *hack_code_name(uint8_t code)
{
	switch ((enum hack_code)code) {
	case HACK_ACCEPTED:
		return "accepted";
	case HACK_CONTEXT_ACCEPTED:
		return "context transfer accepted";
	case HACK_ALL_CONTEXT:
		return "all available context transferred";
	case HACK_UNSPECIFIED:
		return "not accepted, reason unspecified";
	case HACK_PROHIBITED:
		return "administratively prohibited";
	case HACK_NO_RESOURCES:
		return "insufficient resources";
	case HACK_NO_CONTEXT:
		return "requested context not available";
	case HACK_NO_FORWARDING:
		return "forwarding not available";
	}
	return "unassigned";
}
