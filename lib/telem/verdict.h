// Verdicts: what became of a packet. The list is verdicts.def.
//
// Counters are plain 64-bit words in memory of the worker that writes them (one cache line writer
// each); anyone may read them at any time, relaxed. They never go back.
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

enum verdict {
#define VERDICT(ID, text, source) V_##ID,
#include "telem/verdicts.def"
#undef VERDICT
	N_VERDICTS,
};

const char *verdict_name(enum verdict);   // "DROP_SPOOF"; NULL beyond the list
const char *verdict_text(enum verdict);   // one readable line
const char *verdict_source(enum verdict); // "LMA-FW-03"

static inline bool verdict_is_drop(enum verdict v)
{
	return v >= V_DROP_TRUNCATED;
}

// One worker's accounting. The worker writes, anyone reads (telem_read). DESIGN section 5: at rest,
// received + originated + fragmented = the sum of all verdicts.
struct telem_worker {
	_Alignas(64) uint64_t verdicts[N_VERDICTS]; // worker writes
	uint64_t received, received_bytes;
	uint64_t originated;        // ICMP errors and messages of our own that entered the path
	uint64_t fragmented;        // pieces of outer packets beyond the first of each
	uint64_t sent, sent_bytes;  // taken by a port
	uint64_t polls, idle_polls; // turns of the loop; those that found nothing
	uint64_t sleeps;
	uint64_t decapsulated;            // packets taken out of a tunnel here, by whoever received
	uint64_t handed_over, taken_over; // to and from other workers, before they are decapsulated
};

static_assert(sizeof(struct telem_worker) % 64 == 0, "in an array each has lines of its own");

static inline void telem_count(uint64_t *counter, uint64_t by)
{
	__atomic_store_n(counter, *counter + by, __ATOMIC_RELAXED);
}

static inline uint64_t telem_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

// Adds up n workers into *sum (not shared with anybody).
void telem_sum(const struct telem_worker *const *workers, unsigned n, struct telem_worker *sum);
