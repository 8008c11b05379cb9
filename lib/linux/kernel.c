// The rtnetlink sockets: dumps and events, read into plain values.
//
// Decides which messages are of interest: IPv6, the main and the local table, routes that hold for
// all sources. Does not decide what they mean to the workers: that is the app's twin.
#include "linux/kernel_twin.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "linux/request.h"

enum { EVENT_BUFFER = 4 << 20, READ_BUFFER = 32768, DUMP_TRIES = 32 };

static struct ip6_addr addr_of(const struct nlattr *attr)
{
	struct ip6_addr a = {0};

	if (attr != NULL && mnl_attr_get_payload_len(attr) == sizeof(a.a))
		memcpy(a.a, mnl_attr_get_payload(attr), sizeof(a.a));
	return a;
}

static uint32_t u32_of(const struct nlattr *attr)
{
	uint32_t v = 0;

	if (attr != NULL && mnl_attr_get_payload_len(attr) == sizeof(v))
		memcpy(&v, mnl_attr_get_payload(attr), sizeof(v));
	return v;
}

static void mac_of(const struct nlattr *attr, uint8_t mac[6])
{
	if (attr != NULL && mnl_attr_get_payload_len(attr) == 6)
		memcpy(mac, mnl_attr_get_payload(attr), 6);
}

struct attrs {
	const struct nlattr **v;
	uint16_t max;
};

static int keep_attr(const struct nlattr *attr, void *data)
{
	struct attrs *a = data;

	if (mnl_attr_get_type(attr) <= a->max)
		a->v[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static void read_attrs(const struct nlmsghdr *h, unsigned offset, const struct nlattr **v,
		       uint16_t max)
{
	struct attrs a = {v, max};

	(void)mnl_attr_parse(h, offset, keep_attr, &a);
}

static bool read_link(const struct nlmsghdr *h, struct kernel_event *e)
{
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *v[IFLA_MAX + 1] = {0};

	// A bridge tells the coming and going of its ports in messages like a link's own.
	if (m->ifi_family != AF_UNSPEC)
		return false;
	read_attrs(h, sizeof(*m), v, IFLA_MAX);
	*e = (struct kernel_event){
		.kind = KERNEL_LINK, .gone = h->nlmsg_type == RTM_DELLINK, .ifindex = m->ifi_index};
	e->link.up = (m->ifi_flags & IFF_UP) && (m->ifi_flags & IFF_LOWER_UP);
	e->link.mtu =
		(uint16_t)(u32_of(v[IFLA_MTU]) > UINT16_MAX ? UINT16_MAX : u32_of(v[IFLA_MTU]));
	mac_of(v[IFLA_ADDRESS], e->link.mac);
	if (v[IFLA_IFNAME] == NULL)
		return false;
	strncpy(e->link.name, mnl_attr_get_str(v[IFLA_IFNAME]), sizeof(e->link.name) - 1);
	return true;
}

static bool read_addr(const struct nlmsghdr *h, struct kernel_event *e)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *v[IFA_MAX + 1] = {0};

	if (m->ifa_family != AF_INET6)
		return false;
	read_attrs(h, sizeof(*m), v, IFA_MAX);
	*e = (struct kernel_event){.kind = KERNEL_ADDR,
				   .gone = h->nlmsg_type == RTM_DELADDR,
				   .ifindex = (int)m->ifa_index};
	uint32_t flags = v[IFA_FLAGS] != NULL ? u32_of(v[IFA_FLAGS]) : m->ifa_flags;
	// With a peer IFA_ADDRESS is the peer's.
	e->addr.addr = addr_of(v[v[IFA_LOCAL] != NULL ? IFA_LOCAL : IFA_ADDRESS]);
	e->addr.len = m->ifa_prefixlen;
	e->addr.tentative = (flags & IFA_F_TENTATIVE) != 0;
	return true;
}

// Of several next hops the first: the workers have one a prefix.
static void read_multipath(const struct nlattr *attr, struct kernel_event *e)
{
	const struct rtnexthop *hop = mnl_attr_get_payload(attr);
	int n = mnl_attr_get_payload_len(attr);
	const struct nlattr *gateway;

	if (!RTNH_OK(hop, n))
		return;
	e->ifindex = hop->rtnh_ifindex;
	gateway = (const struct nlattr *)RTNH_DATA(hop);
	if (hop->rtnh_len >= sizeof(*hop) + sizeof(*gateway) &&
	    mnl_attr_get_type(gateway) == RTA_GATEWAY)
		e->route.gateway = addr_of(gateway);
}

static bool read_route(const struct nlmsghdr *h, struct kernel_event *e)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *v[RTA_MAX + 1] = {0};

	// Routes for some sources only: not for all packets, so not for us.
	if (m->rtm_family != AF_INET6 || (m->rtm_flags & RTM_F_CLONED) || m->rtm_src_len != 0)
		return false;
	read_attrs(h, sizeof(*m), v, RTA_MAX);
	*e = (struct kernel_event){.kind = KERNEL_ROUTE,
				   .gone = h->nlmsg_type == RTM_DELROUTE,
				   .ifindex = (int)u32_of(v[RTA_OIF])};
	e->route.dst = ip6_prefix_of(addr_of(v[RTA_DST]), m->rtm_dst_len);
	e->route.gateway = addr_of(v[RTA_GATEWAY]);
	e->route.metric = u32_of(v[RTA_PRIORITY]);
	e->route.table = v[RTA_TABLE] != NULL ? u32_of(v[RTA_TABLE]) : m->rtm_table;
	e->route.type = m->rtm_type;
	e->route.protocol = m->rtm_protocol;
	e->route.replaces = !e->gone && (h->nlmsg_flags & NLM_F_REPLACE) != 0;
	if (v[RTA_MULTIPATH] != NULL)
		read_multipath(v[RTA_MULTIPATH], e);
	return e->route.table == RT_TABLE_MAIN || e->route.table == RT_TABLE_LOCAL;
}

