// Questions wait in a ring until a helper thread takes one, answers in another until the caller
// does. One lock around both, held for a few instructions; a question that is out holds its place
// in the ring of answers, so there is always room for it.
#include "aaa/aaa.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "aaa/cache.h"
#include "aaa/servers.h"

// libradcli walks an answer's attributes by recursion, some 700 octets for each of up to 2038.
enum { STACK = 4 << 20 };

struct given { // an answer, and what it answers
	struct aaa_question question;
	struct aaa_answer answer;
	bool from_cache;
};

struct helper {
	struct aaa *aaa;
	struct exchange *exchange;
	pthread_t thread;
	bool runs;
};

struct aaa {
	pthread_mutex_t lock; // questions, answers, servers
	pthread_cond_t wake;
	struct aaa_question *questions;
	struct given *answers;
	uint32_t max, first_question, n_questions, first_answer, n_answers;
	uint32_t n_open; // questions that are not taken back as answers
	struct servers servers;
	bool stops;
	int ready, stop; // eventfds

	struct cache cache; // the caller's alone
	ns_t hold_rejected;
	struct aaa_totals totals;
	struct helper helpers[AAA_MAX_THREADS];
	unsigned n_helpers;
};

static ns_t now_here(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (ns_t)t.tv_sec * NS_SEC + (ns_t)t.tv_nsec;
}

static void signal_fd(int fd)
{
	uint64_t one = 1;
	ssize_t written = write(fd, &one, sizeof(one));

	(void)written; // a full counter is readable too
}

// ---- The helper threads.

static void put_answer(struct aaa *a, const struct aaa_question *q, const struct aaa_answer *answer,
		       bool from_cache)
{
	uint32_t i = (a->first_answer + a->n_answers++) % a->max;

	a->answers[i] = (struct given){*q, *answer, from_cache};
	signal_fd(a->ready);
}

static void say_unreachable(struct aaa_answer *answer, enum exchange_result last,
			    const struct aaa_server *s)
{
	answer->verdict = AAA_UNREACHABLE;
	if (last == EXCHANGE_FORGED)
		snprintf(answer->why, sizeof(answer->why),
			 "what %.45s port %u answers does not verify: is the secret the same?",
			 s->address, s->port);
	else
		snprintf(answer->why, sizeof(answer->why), "%s %.45s port %u",
			 last == EXCHANGE_SILENT ? "no answer from" : "cannot ask", s->address,
			 s->port);
}

// Server after server, the lock only held in between.
static void ask_servers(struct helper *h, const struct aaa_question *q, struct aaa_answer *answer)
{
	struct aaa *a = h->aaa;
	uint32_t tried = 0;

	*answer = (struct aaa_answer){.ticket = q->ticket, .verdict = AAA_UNREACHABLE};
	snprintf(answer->why, sizeof(answer->why), "no RADIUS server has answered lately");
	while (!a->stops) {
		unsigned forged, i = servers_next(&a->servers, &tried, now_here());
		if (i == a->servers.n)
			break;
		const struct aaa_server *s = &a->servers.all[i];
		pthread_mutex_unlock(&a->lock);
		enum exchange_result result = exchange_ask(h->exchange, s, q, answer, &forged);
		pthread_mutex_lock(&a->lock);
		servers_learn(&a->servers, i, result, answer->verdict, forged, now_here());
		if (result == EXCHANGE_ANSWERED)
			break;
		say_unreachable(answer, result, s);
	}
}

static void *help(void *arg)
{
	struct helper *h = arg;
	struct aaa *a = h->aaa;
	struct aaa_answer answer;

	pthread_mutex_lock(&a->lock);
	while (!a->stops) {
		if (a->n_questions == 0) {
			pthread_cond_wait(&a->wake, &a->lock);
			continue;
		}
		struct aaa_question q = a->questions[a->first_question];
		a->first_question = (a->first_question + 1) % a->max;
		a->n_questions--;
		ask_servers(h, &q, &answer);
		put_answer(a, &q, &answer, false);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

// ---- The caller.

static int take_servers(struct aaa *a, const struct aaa_conf *c, char *why, size_t n)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM}, *found;

	a->servers.n = c->n_servers < AAA_MAX_SERVERS ? c->n_servers : AAA_MAX_SERVERS;
	for (unsigned i = 0; i < a->servers.n; i++) {
		struct aaa_server *s = &a->servers.all[i];
		*s = c->servers[i];
		a->servers.totals[i] =
			(struct aaa_server_totals){.address = s->address, .port = s->port};
		if (getaddrinfo(s->address, NULL, &hints, &found) != 0) {
			snprintf(why, n, "RADIUS server \"%.60s\" is no IP address", s->address);
			return -EINVAL;
		}
		freeaddrinfo(found);
	}
	return 0;
}

