// Neighbours that we want known: the kernel resolves them and keeps them, though it sees no
// traffic.
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "linux/request.h"

static struct nlmsghdr *put_neigh(char *buf, uint16_t type, int ifindex, uint8_t flags,
				  struct ip6_addr a)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	struct ndmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ndm_family = AF_INET6;
	m->ndm_ifindex = ifindex;
	m->ndm_flags = flags;
	m->ndm_state = NUD_NONE;
	mnl_attr_put(h, NDA_DST, sizeof(a.a), a.a);
	return h;
}

static int keep_state(const struct nlmsghdr *h, void *state)
{
	const struct ndmsg *m = mnl_nlmsg_get_payload(h);

	if (h->nlmsg_type == RTM_NEWNEIGH)
		*(uint16_t *)state = m->ndm_state;
	return MNL_CB_OK;
}

// Set by hand: to ask for it would make it a learned one, which times out.
static bool is_permanent(struct kernel *k, int ifindex, struct ip6_addr a)
{
	char buf[MNL_NLMSG_HDRLEN + 256];
	uint16_t state = NUD_NONE;

	if (kernel_request_for(k, put_neigh(buf, RTM_GETNEIGH, ifindex, 0, a), keep_state,
			       &state) != 0)
		return false;
	return (state & NUD_PERMANENT) != 0;
}

// NTF_EXT_MANAGED (5.16): resolved now and refreshed for ever. An older kernel refuses the
// attribute's bit; there NTF_USE resolves it once.
int kernel_neigh_manage(struct kernel *k, int ifindex, struct ip6_addr a)
{
	char buf[MNL_NLMSG_HDRLEN + 256];

	if (is_permanent(k, ifindex, a))
		return 0;
	struct nlmsghdr *h = put_neigh(buf, RTM_NEWNEIGH, ifindex, 0, a);
	h->nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
	mnl_attr_put_u32(h, NDA_FLAGS_EXT, NTF_EXT_MANAGED);
	int rc = kernel_request(k, h);
	if (rc != -EINVAL && rc != -EOPNOTSUPP)
		return rc;
	h = put_neigh(buf, RTM_NEWNEIGH, ifindex, NTF_USE, a);
	h->nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
	return kernel_request(k, h);
}

int kernel_neigh_unmanage(struct kernel *k, int ifindex, struct ip6_addr a)
{
	char buf[MNL_NLMSG_HDRLEN + 256];

	if (is_permanent(k, ifindex, a))
		return 0;
	int rc = kernel_request(k, put_neigh(buf, RTM_DELNEIGH, ifindex, 0, a));
	return rc == -ENOENT ? 0 : rc;
}
