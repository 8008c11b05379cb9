// Both ways of the relay: a node's packet into a Relay-forward for each server, a Relay-reply into
// a packet for the node.
#include "app/mag/dhcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/common/text.h"
#include "app/mag/gateway.h"
#include "app/mag/leases.h"
#include "wire/dhcp6.h"

enum { ANSWERS_A_TURN = 32, ROOM = 16384, PACKET_HEADERS = 48, ID_LEN = 8, LINES_A_SECOND = 1 };

struct dhcp {
	int fd;
	uint64_t counts[DHCP_N_COUNTS];
	struct log_limit unsent, outside;
	uint8_t in[ROOM], out[ROOM];
};

static const struct {
	const char *name, *text;
} counts[] = {
#define COUNT(ID, name_, text_) {name_, text_},
#include "app/mag/dhcp_counts.def"
#undef COUNT
};

const char *dhcp_count_name(enum dhcp_count i)
{
	return counts[i].name;
}

const char *dhcp_count_text(enum dhcp_count i)
{
	return counts[i].text;
}

uint64_t dhcp_count_get(const struct dhcp *d, enum dhcp_count i)
{
	return d != NULL ? d->counts[i] : 0;
}

static struct sockaddr_in6 place_of(struct ip6_addr a)
{
	struct sockaddr_in6 s = {.sin6_family = AF_INET6, .sin6_port = htons(DHCP6_SERVER_PORT)};

	memcpy(&s.sin6_addr, a.a, sizeof(a.a));
	return s;
}

static int open_socket(struct ip6_addr coa)
{
	struct sockaddr_in6 self = place_of(coa);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP), on = 1;

	if (fd < 0)
		return -errno;
	// The operator may give the kernel the address later: then it works from there on.
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on)) == 0 &&
	    bind(fd, (struct sockaddr *)&self, sizeof(self)) == 0)
		return fd;
	int rc = -errno;
	close(fd);
	return rc;
}

int dhcp_open(const struct conf *c, struct dhcp **out, char *why, size_t n)
{
	char text[IP6_ADDR_TEXT];

	if (c->mag.dhcp == CONF_DHCP_OFF)
		return 0;
	struct dhcp *d = calloc(1, sizeof(*d));
	if (d == NULL)
		return -ENOMEM;
	d->fd = open_socket(c->mag.coa);
	if (d->fd < 0) {
		int rc = d->fd;
		snprintf(why, n,
			 "DHCPv6: UDP port %u of %s cannot be had (%s): does another relay or "
			 "server run here?",
			 DHCP6_SERVER_PORT, ip6_format(c->mag.coa, text), strerror(-rc));
		free(d);
		return rc;
	}
	*out = d;
	return 0;
}

void dhcp_close(struct dhcp *d)
{
	if (d == NULL)
		return;
	close(d->fd);
	free(d);
}

// ---- To the servers.

static void tell_unsent(struct gateway *g, struct ip6_addr server, int err, ns_t now)
{
	char text[IP6_ADDR_TEXT];

	if (log_allowed(&g->dhcp->unsent, LINES_A_SECOND, now))
		log_line(LOG_WARNING,
			 "DHCPv6: nothing can be sent to %s: %s; does the kernel have "
			 "mag.proxy_coa and a route there?",
			 ip6_format(server, text), strerror(err));
}

// MAG-DH-03: to every one, they are one coordinated group.
static void relay(struct gateway *g, const struct dhcp6_forward *f, ns_t now)
{
	struct dhcp *d = g->dhcp;
	size_t n = dhcp6_forward_emit(d->out, sizeof(d->out), f);
	bool sent = false;

	if (n == 0) {
		d->counts[DHCP_TOO_LONG]++;
		return;
	}
	for (uint32_t i = 0; i < g->conf->mag.n_dhcp_servers; i++) {
		struct sockaddr_in6 to = place_of(g->conf->mag.dhcp_servers[i]);
		if (sendto(d->fd, d->out, n, 0, (struct sockaddr *)&to, sizeof(to)) >= 0) {
			sent = true;
			continue;
		}
		tell_unsent(g, g->conf->mag.dhcp_servers[i], errno, now);
	}
	d->counts[sent ? DHCP_RELAYED : DHCP_SEND_FAILED]++;
}

static enum dhcp_count name_of_refusal(enum dhcp6_err err)
{
	switch (err) {
	case DHCP6_BAD_CHECKSUM:
		return DHCP_CHECKSUM;
	case DHCP6_BAD_SOURCE:
		return DHCP_SOURCE;
	case DHCP6_RELAYED:
		return DHCP_FROM_RELAY;
	case DHCP6_UNEXPECTED:
		return DHCP_UNEXPECTED;
	default:
		return DHCP_MALFORMED;
	}
}

void dhcp_take(struct gateway *g, struct mag_link link, struct span packet, struct instant now)
{
	uint8_t id[ID_LEN] = {(uint8_t)(link.interface >> 8), (uint8_t)link.interface};
	struct dhcp6_request q;
	struct mag_binding b;

	if (g->dhcp == NULL)
		return;
	bool found = mag_find_binding(g->mag, link, &b);
	enum dhcp6_err err =
		dhcp6_request_parse(packet, found ? b.link_local : g->conf->mag.link_local, &q);
	if (err == DHCP6_NONE)
		return;
	if (err != DHCP6_OK) {
		g->dhcp->counts[name_of_refusal(err)]++;
	} else if (q.type != DHCP6_INFORMATION_REQUEST &&
		   g->conf->mag.dhcp == CONF_DHCP_STATELESS) {
		g->dhcp->counts[DHCP_NOT_OFFERED]++;
	} else if (!found || !leases_are_for(&b)) {
		g->dhcp->counts[DHCP_NOT_BOUND]++;
	} else {
		struct dhcp6_forward f = {.link = leases_link_address(&b),
					  .peer = q.src,
					  .interface_id = {id, ID_LEN},
					  .message = q.message};
		memcpy(id + 2, link.mac, sizeof(link.mac));
		memcpy(f.mac, link.mac, sizeof(f.mac));
		relay(g, &f, now.mono);
	}
}

