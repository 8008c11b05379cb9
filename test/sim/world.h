// What the files of sim_lma ask of each other; sim.h says which file is for what.
#pragma once

#include "test/sim/sim.h"

// ---- sim.c

void trace(const struct world *, const char *what, const struct mh *, uint32_t number);
void trace_action(const struct world *, const struct lma_action *);

// ---- setup.c

void make_ifaces(struct world *);
void draw_setup(struct world *);
struct ip6_addr lma_addr(uint32_t number);
struct ip6_addr mag_addr(uint32_t mag);
// The number of a prefix of the pools; MAX_PREFIXES: it is in none.
uint32_t prefix_number(const struct setup *, struct ip6_prefix);
struct ip6_prefix prefix_of_number(const struct setup *, uint32_t);
uint32_t pool_of_number(const struct setup *, uint32_t);
const char *service_name(uint32_t service); // "": none

// ---- world.c

void begin(struct world *);
void take(struct world *, struct sim_event);
void move_clock(struct world *, ns_t mono);
// The time of an event; a tick of the LMA that is due before comes first.
void step(struct world *);
void tick(struct world *, ns_t deadline);

// ---- mag.c

void mag_attach(struct world *, uint32_t mag, uint32_t iface, uint8_t hi,
		const struct session *known);
void mag_leave(struct world *, uint32_t mag, uint32_t iface);
void mag_forget(struct world *, uint32_t mag);
void mag_on_timer(struct world *, uint32_t mag, uint32_t iface, uint32_t generation);
void mag_on_message(struct world *, uint32_t mag, struct ip6_addr from, const struct mh *);

// ---- update.c

void send_update(struct world *, uint32_t mag, uint32_t iface, uint16_t lifetime_4s);
// One that no MAG should send, about a session that it may have.
void send_odd_update(struct world *, uint32_t mag, uint32_t iface);
// All MAGs say that it came to them.
void send_from_everywhere(struct world *, uint32_t iface);
void send_odd_message(struct world *, uint32_t mag);
void send_crowd_update(struct world *, uint32_t mag, uint32_t node, uint8_t hi,
		       uint16_t lifetime_4s);

// ---- tell.c

void start_lma(struct world *);
void tell(struct world *, const struct lma_event *);
// Many binding updates, and only then what they lead to is carried out.
void tell_flood(struct world *);

// ---- ledger.c

void ledger_clear(struct world *); // the LMA starts without memory
void ledger_take(struct world *, const struct did *, enum lma_event_kind why);
void ledger_check(struct world *);
void ledger_check_empty(struct world *); // nothing is left when nobody has spoken for long

// ---- report.c

int report(const struct world *, uint64_t steps);
