// When may memory that readers could still see be reused? RCU by quiescent states, the only place
// that includes rte_rcu_qsbr.
//
// A reader reports once a turn of its loop that it holds nothing (grace_quiescent), and goes
// offline before it blocks. The writer asks for a token, later whether every reader has reported
// since. Nothing waits. Also here: the list of things to do once a token has passed.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct grace;

// Up to max_readers readers, numbered from 0. 0 or -ENOMEM/-EINVAL. Control thread.
int grace_new(unsigned max_readers, struct grace **out);
void grace_free(struct grace *); // runs everything deferred; no reader may be left

// Reader threads, each with its own number. Online starts, offline ends the time in which it may
// hold pointers.
void grace_online(struct grace *, unsigned reader);
void grace_offline(struct grace *, unsigned reader);
void grace_quiescent(struct grace *, unsigned reader);

// Control thread. Runs fn(arg, n) at the first grace_poll after every reader online now has
// reported. False: no memory for the note; the caller keeps the thing (leak) or tries later.
bool grace_defer(struct grace *, void (*fn)(void *arg, uint64_t n), void *arg, uint64_t n);
void grace_poll(struct grace *);
// Runs everything deferred, now. Only when no reader is left: before what it points to is freed.
void grace_drain(struct grace *);
uint64_t grace_pending(const struct grace *);
