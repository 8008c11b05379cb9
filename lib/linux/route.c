// The pools as routes of ours in the kernel, for a routing daemon to announce and withdraw with us.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "linux/request.h"

static struct nlmsghdr *put_route(char *buf, uint16_t type, struct ip6_prefix p)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->rtm_family = AF_INET6;
	m->rtm_dst_len = p.len;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_protocol = KERNEL_ROUTE_PROTO;
	m->rtm_scope = RT_SCOPE_UNIVERSE;
	m->rtm_type = RTN_BLACKHOLE;
	mnl_attr_put(h, RTA_DST, sizeof(p.addr.a), p.addr.a);
	return h;
}

int kernel_pool_route_add(struct kernel *k, struct ip6_prefix p)
{
	char buf[MNL_NLMSG_HDRLEN + 256];
	struct nlmsghdr *h = put_route(buf, RTM_NEWROUTE, p);

	// Not NLM_F_REPLACE: it would take the operator's own route to the prefix away.
	h->nlmsg_flags = NLM_F_CREATE;
	int rc = kernel_request(k, h);
	return rc == -EEXIST ? 0 : rc;
}

int kernel_pool_route_del(struct kernel *k, struct ip6_prefix p)
{
	char buf[MNL_NLMSG_HDRLEN + 256];
	int rc = kernel_request(k, put_route(buf, RTM_DELROUTE, p));

	return rc == -ESRCH ? 0 : rc;
}
