// What an operator, or a link layer's script in his place, tells the MAG: a node is there, a node
// left.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/common/loop.h"
#include "app/mag/gateway.h"

struct words {
	struct mag_link link;
	const char *nai, *from;
	uint8_t handoff;
};

// What a link layer may know for certain (MAG-HI-01..04).
static bool read_handoff(const char *text, uint8_t *out)
{
	static const char *const words[] = {[HI_NEW_INTERFACE] = "new",
					    [HI_BETWEEN_INTERFACES] = "interfaces",
					    [HI_BETWEEN_MAGS] = "mags",
					    [HI_UNKNOWN] = "unknown"};

	for (uint8_t i = HI_NEW_INTERFACE; i <= HI_UNKNOWN; i++)
		if (strcmp(text, words[i]) == 0) {
			*out = i;
			return true;
		}
	return false;
}

static bool read_mac(const char *text, uint8_t mac[6])
{
	unsigned v[6];
	int end = 0;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5],
		   &end) != 6 ||
	    text[end] != '\0')
		return false;
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)v[i];
	return (mac[0] & 1) == 0;
}

// The access interface of that name; NULL: the only one there is.
static int find_interface(const struct gateway *g, const char *name, uint16_t *out, char *why,
			  size_t n)
{
	unsigned found = 0;

	for (uint16_t i = 0; i < g->plane.n_interfaces; i++) {
		const struct conf_interface *c = g->plane.interfaces[i].conf;
		if (c->role != CONF_ACCESS || (name != NULL && strcmp(name, c->name) != 0))
			continue;
		*out = i;
		found++;
	}
	if (found == 1)
		return 0;
	if (name != NULL)
		snprintf(why, n, "no access interface \"%s\" here; see: kedgectl show interfaces",
			 name);
	else
		snprintf(why, n, "there are %u access interfaces: say which with: interface NAME",
			 found);
	return -EINVAL;
}

static int read_words(const struct gateway *g, int argc, char **argv, struct words *out, char *why,
		      size_t n)
{
	const char *interface = NULL;

	if (argc < 1 || argc % 2 == 0 || !read_mac(argv[0], out->link.mac)) {
		snprintf(why, n,
			 "first comes the node's MAC address, as in: mag attach 02:00:00:00:00:01");
		return -EINVAL;
	}
	for (int i = 1; i < argc; i += 2) {
		if (strcmp(argv[i], "interface") == 0) {
			interface = argv[i + 1];
		} else if (strcmp(argv[i], "nai") == 0) {
			out->nai = argv[i + 1];
		} else if (strcmp(argv[i], "from") == 0) {
			out->from = argv[i + 1];
		} else if (strcmp(argv[i], "handoff") == 0) {
			if (read_handoff(argv[i + 1], &out->handoff))
				continue;
			snprintf(why, n,
				 "handoff \"%.32s\": wanted is new, interfaces, mags or unknown",
				 argv[i + 1]);
			return -EINVAL;
		} else {
			snprintf(why, n, "\"%.32s\" is none of nai, interface, from, handoff",
				 argv[i]);
			return -EINVAL;
		}
	}
	return find_interface(g, interface, &out->link.interface, why, n);
}

static void say_refusal(const struct gateway *g, struct mag_link link, char *why, size_t n)
{
	struct mag_refusal r;
	uint32_t cursor = 0;

	snprintf(why, n, "not served; see: kedgectl show nodes");
	while (mag_next_refusal(g->mag, &cursor, &r))
		if (memcmp(r.link.mac, link.mac, sizeof(link.mac)) == 0)
			snprintf(why, n, "not served: %s; %s", mag_reason_text(r.reason),
				 mag_reason_advice(r.reason));
}

// What RADIUS said before is asked again.
static void forget_answers(struct gateway *g, const struct mag_event *event)
{
	char name[AAA_MAX_NAME + 1] = "";
	struct span nai = event->attach.nai;
	struct mag_refusal r;
	uint32_t cursor = 0;

	while (nai.n == 0 && mag_next_refusal(g->mag, &cursor, &r))
		if (memcmp(r.link.mac, event->attach.link.mac, sizeof(r.link.mac)) == 0)
			nai = r.mn_id;
	if (g->aaa == NULL || nai.n == 0 || nai.n > AAA_MAX_NAME)
		return;
	memcpy(name, nai.p, nai.n);
	aaa_forget(g->aaa, name);
}

// The MAG behind an access point (RFC 5949 4.1).
static int find_mag(const struct gateway *g, const char *ap, struct ip6_addr *out, char *why,
		    size_t n)
{
	const struct conf *c = g->conf;

	if (c->fast_handover.n_peers == 0) {
		snprintf(why, n, "fast handover is off: name access points in fast_handover.peers");
		return -ENOENT;
	}
	for (uint32_t i = 0; i < c->fast_handover.n_peers; i++) {
		if (strcmp(c->fast_handover.peers[i].ap, ap) != 0)
			continue;
		*out = c->fast_handover.peers[i].mag;
		if (!ip6_equal(*out, c->mag.coa))
			return 0;
		snprintf(why, n, "access point \"%.63s\" is behind this MAG: no handover is needed",
			 ap);
		return -EINVAL;
	}
	snprintf(why, n,
		 "no access point \"%.63s\" in fast_handover.peers: add it there, with the "
		 "proxy care-of address of its MAG",
		 ap);
	return -ENOENT;
}

