// A play of three parties: nodes that are heard, the MAG's engine, an LMA that says what a test
// tells it to say.
//
// Keeps what the workers would know from BIND and UNBIND, and everything that was said since the
// last thing that the test did. Time is virtual and moves only when a test says so.
#pragma once

#include "mob/mag.h"
#include "test/unit/test.h"

#define COA      "2001:db8:1::1"
#define LMAA     "2001:db8:a::1"
#define REALM    "example.net"
#define NODE     "020000000001@" REALM // of the first MAC, from the realm
#define HNP1     "2001:db8:4000:1::/64"
#define HNP2     "2001:db8:4000:2::/64"
#define HNP3     "2001:db8:4000:3::/64"
#define STRANGER "2001:db8:bad::1"

enum { ACCESS = 4, PLAY_VIEW = 64, PLAY_SAID = 4096, PLAY_HNPS = 40 };

struct said { // an action, with everything that it points to
	struct mag_action action;
	struct mh mh;
	uint8_t mn_id[256], why[256], service[256];
	struct ip6_prefix hnps[16];
};

// What the LMA says to the PBU that was sent last. Negative fields: as the PBU had it.
struct pba {
	int status, lifetime_s, seq, handoff, access;
	const char *hnps[PLAY_HNPS + 1]; // up to the first NULL; none: those of the PBU
	const char *mn, *src, *dst;      // NULL: as the PBU had it
	const char *link_local;          // option 26; NULL: none
	uint16_t refresh_s;              // Binding Refresh Advice; 0: none
	const uint8_t *mac;              // of the LL-ID; NULL: as the PBU had it
	bool no_mn, no_handoff, no_access, no_ll_id, not_proxy;
};

struct mag_play {
	struct mag *mag;
	struct mag_conf conf;
	struct instant now;
	uint64_t wall_ns;
	uint32_t bind_room; // BINDs that the workers have room for
	struct {
		struct ip6_prefix hnp;
		struct mag_link link;
		struct ip6_addr lmaa;
		bool local;
		struct mag_action how; // the BIND itself
	} view[PLAY_VIEW];
	uint32_t n_view;
	struct said *said; // since the last thing that the test did
	uint32_t n_said;
	char order[PLAY_SAID + 1]; // one letter an action: B U S A W P Q H R, notes left out
	uint32_t notes[MAG_N_NOTES];
	struct mh pbu; // the last one that was sent, whenever
	uint8_t pbu_mn[256], pbu_mac[8], pbu_service[256];
	uint64_t ticket;  // of the last MAG_ASK
	uint32_t n_pbus;  // since the last thing that the test did
	ns_t pbu_at[256]; // when
};

int mag_play_begin(void **state); // for cmocka: *state is a struct mag_play
int mag_play_end(void **state);
void mag_play_restart(struct mag_play *); // with p->conf as the test changed it

struct mag_link link_of(uint8_t node); // 02:00:00:00:00:<node> at interface 1
bool same_link(struct mag_link, struct mag_link);
struct mag_link at_interface(struct mag_link, uint16_t interface);
struct ip6_addr addr(const char *text);
struct ip6_prefix prefix(const char *text);

// ---- What happens.

void tell(struct mag_play *, const struct mag_event *);
void hear(struct mag_play *, struct mag_link, enum mag_heard);
void attach(struct mag_play *, struct mag_link, const char *nai, uint8_t handoff);
void detach(struct mag_play *, struct mag_link);
void carrier(struct mag_play *, uint16_t interface, bool up);
void pass_ms(struct mag_play *, uint64_t ms); // ticks at every deadline on the way
// The same, and the node is heard every 5 s.
void pass_with_ms(struct mag_play *, struct mag_link, uint64_t ms);
struct pba accepts(const char *hnp); // for all of the lifetime that was asked for
struct pba refuses(int status);
void reply(struct mag_play *, struct pba);
// The answer to the last MAG_ASK.
void authorise(struct mag_play *, enum mag_verdict, const struct mag_profile *, uint32_t session_s);
void say_mh(struct mag_play *, const char *src, const char *dst, const struct mh *);
// Heard for the first time, and accepted.
void join(struct mag_play *, struct mag_link, const char *hnp);

// ---- What is expected.

// Where the workers' view has this prefix; n_view: nowhere.
uint32_t find_view(const struct mag_play *, struct ip6_prefix);
uint16_t pbu_flags(const struct mag_play *);
uint8_t pbu_handoff(const struct mag_play *);
uint32_t pbu_lifetime_s(const struct mag_play *);
uint64_t pbu_timestamp(const struct mag_play *); // 0: it has none
void expect_pbu_hnps(const struct mag_play *, const char *first, const char *second);
void expect_pbu_mn(const struct mag_play *, const char *mn);
void expect_said(const struct mag_play *, const char *order);
void expect_bound(const struct mag_play *, const char *hnp, struct mag_link);
void expect_unbound(const struct mag_play *, const char *hnp);
void expect_state(const struct mag_play *, struct mag_link, enum bul_state);
// Signs of nodes that were not served for that reason, since the MAG's start.
void expect_refused(const struct mag_play *, enum mag_reason, uint64_t times);
struct mag_refusal refusal_of(const struct mag_play *, struct mag_link); // zero: none
uint32_t heartbeat_seq(const struct mag_play *); // of the last request to the first LMA
struct mag_binding binding_of(const struct mag_play *, struct mag_link);
// The last action of that kind since the last thing that happened; fails if there is none.
const struct mag_action *last(const struct mag_play *, enum mag_action_kind);