static int begin_asking(struct aaa *a, const struct aaa_conf *c, char *why, size_t n)
{
	struct helper *h = &a->helpers[a->n_helpers++];
	pthread_attr_t attr;

	h->aaa = a;
	int rc = exchange_new(c, a->stop, &h->exchange, why, n);
	if (rc != 0)
		return rc;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	rc = pthread_create(&h->thread, &attr, help, h);
	pthread_attr_destroy(&attr);
	h->runs = rc == 0;
	if (rc != 0)
		snprintf(why, n, "no thread for RADIUS: %s", strerror(rc));
	return -rc;
}

static int build(struct aaa *a, const struct aaa_conf *c, char *why, size_t n)
{
	struct siphash_key key = {c->seed, ~c->seed};

	a->max = c->max_waiting > 0 ? c->max_waiting : 1;
	a->hold_rejected = c->hold_rejected;
	a->questions = calloc(a->max, sizeof(*a->questions));
	a->answers = calloc(a->max, sizeof(*a->answers));
	if (a->questions == NULL || a->answers == NULL || a->ready < 0 || a->stop < 0 ||
	    cache_init(&a->cache, c->max_cached > 0 ? c->max_cached : 1, key) != 0) {
		snprintf(why, n, "no memory for RADIUS");
		return -ENOMEM;
	}
	int rc = take_servers(a, c, why, n);
	for (unsigned i = 0; i < c->n_threads && i < AAA_MAX_THREADS && rc == 0; i++)
		rc = begin_asking(a, c, why, n);
	return rc;
}

int aaa_open(const struct aaa_conf *c, struct aaa **out, char *why, size_t n)
{
	struct aaa *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		snprintf(why, n, "no memory for RADIUS");
		return -ENOMEM;
	}
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->wake, NULL);
	a->ready = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	a->stop = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int rc = build(a, c, why, n);
	if (rc == 0)
		*out = a;
	else
		aaa_close(a);
	return rc;
}

void aaa_close(struct aaa *a)
{
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	a->stops = true;
	pthread_cond_broadcast(&a->wake);
	pthread_mutex_unlock(&a->lock);
	if (a->stop >= 0)
		signal_fd(a->stop);
	for (unsigned i = 0; i < a->n_helpers; i++) {
		if (a->helpers[i].runs)
			pthread_join(a->helpers[i].thread, NULL);
		exchange_free(a->helpers[i].exchange);
	}
	cache_done(&a->cache);
	free(a->questions);
	free(a->answers);
	explicit_bzero(&a->servers, sizeof(a->servers)); // secrets
	if (a->ready >= 0)
		close(a->ready);
	if (a->stop >= 0)
		close(a->stop);
	pthread_cond_destroy(&a->wake);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

bool aaa_ask(struct aaa *a, const struct aaa_question *q, ns_t now)
{
	struct aaa_answer answer;
	bool known = cache_get(&a->cache, q, now, &answer), room;

	pthread_mutex_lock(&a->lock);
	room = a->n_open < a->max;
	a->n_open += room;
	if (room && known) {
		put_answer(a, q, &answer, true);
	} else if (room) {
		a->questions[(a->first_question + a->n_questions++) % a->max] = *q;
		pthread_cond_signal(&a->wake);
	}
	pthread_mutex_unlock(&a->lock);
	a->totals.asked += room;
	a->totals.from_cache += room && known;
	a->totals.full += !room;
	return room;
}

static bool pop_answer(struct aaa *a, struct given *out)
{
	uint64_t counter;

	pthread_mutex_lock(&a->lock);
	bool any = a->n_answers > 0;
	if (any) {
		*out = a->answers[a->first_answer];
		a->first_answer = (a->first_answer + 1) % a->max;
		a->n_answers--;
		a->n_open--;
	} else {
		ssize_t n = read(a->ready, &counter, sizeof(counter));
		(void)n; // nothing to read is as good
	}
	pthread_mutex_unlock(&a->lock);
	return any;
}

bool aaa_take(struct aaa *a, struct aaa_answer *out, ns_t now)
{
	struct given given;

	if (!pop_answer(a, &given))
		return false;
	*out = given.answer;
	if (given.from_cache)
		return true;
	if (out->verdict == AAA_ACCEPT && out->session_s > 0)
		cache_put(&a->cache, &given.question, out, now + out->session_s * NS_SEC);
	else if (out->verdict == AAA_REJECT && a->hold_rejected > 0)
		cache_put(&a->cache, &given.question, out, now + a->hold_rejected);
	return true;
}

int aaa_fd(const struct aaa *a)
{
	return a->ready;
}

void aaa_forget(struct aaa *a, const char *user_name)
{
	cache_forget(&a->cache, user_name);
}

bool aaa_server_totals(struct aaa *a, unsigned i, struct aaa_server_totals *out)
{
	if (i >= a->servers.n)
		return false;
	pthread_mutex_lock(&a->lock);
	*out = a->servers.totals[i];
	out->silent = a->servers.silent_until[i] > now_here();
	pthread_mutex_unlock(&a->lock);
	return true;
}

struct aaa_totals aaa_totals(struct aaa *a)
{
	pthread_mutex_lock(&a->lock);
	a->totals.waiting = a->n_open;
	pthread_mutex_unlock(&a->lock);
	a->totals.cached = a->cache.n;
	return a->totals;
}
