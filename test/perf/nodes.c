// Many mobile nodes on one netdev, as their frames look: for the load on a MAG.
//
//   nodes NETDEV COUNT RATE CORRESPONDENT
//
// Each node has a MAC address of its own. It solicits a router (at most RATE nodes a second begin,
// each repeats after 4 s: RFC 4861 10), takes the prefix of the Router Advertisement, pings the
// CORRESPONDENT once from it, and answers the MAG's probes from then on. Prints a JSON object a
// line: {"phase":"attached",...} when all nodes have pinged with success or nothing moved for 30 s,
// then a line for each line that comes on standard input. Ends with standard input.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAC_LEN = 6, ETH = 14, IP6 = 40, FRAME = 256, BATCH = 64, TYPE_IPV6 = 0x86dd };
enum { ICMPV6 = 58, ECHO_REQUEST = 128, ECHO_REPLY = 129, RS = 133, RA = 134, NS = 135, NA = 136 };
enum { PREFIX_OPTION = 3, RECEIVE_BUFFER = 64 << 20 };

static const int64_t repeat_ns = 4000000000, stuck_ns = 30000000000;

struct node {
	int64_t first, last; // solicitations
	int64_t advertised, answered;
	uint8_t prefix[8];
	bool has_prefix;
};

struct crowd {
	struct node *nodes;
	uint32_t n, begun, n_advertised, n_answered;
	uint64_t solicited, repeated, probed, pinged, withdrawn, send_failed;
	int fd;
	uint8_t router[MAC_LEN], correspondent[16];
	int64_t began, moved; // the last time that a node got further
};

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void fail(const char *what)
{
	fprintf(stderr, "nodes: %s: %s\n", what, strerror(errno));
	exit(1);
}

// ---- Names: a node is its number, in its MAC address and in its interface identifier.

static void write_mac(uint32_t i, uint8_t mac[MAC_LEN])
{
	const uint8_t bytes[MAC_LEN] = {
		2, 0x10, (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};

	memcpy(mac, bytes, MAC_LEN);
}

static uint32_t number_of(const struct crowd *c, const uint8_t mac[MAC_LEN])
{
	uint32_t i =
		(uint32_t)mac[2] << 24 | (uint32_t)mac[3] << 16 | (uint32_t)mac[4] << 8 | mac[5];

	return mac[0] == 2 && mac[1] == 0x10 && i < c->n ? i : UINT32_MAX;
}

static void write_link_local(uint32_t i, uint8_t addr[16])
{
	uint8_t mac[MAC_LEN];

	write_mac(i, mac);
	memset(addr, 0, 16);
	addr[0] = 0xfe;
	addr[1] = 0x80;
	memcpy(addr + 8, mac, 3);
	addr[8] ^= 2;
	addr[11] = 0xff;
	addr[12] = 0xfe;
	memcpy(addr + 13, mac + 3, 3);
}

// ---- Frames.

static uint16_t checksum(const uint8_t *packet, uint16_t len)
{
	uint32_t sum = (uint32_t)len + ICMPV6;

	for (int i = 8; i < IP6; i += 2)
		sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
	for (int i = 0; i < len; i += 2)
		sum += (uint32_t)(packet[IP6 + i] << 8 | (i + 1 < len ? packet[IP6 + i + 1] : 0));
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)~sum;
}

// An ICMPv6 message of that length behind its headers, checksum and all; out it goes.
static void send_icmp(struct crowd *c, uint32_t i, uint8_t frame[FRAME], const uint8_t dst_mac[6],
		      const uint8_t src[16], const uint8_t dst[16], uint16_t len)
{
	uint8_t *packet = frame + ETH;

	memcpy(frame, dst_mac, MAC_LEN);
	write_mac(i, frame + MAC_LEN);
	frame[12] = TYPE_IPV6 >> 8;
	frame[13] = TYPE_IPV6 & 0xff;
	memset(packet, 0, 8);
	packet[0] = 0x60;
	packet[4] = (uint8_t)(len >> 8);
	packet[5] = (uint8_t)len;
	packet[6] = ICMPV6;
	packet[7] = 255;
	memcpy(packet + 8, src, 16);
	memcpy(packet + 24, dst, 16);
	packet[IP6 + 2] = packet[IP6 + 3] = 0;
	uint16_t sum = checksum(packet, len);
	packet[IP6 + 2] = (uint8_t)(sum >> 8);
	packet[IP6 + 3] = (uint8_t)sum;
	c->send_failed += send(c->fd, frame, (size_t)(ETH + IP6 + len), 0) < 0;
}

