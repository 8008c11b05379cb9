// The binding update list: RFC 5213 6.1. One entry for each MN-ID and access link (MAG-REG-16).
//
// Owns the entries, the ways to find one (by link, by MN-ID, by home network prefix) and their one
// timer each. Decides nothing. At most BUL_MAX_LINKS entries share an MN-ID, so a search is short.
#pragma once

#include "base/map.h"
#include "base/siphash.h"
#include "base/wheel.h"
#include "mob/mag.h"

enum {
	BUL_NULL = UINT32_MAX,
	BUL_MAX_HNPS = MAG_MAX_HNPS,
	BUL_MAX_MN_ID = 253,
	BUL_MAX_LINKS = 16
};

// Which PBU is out for an entry, or was last.
enum bul_request {
	REQUEST_NONE,
	REQUEST_INITIAL,  // zero HNP: please allocate, or tell what it has
	REQUEST_REFRESH,  // HI 5, all HNPs
	REQUEST_REATTACH, // HI 4, all HNPs: it may have been elsewhere
	REQUEST_DEREG,
};

struct bul_entry {
	struct mag_link link;
	bool used;
	bool gone;       // its interface lost the carrier: to be taken at the next tick
	bool told;       // that it left was said, not concluded from its silence
	bool wanted;     // a renewal is due and waits for a sign of the node
	bool forgotten;  // by the LMA, which restarted: until it accepts it again
	bool came_up;    // its link came up just after it was registered: is it here again?
	bool advertised; // the node was told of hnps
	bool bound;      // hnps are in the workers' tables
	bool barred;    // nothing is sent for it until an operator says so (MAG-REG-05, status 152)
	bool pardoned;  // an operator wants it served, whatever is held against it
	bool banned;    // it left because it may not be served any more: it does not come back so
	bool asking;    // a MAG_ASK is out for it
	bool local;     // may be routed to from other nodes here (MAG-FW-04)
	bool told_own;  // the LMA was told of a link-local address of ours (MAG-REG-08)
	bool chose_own; // link_local is ours and not the LMA's
	uint8_t lma;    // number of its LMA
	uint8_t reason; // enum mag_reason, of what is refused
	uint8_t state;  // enum bul_state
	uint8_t request; // enum bul_request
	bool waiting;    // for the PBA to it
	uint8_t handoff, status, tries, probes, n_hnps, mn_len;
	uint8_t refused;   // refusals in a row
	uint8_t in_window; // PBUs in the present second (MAX_UPDATE_RATE)
	uint16_t seq;      // of the PBU that is out
	uint16_t own_seq;  // last one, when sequence numbers are used per session
	uint32_t asked_s;
	uint32_t pbus, retries, attach_us;
	uint64_t last_timestamp;
	ns_t since, heard, sent, accepted, expires, window;
	ns_t due_request, due_refresh, due_probe, due_advert, due_ask; // 0: none
	uint32_t lifetime_s;                                           // to ask for
	uint64_t ticket;                                               // of its MAG_ASK
	struct ip6_addr addr;       // where it was heard from; zero: not known
	struct ip6_addr link_local; // of the MAG's, of this session; zero: none yet
	struct ip6_prefix hnps[BUL_MAX_HNPS];
	char *mn_id;
	char *asked_as; // the name it had before an answer gave it mn_id; NULL: that one
	uint8_t asked_len;
	char *service; // RFC 5149; NULL: none
};

struct bul {
	struct bul_entry *entries;
	uint32_t *free;
	uint32_t n_free, max, n_asking, n_refused, n_pending;
	uint32_t n_bound, n_bound_at[MAG_MAX_LMAS];
	struct map by_link, by_mn_id, by_hnp;
	struct siphash_key key;
	struct wheel *timers;
};

int bul_init(struct bul *, uint32_t max, struct siphash_key, ns_t now); // 0, -ENOMEM
void bul_done(struct bul *);

// A new entry in BUL_NONE; BUL_NULL: full, too many of this MN-ID, or no memory.
uint32_t bul_add(struct bul *, struct mag_link, struct span mn_id);
void bul_del(struct bul *, uint32_t);
uint32_t bul_find_link(const struct bul *, struct mag_link);
// The next entry of that MN-ID after `after` (BUL_NULL: the first); BUL_NULL at the end.
uint32_t bul_find_mn_id(const struct bul *, struct span mn_id, uint32_t after);
// Whose prefix this is in the workers' tables.
uint32_t bul_find_hnp(const struct bul *, struct ip6_prefix);

// Another identity, and the first one is kept as what is asked for; -EEXIST too many of it,
// -ENOMEM: it keeps the one it has.
int bul_rename(struct bul *, uint32_t, struct span mn_id);

void bul_set_state(struct bul *, uint32_t, enum bul_state);
void bul_set_lma(struct bul *, uint32_t, uint8_t lma);      // while it is not bound
bool bul_set_service(struct bul *, uint32_t, const char *); // "": none. False: no memory
// Its prefixes from now on, all in the workers' tables; none: it is not bound. Without memory for
// the index bul_find_hnp does not find them: they are served, and lost to nobody else.
void bul_bind(struct bul *, uint32_t, const struct ip6_prefix *, uint8_t n);
void bul_unbind(struct bul *, uint32_t);   // none of them is in the tables; they stay known
void bul_schedule(struct bul *, uint32_t); // its timer follows its due_* and expires

// The name under which it is asked for: one given by an answer is not known to who gave it.
static inline struct span bul_asked_as(const struct bul_entry *e)
{
	return e->asked_as != NULL ? (struct span){(const uint8_t *)e->asked_as, e->asked_len}
				   : (struct span){(const uint8_t *)e->mn_id, e->mn_len};
}

static inline struct span bul_mn_id(const struct bul_entry *e)
{
	return (struct span){(const uint8_t *)e->mn_id, e->mn_len};
}
