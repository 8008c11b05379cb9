// What an operator, or a link layer's script in his place, tells the MAG: a node is there, a node
// left.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/common/loop.h"
#include "app/mag/gateway.h"

struct words {
	struct mag_link link;
	const char *nai;
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
		} else if (strcmp(argv[i], "handoff") == 0) {
			if (read_handoff(argv[i + 1], &out->handoff))
				continue;
			snprintf(why, n,
				 "handoff \"%.32s\": wanted is new, interfaces, mags or unknown",
				 argv[i + 1]);
			return -EINVAL;
		} else {
			snprintf(why, n, "\"%.32s\" is none of nai, interface, handoff", argv[i]);
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