static void solicit(struct crowd *c, uint32_t i, int64_t now)
{
	static const uint8_t all_routers_mac[6] = {0x33, 0x33, 0, 0, 0, 2};
	static const uint8_t all_routers[16] = {0xff, 2, [15] = 2};
	uint8_t frame[FRAME] = {0}, src[16], *icmp = frame + ETH + IP6;
	struct node *n = &c->nodes[i];

	icmp[0] = RS;
	icmp[8] = 1; // source link-layer address
	icmp[9] = 1;
	write_mac(i, icmp + 10);
	write_link_local(i, src);
	send_icmp(c, i, frame, all_routers_mac, src, all_routers, 16);
	c->solicited++;
	c->repeated += n->first != 0;
	n->first = n->first != 0 ? n->first : now;
	n->last = now;
}

static void ping(struct crowd *c, uint32_t i, int64_t now)
{
	uint8_t frame[FRAME] = {0}, src[16] = {0}, *icmp = frame + ETH + IP6;

	icmp[0] = ECHO_REQUEST;
	icmp[4] = 0x6b;
	icmp[5] = 0x64;
	memcpy(src, c->nodes[i].prefix, 8);
	src[15] = 1;
	send_icmp(c, i, frame, c->router, src, c->correspondent, 64);
	c->nodes[i].last = now;
	c->pinged++;
}

static void answer_probe(struct crowd *c, uint32_t i, const uint8_t *packet)
{
	uint8_t frame[FRAME] = {0}, *icmp = frame + ETH + IP6;

	icmp[0] = NA;
	icmp[4] = 0x60; // solicited, override
	memcpy(icmp + 8, packet + IP6 + 8, 16);
	icmp[24] = 2; // target link-layer address
	icmp[25] = 1;
	write_mac(i, icmp + 26);
	c->probed++;
	send_icmp(c, i, frame, c->router, packet + IP6 + 8, packet + 8, 32);
}

// ---- What comes.

static void take_advert(struct crowd *c, uint32_t i, const uint8_t *icmp, uint32_t len, int64_t now)
{
	struct node *n = &c->nodes[i];

	for (uint32_t at = 16; at + 8 <= len && icmp[at + 1] != 0; at += icmp[at + 1] * 8u) {
		if (icmp[at] != PREFIX_OPTION || icmp[at + 1] != 4 || at + 32 > len)
			continue;
		if (memcmp(icmp + at + 4, "\0\0\0\0", 4) == 0) { // no lifetime
			c->withdrawn++;
			n->has_prefix = false;
			continue;
		}
		memcpy(n->prefix, icmp + at + 16, 8);
		n->has_prefix = true;
	}
	if (!n->has_prefix || n->advertised != 0)
		return;
	n->advertised = c->moved = now;
	c->n_advertised++;
	ping(c, i, now);
}

static void take(struct crowd *c, const uint8_t *frame, uint32_t len, int64_t now)
{
	const uint8_t *packet = frame + ETH, *icmp = packet + IP6;
	uint32_t i = len >= ETH + IP6 + 8 ? number_of(c, frame) : UINT32_MAX;

	if (i == UINT32_MAX || packet[6] != ICMPV6)
		return;
	memcpy(c->router, frame + MAC_LEN, MAC_LEN);
	switch (icmp[0]) {
	case RA:
		take_advert(c, i, icmp, len - ETH - IP6, now);
		break;
	case NS:
		if (len >= ETH + IP6 + 24)
			answer_probe(c, i, packet);
		break;
	case ECHO_REPLY:
		if (c->nodes[i].answered == 0) {
			c->nodes[i].answered = c->moved = now;
			c->n_answered++;
		}
		break;
	}
}

