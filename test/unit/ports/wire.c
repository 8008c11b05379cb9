// Both ends of a veth pair, a port on one of them.
//
// Decides where a frame came out: at the port, at the kernel, nowhere; a frame that came out twice
// or changed counts as lost. Frames are told by all their bytes, so no other traffic disturbs.
#include "test/unit/ports/wire.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>

#include "test/unit/netns.h"
#include "test/unit/test.h"

enum { PATIENCE_MS = 3000, BUFFERS = 8191, BUFFER = 2048 + RTE_PKTMBUF_HEADROOM };

static const uint8_t near_mac[6] = {2, 0, 0, 0, 0, 1}, far_mac[6] = {2, 0, 0, 0, 0, 2};

static int packet_socket(const char *name, char which)
{
	char netdev[IFNAMSIZ];
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(netdev, sizeof(netdev), "%s%c", name, which);
	at.sll_ifindex = (int)if_nametoindex(netdev);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	close(fd);
	return -1;
}

int wire_up(struct wire *w, const char *name)
{
	*w = (struct wire){.near = -1, .far = -1};
	// Quiet: no addresses, so no ND of the kernel's own between ours.
	if (netns_ip("link add %s0 address " NEAR_MAC " type veth peer name %s1 address " FAR_MAC,
		     name, name) != 0 ||
	    netns_ip("link set %s0 addrgenmode none", name) != 0 ||
	    netns_ip("link set %s1 addrgenmode none", name) != 0 ||
	    netns_ip("link set %s0 up", name) != 0 || netns_ip("link set %s1 up", name) != 0)
		return -1;
	w->near = packet_socket(name, '0');
	w->far = packet_socket(name, '1');
	return w->near >= 0 && w->far >= 0 ? 0 : -1;
}

void wire_down(struct wire *w, const char *name)
{
	if (w->port != NULL)
		w->port->ops->close(w->port);
	close(w->near);
	close(w->far);
	(void)netns_ip("link del %s0", name);
}

int wire_eal(void)
{
	static char prefix[64];
	static char *args[] = {"test",
			       "--no-huge",
			       "--no-shconf",
			       "-m",
			       "256",
			       "--no-pci",
			       "--no-telemetry",
			       "--iova-mode=va",
			       prefix,
			       "--log-level=*:error",
			       "--lcores=0@0",
			       NULL};

	snprintf(prefix, sizeof(prefix), "--file-prefix=kedge-ports-%d", getpid());
	return rte_eal_init(sizeof(args) / sizeof(args[0]) - 1, args) < 0 ? -1 : 0;
}

struct rte_mempool *wire_pool(void)
{
	return rte_pktmbuf_pool_create("ports", BUFFERS, 64, 0, BUFFER, SOCKET_ID_ANY);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool is_frame(const struct frame *f, const void *bytes, size_t n)
{
	return n == f->n && memcmp(bytes, f->b, n) == 0;
}

// Whether the frame came in on a packet socket; others are read and forgotten.
static bool came_in(int fd, const struct frame *f)
{
	uint8_t buf[FRAME_MAX];
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len)) > 0) {
		if (from.sll_pkttype != PACKET_OUTGOING && is_frame(f, buf, (size_t)n))
			return true;
		len = sizeof(from);
	}
	return false;
}

static bool came_to_us(struct port *p, const struct frame *f)
{
	struct rte_mbuf *m[32];
	bool came = false;

	if (p == NULL)
		return false;
	for (uint16_t q = 0; q < p->n_rx; q++) {
		uint16_t n = port_rx(p, q, m, 32);
		for (uint16_t i = 0; i < n; i++)
			came |= is_frame(f, rte_pktmbuf_mtod(m[i], void *), m[i]->pkt_len);
		rte_pktmbuf_free_bulk(m, n);
	}
	return came;
}

enum fate wire_fate(struct wire *w, const struct frame *f)
{
	uint64_t until = now_ms() + PATIENCE_MS;

	(void)came_in(w->near, &(struct frame){0}); // what is left of earlier ones
	if (send(w->far, f->b, f->n, 0) != f->n)
		return FATE_LOST;
	while (now_ms() < until) {
		if (came_to_us(w->port, f))
			return came_in(w->near, f) ? FATE_LOST : FATE_OURS;
		if (came_in(w->near, f))
			return came_to_us(w->port, f) ? FATE_LOST : FATE_KERNEL;
	}
	return FATE_LOST;
}

bool wire_comes(struct wire *w, const struct frame *f)
{
	uint64_t until = now_ms() + PATIENCE_MS;

	if (send(w->far, f->b, f->n, 0) != f->n)
		return false;
	while (now_ms() < until)
		if (came_to_us(w->port, f))
			return true;
	return false;
}

bool wire_send(struct wire *w, struct rte_mempool *pool, const struct frame *f)
{
	uint64_t until = now_ms() + PATIENCE_MS;
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	if (m == NULL)
		return false;
	memcpy(rte_pktmbuf_append(m, f->n), f->b, f->n);
	if (port_tx(w->port, 0, &m, 1) != 1) {
		rte_pktmbuf_free(m);
		return false;
	}
	while (now_ms() < until)
		if (came_in(w->far, f))
			return true;
	return false;
}

struct ip6_addr addr(const char *text)
{
	struct ip6_addr a = {0};

	assert_int_equal(ip6_parse(text, &a), 0);
	return a;
}

struct frame frame_to(const char *dst, uint8_t next, const uint8_t *payload, uint16_t given,
		      uint16_t n)
{
	struct frame f = {.n = (uint16_t)(ETH_LEN + IP6_LEN + n)};
	struct ip6_addr from = addr("2001:db8:fa::1"), to = addr(dst);
	uint8_t *ip = f.b + ETH_LEN;

	memcpy(f.b, near_mac, sizeof(near_mac));
	memcpy(f.b + 6, far_mac, sizeof(far_mac));
	f.b[12] = 0x86;
	f.b[13] = 0xdd;
	ip[0] = 0x60;
	ip[4] = (uint8_t)(n >> 8);
	ip[5] = (uint8_t)n;
	ip[6] = next;
	ip[7] = 64;
	memcpy(ip + 8, from.a, sizeof(from.a));
	memcpy(ip + 24, to.a, sizeof(to.a));
	for (uint16_t i = 0; i < n; i++)
		ip[IP6_LEN + i] = i < given ? payload[i] : (uint8_t)(i * 7 + next);
	return f;
}

struct frame with_tag(struct frame f, uint16_t type, uint16_t vlan)
{
	const uint8_t tag[TAG_LEN] = {(uint8_t)(type >> 8), (uint8_t)type, (uint8_t)(vlan >> 8),
				      (uint8_t)vlan};

	memmove(f.b + 12 + TAG_LEN, f.b + 12, f.n - 12u);
	memcpy(f.b + 12, tag, sizeof(tag));
	f.n = (uint16_t)(f.n + TAG_LEN);
	return f;
}

bool wire_until(struct wire *w, bool up, struct port_link *out)
{
	w->port->ops->link(w->port, out);
	for (int i = 0; i < 500 && out->up != up; i++) {
		usleep(10000);
		w->port->ops->link(w->port, out);
	}
	return out->up == up;
}
