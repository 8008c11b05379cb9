// Stand-ins for what libradcli calls of the C library; outside of an exchange they do nothing.
#include "aaa/guard.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <nettle/hmac.h>
#include <nettle/memops.h>

enum { HEADER = 20, AUTHENTICATOR = 4, VECTOR = 16, MAX_PACKET = GUARD_MAX_PACKET };
enum { ACCESS_ACCEPT = 2, ACCESS_REJECT = 3, ACCESS_CHALLENGE = 11 };
enum { MESSAGE_AUTHENTICATOR = 80, MESSAGE_AUTHENTICATOR_LEN = 18 };

static _Thread_local struct guard *current;

// What libradcli calls instead of the C library's.
ssize_t aaa_sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *to,
		   socklen_t to_len);
ssize_t aaa_recvfrom(int fd, void *buf, size_t room, int flags, struct sockaddr *from,
		     socklen_t *from_len);
int aaa_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int aaa_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
		    struct addrinfo **out);
void aaa_syslog_chk(int priority, int flag, const char *format, ...);

void guard_begin(struct guard *g)
{
	current = g;
}

void guard_end(void)
{
	current = NULL;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void put_len(uint8_t *packet, size_t len)
{
	packet[2] = (uint8_t)(len >> 8);
	packet[3] = (uint8_t)len;
}

static void sign(const char *secret, const uint8_t *packet, size_t len, uint8_t out[VECTOR])
{
	struct hmac_md5_ctx ctx;

	hmac_md5_set_key(&ctx, strlen(secret), (const uint8_t *)secret);
	hmac_md5_update(&ctx, len, packet);
	hmac_md5_digest(&ctx, VECTOR, out);
}

// After this libradcli gives up, and would leave the socket open.
static void drop(int fd)
{
	int err = errno;

	close(fd);
	errno = err;
}

ssize_t aaa_sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *to,
		   socklen_t to_len)
{
	uint8_t packet[MAX_PACKET], *at = packet + HEADER;
	size_t len = n + MESSAGE_AUTHENTICATOR_LEN;

	if (current == NULL || n < HEADER || len > sizeof(packet)) {
		errno = EMSGSIZE;
		drop(fd);
		return -1;
	}
	memcpy(packet, buf, HEADER);
	memcpy(at + MESSAGE_AUTHENTICATOR_LEN, (const uint8_t *)buf + HEADER, n - HEADER);
	at[0] = MESSAGE_AUTHENTICATOR;
	at[1] = MESSAGE_AUTHENTICATOR_LEN;
	memset(at + 2, 0, VECTOR);
	put_len(packet, len);
	sign(current->secret, packet, len, at + 2);
	current->id = packet[1];
	memcpy(current->vector, packet + AUTHENTICATOR, VECTOR);
	current->sent = true;
	ssize_t sent = sendto(fd, packet, len, flags, to, to_len);
	if (sent < 0 && errno != EINTR)
		drop(fd);
	return sent < 0 ? sent : (ssize_t)n;
}

// Where its value begins; 0: there is none. SIZE_MAX: the attributes are none.
static size_t find_authenticator(const uint8_t *packet, size_t len)
{
	size_t found = 0;

	for (size_t at = HEADER; at < len; at += packet[at + 1]) {
		if (len - at < 2 || packet[at] == 0 || packet[at + 1] < 2 ||
		    packet[at + 1] > len - at)
			return SIZE_MAX;
		if (packet[at] != MESSAGE_AUTHENTICATOR)
			continue;
		if (found != 0 || packet[at + 1] != MESSAGE_AUTHENTICATOR_LEN)
			return SIZE_MAX;
		found = at + 2;
	}
	return found;
}

static bool is_answer(uint8_t code)
{
	return code == ACCESS_ACCEPT || code == ACCESS_REJECT || code == ACCESS_CHALLENGE;
}

// RFC 2865 3, RFC 2869 5.14: from one who knows the secret, and to this request.
static bool verifies(struct guard *g, const uint8_t *answer, size_t n)
{
	uint8_t packet[MAX_PACKET], digest[VECTOR];
	size_t len = n >= HEADER ? (size_t)(answer[2] << 8 | answer[3]) : 0;
	struct md5_ctx ctx;

	if (!g->sent || len < HEADER || len > n || len > sizeof(packet) || answer[1] != g->id ||
	    !is_answer(answer[0]))
		return false;
	memcpy(packet, answer, len);
	memcpy(packet + AUTHENTICATOR, g->vector, VECTOR);
	md5_init(&ctx);
	md5_update(&ctx, len, packet);
	md5_update(&ctx, strlen(g->secret), (const uint8_t *)g->secret);
	md5_digest(&ctx, VECTOR, digest);
	if (!memeql_sec(digest, answer + AUTHENTICATOR, VECTOR))
		return false;
	size_t at = find_authenticator(packet, len);
	g->malformed = at == SIZE_MAX;
	if (at == 0 || at == SIZE_MAX)
		return true;
	memset(packet + at, 0, VECTOR);
	sign(g->secret, packet, len, digest);
	return memeql_sec(digest, answer + at, VECTOR);
}

// A try: until something verifies, time is up, or the program ends. Then nobody answered.
int aaa_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	int64_t deadline = now_ms() + timeout_ms, left;
	struct guard *g = current;
	(void)n; // libradcli waits for one

	while (g != NULL && (left = deadline - now_ms()) > 0) {
		struct pollfd both[2] = {{.fd = fds[0].fd, .events = POLLIN},
					 {.fd = g->stop, .events = POLLIN}};
		int rc = poll(both, 2, (int)left);
		if (rc < 0 && errno != EINTR)
			return -1;
		if (rc > 0 && both[1].revents != 0)
			return 0;
		if (rc <= 0)
			continue;
		ssize_t got = recv(fds[0].fd, g->answer, sizeof(g->answer), MSG_DONTWAIT);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return -1;
		if (got >= 0 && verifies(g, g->answer, (size_t)got)) {
			g->n = (size_t)got;
			fds[0].revents = POLLIN;
			return 1;
		}
		g->forged += got >= 0;
	}
	return 0;
}

// What aaa_poll found. The server's address stays the one that was asked.
ssize_t aaa_recvfrom(int fd, void *buf, size_t room, int flags, struct sockaddr *from,
		     socklen_t *from_len)
{
	struct guard *g = current;
	(void)fd, (void)flags, (void)from, (void)from_len;

	if (g == NULL || g->n == 0 || g->n > room) {
		errno = EIO; // EAGAIN would make it send for ever
		return -1;
	}
	memcpy(buf, g->answer, g->n);
	return (ssize_t)g->n;
}

// Addresses alone: no name is looked up, and libradcli fills in the port itself.
int aaa_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
		    struct addrinfo **out)
{
	struct addrinfo numeric = *hints;
	(void)service;

	numeric.ai_flags |= AI_NUMERICHOST;
	return getaddrinfo(host, NULL, &numeric, out);
}

// Of what it has to say the caller learns the result, with the server's name.
void aaa_syslog_chk(int priority, int flag, const char *format, ...)
{
	(void)priority;
	(void)flag;
	(void)format;
}
