// The dictionary calls every attribute of an answer a string, so that libradcli hands over its
// octets as they came; what they mean, and whether they can mean it, is decided here.
#include "aaa/exchange.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <radcli/radcli.h>

#include "aaa/guard.h"
#include "base/cursor.h"

enum { CALL_CHECK = 10, NAS_PORT_ID = 87 };
enum {
	MIP6_FEATURE_VECTOR = 124,
	MOBILE_NODE_IDENTIFIER = 145,
	SERVICE_SELECTION = 146,
	HOME_LMA_IPV6 = 147,
	HOME_HN_PREFIX = 151,
	HOME_INTERFACE_ID = 153,
};

// RFC 6572 4.1: authorised for IPv4 alone, which is not served here.
static const uint64_t ip4_hoa_only = 0x0001000000000000;

struct exchange {
	rc_handle *handle;
	SERVER *server; // the one that libradcli asks: ours to fill
	struct ip6_addr nas_address;
	char nas_identifier[64];
	int stop;
};

static bool set(rc_handle *h, const char *key, unsigned value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	return rc_add_config(h, key, text, "kedge", 0) == 0;
}

static bool configure(struct exchange *x, const struct aaa_conf *c)
{
	rc_handle *h = rc_config_init(x->handle);

	x->handle = h; // it is freed where that fails
	// It sends once more than radius_retries says. The server's name is put in later.
	if (h == NULL || !set(h, "radius_timeout", c->timeout_s) ||
	    !set(h, "radius_retries", c->tries > 0 ? c->tries - 1 : 0) ||
	    rc_add_config(h, "authserver", "[::1]:1812", "kedge", 0) != 0 ||
	    rc_add_config(h, "serv-type", "udp", "kedge", 0) != 0)
		return false;
	x->server = rc_conf_srv(h, "authserver");
	return x->server != NULL && x->server->max == 1;
}

// Attributes that do not come as they are expected here would be left out without a word.
static bool read_dictionary(struct exchange *x, const char *path, char *why, size_t n)
{
	static const struct {
		int attribute, type;
	} needed[] = {
		{PW_USER_NAME, PW_TYPE_STRING},
		{PW_USER_PASSWORD, PW_TYPE_STRING},
		{PW_SERVICE_TYPE, PW_TYPE_INTEGER},
		{PW_CALLING_STATION_ID, PW_TYPE_STRING},
		{PW_NAS_IDENTIFIER, PW_TYPE_STRING},
		{PW_NAS_PORT_TYPE, PW_TYPE_INTEGER},
		{NAS_PORT_ID, PW_TYPE_STRING},
		{PW_NAS_IPV6_ADDRESS, PW_TYPE_IPV6ADDR},
		{PW_REPLY_MESSAGE, PW_TYPE_STRING},
		{PW_SESSION_TIMEOUT, PW_TYPE_STRING},
		{PW_IDLE_TIMEOUT, PW_TYPE_STRING},
		{MIP6_FEATURE_VECTOR, PW_TYPE_STRING},
		{MOBILE_NODE_IDENTIFIER, PW_TYPE_STRING},
		{SERVICE_SELECTION, PW_TYPE_STRING},
		{HOME_LMA_IPV6, PW_TYPE_STRING},
		{HOME_HN_PREFIX, PW_TYPE_STRING},
		{HOME_INTERFACE_ID, PW_TYPE_STRING},
	};
	char own[PATH_MAX]; // it writes into the name where the file includes another

	snprintf(own, sizeof(own), "%s", path);
	if (rc_read_dictionary(x->handle, own) != 0) {
		snprintf(why, n, "no RADIUS dictionary %s that can be read; see radius.dictionary",
			 path);
		return false;
	}
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		const DICT_ATTR *attr = rc_dict_getattr(x->handle, needed[i].attribute);
		if (attr != NULL && (int)attr->type == needed[i].type)
			continue;
		snprintf(why, n, "RADIUS dictionary %s: attribute %d is not as in dictionary.kedge",
			 path, needed[i].attribute);
		return false;
	}
	return true;
}

int exchange_new(const struct aaa_conf *c, int stop, struct exchange **out, char *why, size_t n)
{
	struct exchange *x = calloc(1, sizeof(*x));

	*out = x;
	if (x == NULL || (x->handle = rc_new()) == NULL || !configure(x, c)) {
		snprintf(why, n, "no memory for RADIUS");
		return -ENOMEM;
	}
	x->stop = stop;
	x->nas_address = c->nas_address;
	snprintf(x->nas_identifier, sizeof(x->nas_identifier), "%s", c->nas_identifier);
	if (!read_dictionary(x, c->dictionary, why, n))
		return -EINVAL;
	if (rc_apply_config(x->handle) == 0)
		return 0;
	snprintf(why, n, "libradcli does not take its configuration");
	return -EINVAL;
}

