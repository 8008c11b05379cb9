// RADIUS of a running MAG: its secrets, its questions, its answers as events of the engine.
#include "app/mag/authorise.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aaa/aaa.h"
#include "app/mag/gateway.h"

#ifndef KEDGE_DICTIONARY
#error "the build says where the dictionary is installed"
#endif

enum { ANSWERS_A_TURN = 32 };

// The first line of a file of its own: a secret in the configuration would be in every copy of it.
static int read_secret(const char *path, char *out, size_t room, char *why, size_t n)
{
	FILE *f = fopen(path, "re");

	if (f == NULL) {
		int err = errno;
		snprintf(why, n, "RADIUS secret %s: %s", path, strerror(err));
		return -err;
	}
	bool good = fgets(out, (int)room, f) != NULL;
	fclose(f);
	out[good ? strcspn(out, "\r\n") : 0] = '\0';
	if (out[0] != '\0' && strlen(out) + 1 < room)
		return 0;
	snprintf(why, n, "RADIUS secret %s: wanted is one line of 1 to %zu characters", path,
		 room - 2);
	return -EINVAL;
}

static int read_servers(const struct conf *c, struct aaa_server *out, char *why, size_t n)
{
	int rc = 0;

	for (uint32_t i = 0; i < c->radius.n_servers && rc == 0; i++) {
		const struct conf_radius_server *s = &c->radius.servers[i];
		snprintf(out[i].address, sizeof(out[i].address), "%s", s->address);
		out[i].port = s->port;
		rc = read_secret(s->secret_file, out[i].secret, sizeof(out[i].secret), why, n);
	}
	return rc;
}

int authorise_open(struct gateway *g, char *why, size_t n)
{
	const struct conf *c = g->conf;
	struct aaa_server servers[AAA_MAX_SERVERS] = {0};
	const struct aaa_conf aaa = {
		.servers = servers,
		.n_servers = c->radius.n_servers,
		.timeout_s = c->radius.timeout_s,
		.tries = c->radius.tries,
		.n_threads = c->radius.threads,
		.max_waiting = c->mag.max_pending,
		.max_cached = c->mag.max_nodes,
		.hold_rejected = c->radius.hold_rejected_s * NS_SEC,
		.nas_identifier = c->radius.nas_identifier,
		.nas_address = c->mag.coa,
		.dictionary =
			c->radius.dictionary[0] != '\0' ? c->radius.dictionary : KEDGE_DICTIONARY,
		.seed = plane_seed(),
	};

	if (c->radius.n_servers == 0)
		return 0;
	int rc = read_servers(c, servers, why, n);
	if (rc == 0)
		rc = aaa_open(&aaa, &g->aaa, why, n);
	explicit_bzero(servers, sizeof(servers));
	return rc;
}

void authorise_close(struct gateway *g)
{
	aaa_close(g->aaa);
	g->aaa = NULL;
}

// NAS-Port-Type (RFC 2865 5.41) of an access technology (RFC 5213 8.5): IANA has names for few.
static uint8_t port_type(uint32_t tech)
{
	enum { VIRTUAL = 5, ETHERNET = 15, WIRELESS_802_11 = 19, IEEE_802_16 = 27 };

	switch (tech) {
	case 3:
		return ETHERNET;
	case 4:
		return WIRELESS_802_11;
	case 5:
		return IEEE_802_16;
	default:
		return VIRTUAL;
	}
}

void authorise_ask(struct gateway *g, const struct mag_action *action, struct instant now)
{
	struct aaa_question q = {.ticket = action->ask.ticket};
	const struct conf_interface *in = g->plane.interfaces[action->ask.link.interface].conf;
	uint16_t n = action->ask.mn_id.n < AAA_MAX_NAME ? action->ask.mn_id.n : AAA_MAX_NAME;

	memcpy(q.user_name, action->ask.mn_id.p, n);
	q.port_type = port_type(in->access_tech != 0 ? in->access_tech : g->conf->mag.access_tech);
	if (action->ask.service.n > 0 && action->ask.service.n <= AAA_MAX_NAME)
		memcpy(q.service, action->ask.service.p, action->ask.service.n);
	memcpy(q.mac, action->ask.link.mac, sizeof(q.mac));
	snprintf(q.port_id, sizeof(q.port_id), "%s", in->name);
	if (g->aaa != NULL && aaa_ask(g->aaa, &q, now.mono))
		return;
	// The one who calls pulls what follows.
	mag_input(g->mag, now,
		  &(struct mag_event){
			  .kind = MAG_AUTHORISED,
			  .authorised = {.ticket = q.ticket, .verdict = MAG_UNREACHABLE}});
}

static struct span span_of(const char *text)
{
	return (struct span){(const uint8_t *)text, (uint16_t)strlen(text)};
}

static void tell(struct gateway *g, const struct aaa_answer *a, struct instant now)
{
	static const enum mag_verdict verdicts[] = {[AAA_ACCEPT] = MAG_ACCEPT,
						    [AAA_REJECT] = MAG_REJECT,
						    [AAA_UNREACHABLE] = MAG_UNREACHABLE,
						    [AAA_UNUSABLE] = MAG_UNUSABLE};
	struct mag_profile profile = {.lma = a->lma, .n_hnps = a->n_hnps};

	memcpy(profile.hnps, a->hnps, a->n_hnps * sizeof(a->hnps[0]));
	snprintf(profile.service, sizeof(profile.service), "%s", a->service);
	control_tell(g, now,
		     &(struct mag_event){.kind = MAG_AUTHORISED,
					 .authorised = {.ticket = a->ticket,
							.verdict = verdicts[a->verdict],
							.mn_id = span_of(a->mn_id),
							.profile = &profile,
							.session_s = a->session_s,
							.why = span_of(a->why)}});
}

void authorise_turn(struct gateway *g, struct instant now)
{
	struct aaa_answer answer;

	for (int i = 0; i < ANSWERS_A_TURN && g->aaa != NULL; i++) {
		if (!aaa_take(g->aaa, &answer, now.mono))
			break;
		tell(g, &answer, now);
	}
}
