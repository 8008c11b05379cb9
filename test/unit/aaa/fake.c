// The server of the tests, and the authenticators it needs.
#include "test/unit/aaa/fake.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nettle/hmac.h>

#include "test/unit/test.h"

enum { MESSAGE_AUTHENTICATOR = 80 };

struct packet {
	uint8_t b[FAKE_PACKET];
	size_t n;
};

static void put_len(struct packet *p)
{
	p->b[2] = (uint8_t)(p->n >> 8);
	p->b[3] = (uint8_t)p->n;
}

static void hmac(const char *secret, const uint8_t *b, size_t n, uint8_t out[16])
{
	struct hmac_md5_ctx ctx;

	hmac_md5_set_key(&ctx, strlen(secret), (const uint8_t *)secret);
	hmac_md5_update(&ctx, n, b);
	hmac_md5_digest(&ctx, 16, out);
}

static size_t find(const uint8_t *b, size_t n, uint8_t type)
{
	for (size_t at = 20; at + 2 <= n && b[at + 1] >= 2; at += b[at + 1])
		if (b[at] == type)
			return at;
	return 0;
}

static bool is_signed(const struct fake *f, struct packet p)
{
	uint8_t theirs[16], digest[16];
	size_t at = find(p.b, p.n, MESSAGE_AUTHENTICATOR);

	if (at == 0 || p.b[at + 1] != 18)
		return false;
	memcpy(theirs, p.b + at + 2, 16);
	memset(p.b + at + 2, 0, 16);
	hmac(f->secret, p.b, p.n, digest);
	return memcmp(theirs, digest, 16) == 0;
}

// Response Authenticator: of the answer with the request's in its place.
static void seal(struct packet *p, const uint8_t *vector, const char *secret)
{
	struct md5_ctx ctx;

	memcpy(p->b + 4, vector, 16);
	md5_init(&ctx);
	md5_update(&ctx, p->n, p->b);
	md5_update(&ctx, strlen(secret), (const uint8_t *)secret);
	md5_digest(&ctx, 16, p->b + 4);
}

static struct packet make_answer(const struct fake *f, const struct packet *request)
{
	struct packet p = {.n = 20 + f->n_attrs};

	p.b[0] = f->code;
	p.b[1] = (uint8_t)(request->b[1] + (f->manner == FAKE_OTHER_ID));
	memcpy(p.b + 4, request->b + 4, 16);
	memcpy(p.b + 20, f->attrs, f->n_attrs);
	if (f->sign) {
		p.b[p.n] = MESSAGE_AUTHENTICATOR;
		p.b[p.n + 1] = 18;
		p.n += 18;
		put_len(&p);
		hmac(f->secret, p.b, p.n, p.b + p.n - 16);
		p.b[p.n - 1] ^= f->manner == FAKE_BAD_MESSAGE_SIGNATURE;
	}
	// Sealed as if what is left out were sent, too.
	p.n += f->manner == FAKE_TOO_LONG;
	put_len(&p);
	seal(&p, request->b + 4, f->manner == FAKE_BAD_AUTHENTICATOR ? "no secret" : f->secret);
	p.n -= f->manner == FAKE_TOO_LONG;
	return p;
}

static void send_lies(const struct fake *f, const struct packet *good, const struct sockaddr *to,
		      socklen_t len)
{
	struct packet lie = *good;

	sendto(f->fd, lie.b, 0, 0, to, len);
	sendto(f->fd, lie.b, 19, 0, to, len);
	lie.b[4] ^= 1;
	sendto(f->fd, lie.b, lie.n, 0, to, len);
	lie = *good;
	lie.b[0] = lie.b[0] == 2 ? 3 : 2;
	sendto(f->fd, lie.b, lie.n, 0, to, len);
}

static void hear(struct fake *f)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	struct packet request = {.n = 0};
	ssize_t n =
		recvfrom(f->fd, request.b, sizeof(request.b), 0, (struct sockaddr *)&from, &len);

	if (n < 20)
		return;
	request.n = (size_t)n;
	pthread_mutex_lock(&f->lock);
	f->asked++;
	f->badly_signed += !is_signed(f, request);
	memcpy(f->request, request.b, request.n);
	f->n_request = request.n;
	bool answers = f->manner != FAKE_SILENT && f->skip == 0;
	f->skip -= f->skip > 0;
	struct packet answer = make_answer(f, &request);
	enum fake_manner manner = f->manner;
	pthread_mutex_unlock(&f->lock);
	if (answers && manner == FAKE_LIES_FIRST)
		send_lies(f, &answer, (struct sockaddr *)&from, len);
	if (answers)
		sendto(f->fd, answer.b, answer.n, 0, (struct sockaddr *)&from, len);
}