void exchange_free(struct exchange *x)
{
	if (x != NULL && x->handle != NULL)
		rc_destroy(x->handle);
	free(x);
}

// ---- The request.

static bool put_text(const struct exchange *x, VALUE_PAIR **list, int attribute, const char *text)
{
	return text[0] == '\0' || rc_avpair_add(x->handle, list, attribute, text, -1, 0) != NULL;
}

static bool put_number(const struct exchange *x, VALUE_PAIR **list, int attribute, uint32_t value)
{
	return value == 0 || rc_avpair_add(x->handle, list, attribute, &value, 0, 0) != NULL;
}

static VALUE_PAIR *make_request(const struct exchange *x, const struct aaa_question *q)
{
	const uint8_t *m = q->mac;
	VALUE_PAIR *list = NULL;
	char mac[18];

	snprintf(mac, sizeof(mac), "%02X-%02X-%02X-%02X-%02X-%02X", m[0], m[1], m[2], m[3], m[4],
		 m[5]);
	if (put_text(x, &list, PW_USER_NAME, q->user_name) &&
	    put_text(x, &list, PW_USER_PASSWORD, mac) &&
	    put_text(x, &list, PW_CALLING_STATION_ID, mac) &&
	    put_text(x, &list, PW_NAS_IDENTIFIER, x->nas_identifier) &&
	    put_text(x, &list, NAS_PORT_ID, q->port_id) &&
	    put_number(x, &list, PW_NAS_PORT_TYPE, q->port_type) &&
	    put_number(x, &list, PW_SERVICE_TYPE, CALL_CHECK) &&
	    put_text(x, &list, SERVICE_SELECTION, q->service) &&
	    rc_avpair_add(x->handle, &list, PW_NAS_IPV6_ADDRESS, &x->nas_address, 16, 0) != NULL)
		return list;
	rc_avpair_free(list);
	return NULL;
}

static void forget_secret(struct exchange *x)
{
	char *secret = x->server->secret[0];

	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
	x->server->secret[0] = NULL;
}

static bool name_server(struct exchange *x, const struct aaa_server *s)
{
	char *name = strdup(s->address), *secret = strdup(s->secret);

	if (name == NULL || secret == NULL) {
		free(name);
		free(secret);
		return false;
	}
	free(x->server->name[0]);
	forget_secret(x);
	x->server->name[0] = name;
	x->server->secret[0] = secret;
	x->server->port[0] = s->port;
	return true;
}

// ---- The answer.

static bool read_name(struct span value, char out[AAA_MAX_NAME + 1])
{
	if (value.n == 0 || value.n > AAA_MAX_NAME || memchr(value.p, '\0', value.n) != NULL)
		return false;
	memcpy(out, value.p, value.n);
	out[value.n] = '\0';
	return true;
}

static bool read_number(struct span value, uint32_t *out)
{
	struct reader r = rd_over(value);

	*out = rd_u32(&r);
	return !r.failed && value.n == 4;
}

// RFC 6572 4.7, in the form of RFC 3162 2.3: reserved, length, as much of the prefix as it needs.
static bool read_prefix(struct span value, struct aaa_answer *a)
{
	struct ip6_addr addr = {{0}};

	if (value.n < 2 || value.n > 18 || value.p[1] > 64 || value.p[1] == 0 ||
	    (value.n - 2u) * 8 < value.p[1] || a->n_hnps == AAA_MAX_HNPS)
		return false;
	memcpy(addr.a, value.p + 2, value.n - 2u);
	if (!ip6_is_routable_unicast(addr))
		return false;
	a->hnps[a->n_hnps++] = ip6_prefix_of(addr, value.p[1]);
	return true;
}

static bool read_address(struct span value, struct ip6_addr *out)
{
	if (value.n != sizeof(*out))
		return false;
	memcpy(out, value.p, sizeof(*out));
	return ip6_is_routable_unicast(*out);
}

static bool read_interface_id(struct span value, struct aaa_answer *a)
{
	if (value.n != sizeof(a->interface_id))
		return false;
	memcpy(a->interface_id, value.p, value.n);
	a->has_interface_id = true;
	return true;
}