// ---- To the node.

static void tell_outside(struct gateway *g, const struct mag_binding *b, struct ip6_addr server,
			 struct ip6_prefix lease, ns_t now)
{
	char from[IP6_ADDR_TEXT], prefix[IP6_PREFIX_TEXT], mac[32], mn_id[128];

	if (!log_allowed(&g->dhcp->outside, LINES_A_SECOND, now))
		return;
	log_line(LOG_WARNING,
		 "DHCPv6: lease dropped: %s leases %s to mobile node \"%s\", %s, outside its home "
		 "network prefixes; the server's pools have to be those of the LMA",
		 ip6_format(server, from), ip6_prefix_format(lease, prefix),
		 text_of(b->mn_id, mn_id, sizeof(mn_id)),
		 text_of_mac((struct span){b->link.mac, 6}, mac, sizeof(mac)));
}

// MAG-DH-04: what a lease promises the workers would drop.
static bool leases_are_inside(struct gateway *g, const struct mag_binding *b,
			      struct ip6_addr server, struct span message, ns_t now)
{
	struct dhcp6_leases all;
	enum dhcp6_err err = dhcp6_leases_parse(message, &all);

	if (err != DHCP6_OK) {
		g->dhcp->counts[err == DHCP6_TOO_MANY_LEASES ? DHCP_TOO_LONG
							     : DHCP_ANSWER_MALFORMED]++;
		return false;
	}
	for (uint32_t i = 0; i < all.n; i++) {
		if (leases_may_have(b, all.leases[i].prefix))
			continue;
		g->dhcp->counts[DHCP_LEASE_OUTSIDE]++;
		tell_outside(g, b, server, all.leases[i].prefix, now);
		return false;
	}
	return true;
}

static uint16_t mtu_of(const struct gateway *g, struct mag_link link)
{
	struct port *port = g->plane.ports[g->plane.interfaces[link.interface].port];
	struct port_link at = {.mtu = 1500};

	port->ops->link(port, &at);
	return at.mtu;
}

// The node that an Interface-ID of ours names, if it is served here.
static bool find_node(const struct gateway *g, struct span id, struct mag_binding *out)
{
	struct mag_link link;

	if (id.n != ID_LEN)
		return false;
	link.interface = (uint16_t)(id.p[0] << 8 | id.p[1]);
	memcpy(link.mac, id.p + 2, sizeof(link.mac));
	return mag_find_binding(g->mag, link, out) && leases_are_for(out);
}

static void give(struct gateway *g, const struct mag_binding *b, const struct dhcp6_answer *a)
{
	struct dhcp *d = g->dhcp;
	size_t n = 0;

	if (a->message.n + PACKET_HEADERS <= mtu_of(g, b->link))
		n = dhcp6_answer_emit(d->out, sizeof(d->out), b->link_local, a->peer, a->message);
	if (n == 0) {
		d->counts[DHCP_TOO_LONG]++;
		return;
	}
	d->counts[DHCP_ANSWERED]++;
	frames_send(g, b->link, (struct span){d->out, (uint16_t)n});
}

static void take_answer(struct gateway *g, struct ip6_addr server, struct span payload, ns_t now)
{
	struct dhcp *d = g->dhcp;
	struct dhcp6_answer a;
	struct mag_binding b;
	enum dhcp6_err err = dhcp6_answer_parse(payload, &a);

	if (err == DHCP6_MALFORMED)
		d->counts[DHCP_ANSWER_MALFORMED]++;
	else if (err != DHCP6_OK || !ip6_is_link_local(a.peer))
		d->counts[DHCP_ANSWER_UNEXPECTED]++;
	else if (!find_node(g, a.interface_id, &b))
		d->counts[DHCP_UNKNOWN_NODE]++;
	else if (!leases_may_have(&b, ip6_prefix_of(a.link, 128)))
		d->counts[DHCP_OTHER_SESSION]++;
	else if (leases_are_inside(g, &b, server, a.message, now))
		give(g, &b, &a);
}

static bool is_server(const struct conf *c, struct ip6_addr a)
{
	for (uint32_t i = 0; i < c->mag.n_dhcp_servers; i++)
		if (ip6_equal(c->mag.dhcp_servers[i], a))
			return true;
	return false;
}

// False: there is none just now.
static bool take_one(struct gateway *g, ns_t now)
{
	struct dhcp *d = g->dhcp;
	struct sockaddr_in6 from = {0};
	socklen_t len = sizeof(from);
	struct ip6_addr server;
	ssize_t n =
		recvfrom(d->fd, d->in, sizeof(d->in), MSG_TRUNC, (struct sockaddr *)&from, &len);

	if (n < 0)
		return false;
	memcpy(server.a, &from.sin6_addr, sizeof(server.a));
	if (!is_server(g->conf, server))
		d->counts[DHCP_STRANGER]++;
	else if ((size_t)n > sizeof(d->in))
		d->counts[DHCP_TOO_LONG]++;
	else
		take_answer(g, server, (struct span){d->in, (uint16_t)n}, now);
	return true;
}

void dhcp_poll(struct gateway *g, struct instant now)
{
	unsigned taken = 0;

	if (g->dhcp == NULL)
		return;
	while (taken < ANSWERS_A_TURN && take_one(g, now.mono))
		taken++;
}
