// The radio of a host: a TAP in the host's namespace, and one of two access links behind it.
//
//   radio HOST_NS TAP AIR_NS DEV1 DEV2
//
// Lines on standard input: "at 1", "at 2": its frames pass there; "gap": nowhere. Like a modem it
// keeps what the host sends while it has no link, in the TAP's queue, and sends at the pace of a
// radio; what a gateway sends to it meanwhile is lost on the air, and counted. Answers each line
// with one: frames up, frames down, frames lost on the air since the last one.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FRAME = 2048, A_TURN = 32, BUFFER = 64 << 20, PACE_NS = 20000, LINKS = 2 };

struct radio {
	int tap, link[LINKS];
	int at;    // -1: nowhere
	long next; // when the next frame may go up
	unsigned long up, down, lost;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void enter(const char *ns)
{
	char path[256];

	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) != 0)
		die(path);
	close(fd);
}

static int open_tap(const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) != 0)
		die(name);
	return fd;
}

static int open_link(const char *dev)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int size = BUFFER, on = 1;

	at.sll_ifindex = (int)if_nametoindex(dev);
	if (fd < 0 || at.sll_ifindex == 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		die(dev);
	return fd;
}

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void send_up(struct radio *r)
{
	char frame[FRAME];
	long now = now_ns();

	if (r->next < now - A_TURN * PACE_NS)
		r->next = now - A_TURN * PACE_NS;
	while (r->next <= now) {
		ssize_t n = read(r->tap, frame, sizeof(frame));
		if (n <= 0)
			return;
		r->next += PACE_NS;
		r->up += send(r->link[r->at], frame, (size_t)n, 0) == n;
	}
}

static void send_down(struct radio *r, int link)
{
	char frame[FRAME];

	for (int i = 0; i < A_TURN; i++) {
		ssize_t n = recv(r->link[link], frame, sizeof(frame), 0);
		if (n <= 0)
			return;
		if (link != r->at)
			r->lost += (frame[0] & 1) == 0;
		else
			r->down += write(r->tap, frame, (size_t)n) == n;
	}
}

static void obey(struct radio *r, const char *line)
{
	if (strncmp(line, "at ", 3) == 0)
		r->at = atoi(line + 3) == 2 ? 1 : 0;
	else
		r->at = -1;
	printf("%lu %lu %lu\n", r->up, r->down, r->lost);
	fflush(stdout);
	r->up = r->down = r->lost = 0;
}

static void turn(struct radio *r)
{
	bool may_send = r->at >= 0 && r->next <= now_ns();
	struct pollfd fds[] = {{0, POLLIN, 0},
			       {r->link[0], POLLIN, 0},
			       {r->link[1], POLLIN, 0},
			       {may_send ? r->tap : -1, POLLIN, 0}};
	struct timespec nap = {0, r->at >= 0 && !may_send ? PACE_NS : 100000000};
	char line[64];

	if (ppoll(fds, 4, &nap, NULL) < 0 && errno != EINTR)
		die("poll");
	for (int i = 0; i < LINKS; i++)
		if (fds[1 + i].revents != 0)
			send_down(r, i);
	if (fds[3].revents != 0)
		send_up(r);
	if (fds[0].revents == 0)
		return;
	ssize_t n = read(0, line, sizeof(line) - 1);
	if (n <= 0)
		exit(0);
	line[n] = '\0';
	obey(r, line);
}

int main(int argc, char **argv)
{
	struct radio r = {.at = -1};

	if (argc != 6) {
		fputs("usage: radio HOST_NS TAP AIR_NS DEV1 DEV2\n", stderr);
		return 2;
	}
	enter(argv[1]);
	r.tap = open_tap(argv[2]);
	enter(argv[3]);
	r.link[0] = open_link(argv[4]);
	r.link[1] = open_link(argv[5]);
	puts("ready");
	fflush(stdout);
	for (;;)
		turn(&r);
}