static bool read_features(struct span value, struct aaa_answer *a)
{
	struct reader r = rd_over(value);
	uint64_t features = (uint64_t)rd_u32(&r) << 32;

	features |= rd_u32(&r);
	if (r.failed || value.n != 8)
		return false;
	// Beside IP4_HOA_SUPPORTED it is a contradiction, and to be taken as a rejection, too.
	if ((features & ip4_hoa_only) != 0) {
		a->verdict = AAA_REJECT;
		snprintf(a->why, sizeof(a->why), "authorised for IPv4 alone (MIP6-Feature-Vector)");
	}
	return true;
}

static bool read_attribute(unsigned attribute, struct span value, struct aaa_answer *a)
{
	switch (attribute) {
	case MOBILE_NODE_IDENTIFIER:
		return read_name(value, a->mn_id);
	case SERVICE_SELECTION:
		return read_name(value, a->service);
	case HOME_LMA_IPV6:
		return read_address(value, &a->lma);
	case HOME_HN_PREFIX:
		return read_prefix(value, a);
	case MIP6_FEATURE_VECTOR:
		return read_features(value, a);
	case HOME_INTERFACE_ID:
		return read_interface_id(value, a);
	case PW_SESSION_TIMEOUT:
		return read_number(value, &a->session_s);
	case PW_IDLE_TIMEOUT:
		return read_number(value, &a->idle_s);
	default:
		return true; // not ours to judge
	}
}

static void read_answer(const VALUE_PAIR *list, struct aaa_answer *a)
{
	for (const VALUE_PAIR *v = list; v != NULL; v = v->next) {
		struct span value = {(const uint8_t *)v->strvalue, (uint16_t)v->lvalue};
		if (v->type != PW_TYPE_STRING || read_attribute(v->attribute, value, a))
			continue;
		a->verdict = AAA_UNUSABLE;
		snprintf(a->why, sizeof(a->why),
			 "attribute %u (%s) has %u octets that make no sense", v->attribute,
			 v->name, v->lvalue);
		return;
	}
}

static void read_reason(const VALUE_PAIR *list, struct aaa_answer *a)
{
	for (const VALUE_PAIR *v = list; v != NULL; v = v->next)
		if (v->attribute == PW_REPLY_MESSAGE && v->type == PW_TYPE_STRING)
			snprintf(a->why, sizeof(a->why), "%.*s",
				 (int)strnlen(v->strvalue, v->lvalue), v->strvalue);
}

static enum exchange_result take(int rc, const VALUE_PAIR *list, struct aaa_answer *a)
{
	switch (rc) {
	case OK_RC:
		a->verdict = AAA_ACCEPT;
		read_answer(list, a);
		return EXCHANGE_ANSWERED;
	case REJECT_RC:
		a->verdict = AAA_REJECT;
		read_reason(list, a);
		return EXCHANGE_ANSWERED;
	case CHALLENGE_RC: // nobody here could answer it
		a->verdict = AAA_UNUSABLE;
		snprintf(a->why, sizeof(a->why), "the server asks back (Access-Challenge)");
		return EXCHANGE_ANSWERED;
	case TIMEOUT_RC:
		return EXCHANGE_SILENT;
	default:
		return EXCHANGE_FAILED;
	}
}

static enum exchange_result reject_form(struct aaa_answer *a)
{
	a->verdict = AAA_UNUSABLE;
	snprintf(a->why, sizeof(a->why), "the answer's attributes are malformed");
	return EXCHANGE_ANSWERED;
}

enum exchange_result exchange_ask(struct exchange *x, const struct aaa_server *s,
				  const struct aaa_question *q, struct aaa_answer *a,
				  unsigned *forged)
{
	struct guard guard = {.secret = s->secret, .stop = x->stop};
	VALUE_PAIR *send = make_request(x, q), *received = NULL;
	enum exchange_result result = EXCHANGE_FAILED;

	*a = (struct aaa_answer){.ticket = q->ticket};
	if (send != NULL && name_server(x, s)) {
		guard_begin(&guard);
		int rc = rc_aaa_ctx_server(x->handle, NULL, x->server, AUTH, 0, send, &received,
					   NULL, 0, PW_ACCESS_REQUEST);
		guard_end();
		forget_secret(x);
		result = guard.malformed ? reject_form(a) : take(rc, received, a);
	}
	*forged = guard.forged;
	if (guard.forged > 0 && result != EXCHANGE_ANSWERED)
		result = EXCHANGE_FORGED;
	rc_avpair_free(send);
	rc_avpair_free(received);
	return result;
}
