// For the tests of fast handover: the other MAG of mag_play.h's play, and what is expected of ours.
#pragma once

#include "test/unit/mob/mag_play.h"

#define MAG2 "2001:db8:2::1" // behind ap2
#define MAG3 "2001:db8:3::1" // behind ap3

enum { FORWARD_MS = 10000, DIRECT_MS = 100, SETTLE_MS = 30, UPLINK_MS = 2000, MAX_HANDOVERS = 4 };

int fast_begin(void **state); // for cmocka: mag_play_begin, and MAG2 and MAG3 are peers

// ---- What happens.

void hand_over(struct mag_play *, const char *mn, enum mag_hand_over, const char *to);
void attach_from(struct mag_play *, struct mag_link, const char *mag);
// What another MAG says about NODE; what is sent is made of it, so that a test may change it first.
struct mh hi(uint8_t flags, uint8_t code, uint16_t seq);
struct mh hack(const struct mag_play *, uint8_t flags, uint8_t code); // to the HI sent last
void about(struct mh *, const char *mn);
// Its prefix, its LMA and its MAC address (that of node 1); NULL or 0: without.
void with_context(struct mh *, const char *hnp, const char *lmaa, uint8_t node);
void peer_says(struct mag_play *, const char *mag, const struct mh *);
void accepts_hi(struct mag_play *);           // HAck 5, with the flags that were asked for
void notice(struct mag_play *, uint16_t seq); // MAG2: NODE is registered here
void wants(struct mag_play *, const char *mag, uint8_t flags, uint16_t seq); // NODE is here
void coming(struct mag_play *, uint8_t flags, uint16_t seq); // MAG2: NODE is about to come
void done(struct mag_play *, uint16_t seq);                  // MAG2: nothing comes any more
struct mh told(const struct mag_play *, uint8_t flags, uint8_t code); // a HAck with context

// ---- Where a handover stands.

void forwarding(struct mag_play *);    // NODE is bound here, and goes to MAG2
void expected(struct mag_play *);      // MAG2 said that NODE comes
void is_here(struct mag_play *);       // and it came
void is_registered(struct mag_play *); // and the LMA said yes

// ---- What is expected.

struct mag_handover handover_of(const struct mag_play *, const char *mn);
void expect_handover(const struct mag_play *, enum handover_state);
void expect_over(const struct mag_play *, enum handover_outcome);
// The last message of that kind since the last thing that happened; NULL: none.
const struct mag_action *last_mh(const struct mag_play *, unsigned type);
unsigned count_mh(const struct mag_play *, unsigned type);
void expect_hi(const struct mag_play *, const char *to, uint8_t flags, uint8_t code);
void expect_hack(const struct mag_play *, const char *to, uint16_t seq, uint8_t flags,
		 uint8_t code);
void expect_modes(const struct mag_play *, enum mag_queue_mode detour, enum mag_queue_mode direct,
		  enum mag_queue_mode uplink);
// How HNP1 is bound; it is.
const struct mag_action *bound(const struct mag_play *);
void expect_released(const struct mag_play *, bool drop);