static bool read_neigh(const struct nlmsghdr *h, struct kernel_event *e)
{
	const struct ndmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *v[NDA_MAX + 1] = {0};

	if (m->ndm_family != AF_INET6 || (m->ndm_flags & NTF_PROXY))
		return false;
	read_attrs(h, sizeof(*m), v, NDA_MAX);
	*e = (struct kernel_event){.kind = KERNEL_NEIGH,
				   .gone = h->nlmsg_type == RTM_DELNEIGH ||
					   (m->ndm_state & NUD_FAILED) != 0,
				   .ifindex = m->ndm_ifindex};
	e->neigh.addr = addr_of(v[NDA_DST]);
	mac_of(v[NDA_LLADDR], e->neigh.mac);
	e->neigh.usable = v[NDA_LLADDR] != NULL &&
			  (m->ndm_state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE |
					   NUD_PERMANENT | NUD_NOARP)) != 0;
	return true;
}

struct sink {
	kernel_event_fn *fn;
	void *arg;
};

static int on_message(const struct nlmsghdr *h, void *data)
{
	struct sink *s = data;
	struct kernel_event e;
	bool known = false;

	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		known = read_link(h, &e);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		known = read_addr(h, &e);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		known = read_route(h, &e);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		known = read_neigh(h, &e);
		break;
	}
	if (known)
		s->fn(s->arg, &e);
	return MNL_CB_OK;
}

int kernel_open(struct kernel **out)
{
	static const int groups[] = {RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV6_IFADDR,
				     RTNLGRP_IPV6_ROUTE};
	struct kernel *k = calloc(1, sizeof(*k));
	int buffer = EVENT_BUFFER;

	if (k == NULL)
		return -ENOMEM;
	k->events = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	k->requests = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	k->dumps = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int rc = k->events != NULL && k->requests != NULL && k->dumps != NULL ? 0 : -errno;
	if (rc == 0 && (mnl_socket_bind(k->events, 0, MNL_SOCKET_AUTOPID) != 0 ||
			mnl_socket_bind(k->requests, 0, MNL_SOCKET_AUTOPID) != 0 ||
			mnl_socket_bind(k->dumps, 0, MNL_SOCKET_AUTOPID) != 0))
		rc = -errno;
	for (unsigned i = 0; rc == 0 && i < sizeof(groups) / sizeof(groups[0]); i++) {
		int group = groups[i];
		if (mnl_socket_setsockopt(k->events, NETLINK_ADD_MEMBERSHIP, &group,
					  sizeof(group)) != 0)
			rc = -errno;
	}
	if (rc != 0) {
		kernel_close(k);
		return rc;
	}
	// Larger than the system's limit where we may; else what it gives.
	(void)setsockopt(mnl_socket_get_fd(k->events), SOL_SOCKET, SO_RCVBUFFORCE, &buffer,
			 sizeof(buffer));
	*out = k;
	return 0;
}

