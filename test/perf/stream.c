// A stream of numbered datagrams, and what became of it.
//
//   stream send ADDRESS PORT RATE   until SIGTERM; then says how many
//   stream hear ADDRESS PORT        until SIGTERM and a while of silence; then one line of JSON:
//                                   received, lost so far as numbers show, doubled, reordered, and
//                                   the longest silence between two that came
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { NUMBERS = 1 << 24, PAYLOAD = 120, BURST = 64, BUFFER = 32 << 20, SILENCE_MS = 400 };

static volatile sig_atomic_t over;

static void end(int signal)
{
	(void)signal;
	over = 1;
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void until(int64_t when)
{
	struct timespec t = {when / 1000000000, when % 1000000000};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static int send_all(int fd, const struct sockaddr_in6 *to, long rate)
{
	uint32_t payload[PAYLOAD / 4] = {0}, n = 0;
	int64_t begin = now_ns();

	while (!over) {
		until(begin + n * INT64_C(1000000000) / rate);
		payload[0] = n;
		if (sendto(fd, payload, sizeof(payload), 0, (const struct sockaddr *)to,
			   sizeof(*to)) == sizeof(payload) ||
		    errno != EINTR)
			n++;
	}
	printf("%u\n", n);
	return 0;
}

struct heard {
	uint8_t *seen; // a bit a number
	uint64_t received, doubled, reordered;
	uint32_t next; // after the highest
	int64_t last, longest, longest_at;
};

static void take(struct heard *h, uint32_t n, int64_t now)
{
	if (n >= NUMBERS)
		return;
	if ((h->seen[n / 8] >> n % 8 & 1) != 0) {
		h->doubled++;
		return;
	}
	h->seen[n / 8] |= (uint8_t)(1 << n % 8);
	h->received++;
	h->reordered += n < h->next;
	if (n >= h->next)
		h->next = n + 1;
	if (h->last != 0 && now - h->last > h->longest) {
		h->longest = now - h->last;
		h->longest_at = h->last;
	}
	h->last = now;
}

static int hear_all(int fd, const struct sockaddr_in6 *at)
{
	struct timeval wait = {0, 50000};
	int size = BUFFER;
	struct heard h = {.seen = calloc(NUMBERS / 8, 1)};
	uint32_t payload[PAYLOAD / 4];
	int64_t quiet_since = now_ns();

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (h.seen == NULL || bind(fd, (const struct sockaddr *)at, sizeof(*at)) != 0) {
		perror("stream");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (!over || now_ns() - quiet_since < SILENCE_MS * INT64_C(1000000)) {
		ssize_t n = recv(fd, payload, sizeof(payload), 0);
		if (n != (ssize_t)sizeof(payload))
			continue;
		quiet_since = now_ns();
		take(&h, payload[0], quiet_since);
	}
	printf("{\"received\": %lu, \"doubled\": %lu, \"reordered\": %lu, \"gap_ms\": %.3f}\n",
	       h.received, h.doubled, h.reordered, (double)h.longest / 1e6);
	free(h.seen);
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 addr = {.sin6_family = AF_INET6};
	bool sends = argc == 5 && strcmp(argv[1], "send") == 0;
	struct sigaction on_end = {.sa_handler = end};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (!sends && (argc != 4 || strcmp(argv[1], "hear") != 0)) {
		fputs("usage: stream send ADDRESS PORT RATE | hear ADDRESS PORT\n", stderr);
		return 2;
	}
	if (fd < 0 || inet_pton(AF_INET6, argv[2], &addr.sin6_addr) != 1) {
		perror(argv[2]);
		return 1;
	}
	addr.sin6_port = htons((uint16_t)atoi(argv[3]));
	sigaction(SIGTERM, &on_end, NULL);
	prctl(PR_SET_TIMERSLACK, 1);
	return sends ? send_all(fd, &addr, atol(argv[4])) : hear_all(fd, &addr);
}