int order_attach(void *app, int argc, char **argv, char *why, size_t n)
{
	struct words w = {.nai = NULL};
	struct gateway *g = app;
	struct mag_event event = {.kind = MAG_ATTACH};

	int rc = read_words(g, argc, argv, &w, why, n);
	if (rc != 0)
		return rc;
	event.attach.link = w.link;
	event.attach.handoff_indicator = w.handoff;
	if (w.from != NULL && (rc = find_mag(g, w.from, &event.attach.previous, why, n)) != 0)
		return rc;
	if (w.nai != NULL)
		event.attach.nai = (struct span){(const uint8_t *)w.nai, (uint16_t)strlen(w.nai)};
	forget_answers(g, &event);
	control_tell(g, loop_instant(), &event);
	struct mag_binding b;
	if (mag_find_binding(g->mag, w.link, &b))
		return 0;
	say_refusal(g, w.link, why, n);
	return -EACCES;
}

int order_detach(void *app, int argc, char **argv, char *why, size_t n)
{
	struct words w = {.nai = NULL};
	struct gateway *g = app;
	struct mag_binding b;

	int rc = read_words(g, argc, argv, &w, why, n);
	if (rc != 0)
		return rc;
	if (!mag_find_binding(g->mag, w.link, &b)) {
		snprintf(why, n, "%.17s is not here; see: kedgectl show nodes", argv[0]);
		return -ENOENT;
	}
	control_tell(g, loop_instant(), &(struct mag_event){.kind = MAG_DETACH, .detach = w.link});
	return 0;
}

static bool has_session(const struct gateway *g, struct span mn_id)
{
	struct mag_binding b;
	uint32_t cursor = 0;

	while (mag_next_binding(g->mag, &cursor, &b))
		if (span_equal(b.mn_id, mn_id) &&
		    (b.state == BUL_BOUND || b.state == BUL_REFRESHING))
			return true;
	return false;
}

// HO_NONE: it is not being handed over, and was not a moment ago.
static enum handover_state state_of_move(const struct gateway *g, struct span mn_id)
{
	struct mag_handover h;
	uint32_t cursor = 0;

	while (mag_next_handover(g->mag, &cursor, &h))
		if (span_equal(h.mn_id, mn_id))
			return h.state;
	return HO_NONE;
}

static int read_cancel(const struct gateway *g, struct mag_event *event, const char *mn, char *why,
		       size_t n)
{
	event->hand_over.what = HAND_OVER_CANCEL;
	switch (state_of_move(g, event->hand_over.mn_id)) {
	case HO_ASKED:
	case HO_PREPARED:
	case HO_FORWARDING:
	case HO_EXPECTED:
		return 0;
	case HO_ASKING:
	case HO_HERE:
	case HO_REGISTERED:
		snprintf(why, n, "%.64s is here already; if it left: kedgectl mag detach MAC", mn);
		return -EBUSY;
	case HO_SETTLING:
	case HO_ENDING:
		snprintf(why, n, "the handover of %.64s ends already; see: kedgectl show handovers",
			 mn);
		return -EBUSY;
	default:
		snprintf(why, n, "%.64s is not being handed over; see: kedgectl show handovers",
			 mn);
		return -ENOENT;
	}
}

static int read_move(const struct gateway *g, int argc, char **argv, struct mag_event *event,
		     char *why, size_t n)
{
	if (argc == 2 && strcmp(argv[1], "cancel") == 0)
		return read_cancel(g, event, argv[0], why, n);
	if (argc == 4 && strcmp(argv[3], "prepare") == 0) {
		event->hand_over.what = HAND_OVER_PREPARE;
	} else if (argc != 3) {
		snprintf(why, n,
			 "wanted is: mag handover MN --to AP-ID [prepare], or: mag "
			 "handover MN cancel");
		return -EINVAL;
	}
	if (strcmp(argv[1], "to") != 0) {
		snprintf(why, n, "\"%.32s\" is none of --to, cancel", argv[1]);
		return -EINVAL;
	}
	if (!has_session(g, event->hand_over.mn_id)) {
		snprintf(why, n, "no node \"%.64s\" is bound here; see: kedgectl show nodes",
			 argv[0]);
		return -ENOENT;
	}
	return find_mag(g, argv[2], &event->hand_over.to, why, n);
}

int order_handover(void *app, int argc, char **argv, char *why, size_t n)
{
	struct mag_event event = {.kind = MAG_HAND_OVER};
	struct gateway *g = app;

	if (argc < 1) {
		snprintf(why, n,
			 "first comes the node's identity, as in: mag handover "
			 "mn@example --to ap2");
		return -EINVAL;
	}
	event.hand_over.mn_id = (struct span){(const uint8_t *)argv[0], (uint16_t)strlen(argv[0])};
	int rc = read_move(g, argc, argv, &event, why, n);
	if (rc != 0)
		return rc;
	control_tell(g, loop_instant(), &event);
	enum handover_state state = state_of_move(g, event.hand_over.mn_id);
	if (event.hand_over.what == HAND_OVER_CANCEL || (state != HO_NONE && state != HO_OVER))
		return 0;
	snprintf(why, n,
		 "no room for one more handover: raise fast_handover.max_handovers; see: kedgectl "
		 "show handovers");
	return -ENOSPC;
}