static void receive(struct crowd *c)
{
	static uint8_t frames[BATCH][2048];
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];

	for (int i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec){frames[i], sizeof(frames[i])};
		messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
	}
	int n = recvmmsg(c->fd, messages, BATCH, MSG_DONTWAIT, NULL);
	int64_t now = now_ns();
	for (int i = 0; i < n; i++)
		take(c, frames[i], messages[i].msg_len, now);
}

// ---- The course of it.

// Who has not begun begins at RATE; who got no answer asks again. One bounded piece of work.
static void go_on(struct crowd *c, uint32_t rate, int64_t now)
{
	static uint32_t look;
	uint64_t due = (uint64_t)((now - c->began) / 1000) * rate / 1000000 + 1;

	for (int k = 0; k < BATCH && c->begun < c->n && c->begun < due; k++)
		solicit(c, c->begun++, now);
	for (uint32_t k = 0; k < 1024 && k < c->begun; k++) {
		look = (look + 1) % c->begun;
		struct node *n = &c->nodes[look];
		if (now - n->last < repeat_ns || n->answered != 0)
			continue;
		if (n->advertised == 0)
			solicit(c, look, now);
		else
			ping(c, look, now);
	}
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void report(const struct crowd *c, const char *phase)
{
	int64_t *took = calloc(c->n, sizeof(*took)), last = c->began;
	uint32_t n = 0;

	for (uint32_t i = 0; took != NULL && i < c->n; i++)
		if (c->nodes[i].advertised != 0) {
			took[n++] = c->nodes[i].advertised - c->nodes[i].first;
			last = c->nodes[i].advertised > last ? c->nodes[i].advertised : last;
		}
	qsort(took, n, sizeof(*took), by_value);
	printf("{\"phase\":\"%s\",\"nodes\":%u,\"advertised\":%u,\"answered\":%u,"
	       "\"seconds\":%.3f,\"median_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,"
	       "\"solicited\":%lu,\"repeated\":%lu,\"probed\":%lu,\"withdrawn\":%lu,"
	       "\"send_failed\":%lu}\n",
	       phase, c->n, c->n_advertised, c->n_answered, (double)(last - c->began) / 1e9,
	       n > 0 ? (double)took[n / 2] / 1e6 : 0.0,
	       n > 0 ? (double)took[(uint64_t)n * 99 / 100] / 1e6 : 0.0,
	       n > 0 ? (double)took[n - 1] / 1e6 : 0.0, c->solicited, c->repeated, c->probed,
	       c->withdrawn, c->send_failed);
	fflush(stdout);
	free(took);
}

static void open_netdev(struct crowd *c, const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(TYPE_IPV6),
				 .sll_ifindex = (int)if_nametoindex(name)};
	int size = RECEIVE_BUFFER, one = 1;

	c->fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (c->fd < 0 || at.sll_ifindex == 0 ||
	    setsockopt(c->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0 ||
	    setsockopt(c->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) != 0 ||
	    bind(c->fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		fail(name);
}

static void run(struct crowd *c, uint32_t rate)
{
	struct pollfd fds[] = {{.fd = c->fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
	bool told = false;
	char line[256];

	c->began = c->moved = now_ns();
	for (;;) {
		int64_t now = now_ns();
		if (!told)
			go_on(c, rate, now);
		if (!told && (c->n_answered == c->n || now - c->moved > stuck_ns)) {
			report(c, "attached");
			told = true;
		}
		poll(fds, 2, told ? 100 : 0);
		if ((fds[0].revents & POLLIN) != 0)
			receive(c);
		if (fds[1].revents == 0)
			continue;
		if (fgets(line, sizeof(line), stdin) == NULL)
			return;
		report(c, "now");
	}
}

int main(int argc, char **argv)
{
	struct crowd c = {0};

	if (argc != 5 || inet_pton(AF_INET6, argv[4], c.correspondent) != 1 || atoi(argv[2]) < 1 ||
	    atoi(argv[3]) < 1) {
		fprintf(stderr, "usage: nodes NETDEV COUNT RATE CORRESPONDENT\n");
		return 2;
	}
	c.n = (uint32_t)atoi(argv[2]);
	c.nodes = calloc(c.n, sizeof(*c.nodes));
	if (c.nodes == NULL)
		fail("nodes");
	open_netdev(&c, argv[1]);
	run(&c, (uint32_t)atoi(argv[3]));
	return 0;
}