static void *serve(void *arg)
{
	struct fake *f = arg;
	struct pollfd fds[2] = {{.fd = f->fd, .events = POLLIN}, {.fd = f->stop, .events = POLLIN}};

	while (poll(fds, 2, -1) > 0 && fds[1].revents == 0)
		hear(f);
	return NULL;
}

void fake_start(struct fake *f, const char *address, const char *secret)
{
	struct sockaddr_storage a = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&a;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a;
	bool is_v4 = inet_pton(AF_INET, address, &v4->sin_addr) == 1;
	socklen_t len = is_v4 ? sizeof(*v4) : sizeof(*v6);
	int room = 8 << 20;

	*f = (struct fake){.secret = secret, .code = 2, .lock = PTHREAD_MUTEX_INITIALIZER};
	snprintf(f->address, sizeof(f->address), "%s", address);
	a.ss_family = is_v4 ? AF_INET : AF_INET6;
	if (!is_v4)
		assert_int_equal(inet_pton(AF_INET6, address, &v6->sin6_addr), 1);
	f->fd = socket(a.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	f->stop = eventfd(0, EFD_CLOEXEC);
	setsockopt(f->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	assert_int_equal(bind(f->fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(getsockname(f->fd, (struct sockaddr *)&a, &len), 0);
	f->port = ntohs(is_v4 ? v4->sin_port : v6->sin6_port);
	assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
}

void fake_stop(struct fake *f)
{
	uint64_t one = 1;

	if (f->fd == 0)
		return;
	assert_int_equal(write(f->stop, &one, sizeof(one)), sizeof(one));
	pthread_join(f->thread, NULL);
	close(f->fd);
	close(f->stop);
	f->fd = 0;
}

void fake_answer(struct fake *f, enum fake_manner manner, uint8_t code)
{
	pthread_mutex_lock(&f->lock);
	f->manner = manner;
	f->code = code;
	f->n_attrs = 0;
	f->sign = manner == FAKE_BAD_MESSAGE_SIGNATURE;
	pthread_mutex_unlock(&f->lock);
}

void fake_sign(struct fake *f)
{
	pthread_mutex_lock(&f->lock);
	f->sign = true;
	pthread_mutex_unlock(&f->lock);
}

void fake_skip(struct fake *f, unsigned n)
{
	pthread_mutex_lock(&f->lock);
	f->skip = n;
	pthread_mutex_unlock(&f->lock);
}

void fake_add(struct fake *f, uint8_t type, const void *value, size_t n)
{
	pthread_mutex_lock(&f->lock);
	assert_true(n <= 253 && f->n_attrs + n + 2 <= sizeof(f->attrs));
	f->attrs[f->n_attrs] = type;
	f->attrs[f->n_attrs + 1] = (uint8_t)(n + 2);
	if (n > 0)
		memcpy(f->attrs + f->n_attrs + 2, value, n);
	f->n_attrs += n + 2;
	pthread_mutex_unlock(&f->lock);
}

void fake_add_text(struct fake *f, uint8_t type, const char *text)
{
	fake_add(f, type, text, strlen(text));
}

void fake_add_u32(struct fake *f, uint8_t type, uint32_t value)
{
	uint32_t be = htonl(value);

	fake_add(f, type, &be, sizeof(be));
}

int fake_heard(struct fake *f, uint8_t type, uint8_t value[255])
{
	pthread_mutex_lock(&f->lock);
	size_t at = find(f->request, f->n_request, type);
	int n = at == 0 ? -1 : f->request[at + 1] - 2;
	if (n > 0)
		memcpy(value, f->request + at + 2, (size_t)n);
	pthread_mutex_unlock(&f->lock);
	return n;
}

unsigned fake_asked(struct fake *f)
{
	pthread_mutex_lock(&f->lock);
	unsigned n = f->asked;
	pthread_mutex_unlock(&f->lock);
	return n;
}

struct aaa_server fake_server(const struct fake *f)
{
	struct aaa_server s = {.port = f->port};

	snprintf(s.address, sizeof(s.address), "%s", f->address);
	snprintf(s.secret, sizeof(s.secret), "%s", f->secret);
	return s;
}
