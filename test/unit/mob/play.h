// A play of two parties: MAGs that send proxy binding updates, and the LMA's engine that answers.
//
// Keeps what the workers would know from BIND, DETACH and UNBIND, and what was sent, so that a test
// reads as what happened and what is expected. Time is virtual and moves only when a test says so.
#pragma once

#include "mob/lma.h"
#include "test/unit/test.h"

#define LMAA    "2001:db8:a::1"
#define MAG1    "2001:db8:1::1"
#define MAG2    "2001:db8:2::1"
#define MAG3    "2001:db8:3::1"
#define NO_MAG  "2001:db8:ffff::1"
#define POOL    "2001:db8:4000::/48"
#define MN      "alice@example.net"
#define OTHER   "bob@example.net"
#define FOREIGN "carol@elsewhere.org" // no row of the profiles
#define BARRED  "mallory@example.net" // a row that forbids
#define NOTHING "::/0"                // the all-zero prefix: please allocate

enum { WLAN = 4, LTE = 8 };
enum { ABSENT = -1 };
enum { PLAY_PREFIXES = 1024, PLAY_SENT = 16, PLAY_HNPS = 20 };

// One proxy binding update. Fields that are NULL or ABSENT are options that it does not have.
struct pbu {
	const char *mn, *src, *dst, *alt_coa, *ll_id, *lla, *service;
	const char *hnps[PLAY_HNPS + 1]; // up to the first NULL
	int hi, att;
	uint32_t lifetime_s;
	uint16_t flags;
	bool no_timestamp;
	int64_t ts_ns;                // the MAG's clock, ahead of ours
	int seq;                      // ABSENT: the next one
	uint8_t mn_subtype, ll_zeros; // ll_zeros: an identifier of so many zero octets
};

struct worker_view {
	struct ip6_prefix hnp;
	struct ip6_addr coa, also_coa;
	uint32_t mag, also; // also: another MAG that packets come from, 0: none
	bool detached;
};

struct play {
	struct lma *lma;
	struct lma_conf conf;
	struct instant now;
	uint64_t wall_ns; // our clock, since 1970
	uint16_t seq;
	uint32_t bind_room; // BINDs that the workers' tables have room for
	bool fail_next;     // the next BIND finds none
	bool is_busy;       // what the engine says is not carried out yet
	struct worker_view view[PLAY_PREFIXES];
	uint32_t n_view;
	// Since the last thing that the test did:
	struct {
		struct ip6_addr src, dst;
		struct mh mh;
	} sent[PLAY_SENT];
	uint32_t n_sent, n_binds, n_unbinds, n_detaches;
	uint32_t notes[LMA_N_NOTES];
	uint32_t noted_pool; // of the last POOL_HIGH or POOL_LOW
	char order[256];     // one letter an action: B D U S, notes left out
};

int play_begin(void **state); // for cmocka: *state is a struct play
int play_end(void **state);
// Starts over with this configuration changed by the test: edit p->conf, then call.
void play_restart(struct play *);

// A first registration: HI 1, WLAN, one zero HNP, a timestamp, 400 s.
struct pbu attach(const char *mn, const char *mag);
// The same with the prefix that is bound, HI 5: a re-registration.
struct pbu refresh(const char *mn, const char *mag, const char *hnp);
// HI 3 at another MAG with a zero prefix.
struct pbu arrive(const char *mn, const char *mag);
struct pbu leave(const char *mn, const char *mag, const char *hnp);

void say(struct play *, struct pbu);
void say_raw(struct play *, const struct lma_event *);
void pass_ms(struct play *, uint64_t ms);   // ticks at every deadline on the way
void step_clock(struct play *, int64_t ns); // the wall clock alone
void tell(struct play *, struct lma_event);

struct ip6_addr addr(const char *text);
struct ip6_prefix prefix(const char *text);

// What the last PBA says.
const struct mh *pba(const struct play *);
const struct mh_opt *pba_opt(const struct play *, enum opt_type);
uint32_t pba_hnps(const struct play *);               // how many
const char *granted(const struct play *, uint32_t i); // text, kept for the test
// Registers and returns its prefix.
const char *join(struct play *, struct pbu);

void expect_status(const struct play *, int status);
void expect_silence(const struct play *);
void expect_bound(const struct play *, const char *hnp, const char *mag);
// Packets for it go to the first, and come from both.
void expect_shared(const struct play *, const char *hnp, const char *mag, const char *also);
void expect_detached(const struct play *, const char *hnp);
void expect_unbound(const struct play *, const char *hnp);
struct lma_binding binding_of(const struct play *, const char *hnp); // n_hnps 0: none