void kernel_close(struct kernel *k)
{
	if (k == NULL)
		return;
	if (k->events != NULL)
		mnl_socket_close(k->events);
	if (k->requests != NULL)
		mnl_socket_close(k->requests);
	if (k->dumps != NULL)
		mnl_socket_close(k->dumps);
	free(k);
}

int kernel_fd(const struct kernel *k)
{
	return mnl_socket_get_fd(k->events);
}

static int ask_dump(struct kernel *k, uint16_t type, uint8_t family)
{
	char buf[MNL_NLMSG_HDRLEN + 64];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++k->dump_seq;
	struct rtgenmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->rtgen_family = family;
	return mnl_socket_sendto(k->dumps, h, h->nlmsg_len) < 0 ? -errno : 0;
}

// One answer of several messages; *whole becomes false if the kernel says that what it dumps has
// changed meanwhile, *done true at the end.
static int read_dump(struct kernel *k, struct sink *s, bool *whole, bool *done)
{
	char buf[READ_BUFFER];
	ssize_t got = mnl_socket_recvfrom(k->dumps, buf, sizeof(buf));
	int left = (int)got;

	if (got < 0)
		return errno == EINTR ? 0 : -errno;
	for (struct nlmsghdr *h = (struct nlmsghdr *)buf; mnl_nlmsg_ok(h, left);
	     h = mnl_nlmsg_next(h, &left)) {
		if (h->nlmsg_seq != k->dump_seq)
			continue;
		if (h->nlmsg_flags & NLM_F_DUMP_INTR)
			*whole = false;
		*done |= h->nlmsg_type == NLMSG_DONE;
		if (h->nlmsg_type == NLMSG_ERROR)
			return ((struct nlmsgerr *)mnl_nlmsg_get_payload(h))->error;
		(void)on_message(h, s);
	}
	return 0;
}

// An interrupted dump may have skipped what did not change, so it is read again, not half believed.
static int dump_one(struct kernel *k, uint16_t type, uint8_t family, struct sink *s)
{
	for (unsigned i = 0; i < DUMP_TRIES; i++) {
		bool whole = true, done = false;
		int rc = ask_dump(k, type, family);
		while (rc == 0 && !done)
			rc = read_dump(k, s, &whole, &done);
		if (rc != 0 || whole)
			return rc;
	}
	return -EINTR;
}

int kernel_dump(struct kernel *k, kernel_event_fn *fn, void *arg)
{
	struct sink s = {fn, arg};

	int rc = dump_one(k, RTM_GETLINK, AF_UNSPEC, &s);
	if (rc == 0)
		rc = dump_one(k, RTM_GETADDR, AF_INET6, &s);
	if (rc == 0)
		rc = dump_one(k, RTM_GETROUTE, AF_INET6, &s);
	if (rc == 0)
		rc = dump_one(k, RTM_GETNEIGH, AF_INET6, &s);
	return rc;
}

int kernel_poll(struct kernel *k, unsigned budget, kernel_event_fn *fn, void *arg)
{
	struct sink s = {fn, arg};
	char buf[READ_BUFFER];
	unsigned n = 0;

	while (n < budget) {
		ssize_t got = mnl_socket_recvfrom(k->events, buf, sizeof(buf));
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (got < 0 && errno == ENOBUFS) {
			fn(arg, &(struct kernel_event){.kind = KERNEL_LOST});
			break;
		}
		if (got < 0)
			return -errno;
		(void)mnl_cb_run(buf, (size_t)got, 0, 0, on_message, &s);
		n++;
	}
	return (int)n;
}

int kernel_request(struct kernel *k, struct nlmsghdr *h)
{
	return kernel_request_for(k, h, NULL, NULL);
}

int kernel_request_for(struct kernel *k, struct nlmsghdr *h, mnl_cb_t answer, void *arg)
{
	char buf[READ_BUFFER];
	int rc = MNL_CB_OK;

	h->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = ++k->seq;
	if (mnl_socket_sendto(k->requests, h, h->nlmsg_len) < 0)
		return -errno;
	while (rc > MNL_CB_STOP) { // the acknowledgement stops it
		ssize_t n = mnl_socket_recvfrom(k->requests, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		rc = mnl_cb_run(buf, (size_t)n, k->seq, mnl_socket_get_portid(k->requests), answer,
				arg);
	}
	return rc < 0 ? -errno : 0;
}
