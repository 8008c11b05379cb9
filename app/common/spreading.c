// The choice, its name, and a second's samples.
#include "app/common/spreading.h"

enum spreading spreading_of(enum conf_spread wanted, unsigned n_workers, const struct port *port)
{
	if (n_workers < 2)
		return SPREADING_NONE;
	if (wanted == CONF_SPREAD_ON)
		return SPREADING_WORKERS;
	if (port->inner_rss && (port->n_rx >= n_workers || wanted == CONF_SPREAD_OFF))
		return SPREADING_NIC;
	if (wanted == CONF_SPREAD_OFF)
		return port->n_rx > 1 ? SPREADING_OUTER : SPREADING_ONE_QUEUE;
	return SPREADING_WORKERS;
}

const char *spreading_name(enum spreading s)
{
	static const char *const names[] = {"", "NIC, inner headers", "workers, inner flow",
					    "NIC, outer headers", "nobody: one queue"};

	return names[s];
}

void balance_turn(struct balance *b, const struct telem_worker *workers, unsigned n, ns_t now)
{
	if (now < b->due)
		return;
	b->due = now + NS_SEC;
	for (unsigned i = 0; i < n; i++)
		b->then[b->next][i] = telem_read(&workers[i].decapsulated);
	b->next = (b->next + 1) % BALANCE_SECONDS;
}

uint64_t balance_percent(const struct balance *b, const struct telem_worker *workers, unsigned n)
{
	uint64_t sum = 0, most = 0;

	for (unsigned i = 0; i < n; i++) {
		uint64_t took = telem_read(&workers[i].decapsulated) - b->then[b->next][i];
		sum += took;
		most = took > most ? took : most;
	}
	return sum > 0 ? (most * n - sum) * 100 / sum : 0;
}
