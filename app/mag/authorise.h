// Who may attach, asked at RADIUS servers (lib/aaa): the engine's questions out, the answers in.
//
// Owned by the control thread; without servers in the configuration there is none of it.
#pragma once

#include <stddef.h>

#include "base/clock.h"

struct gateway;
struct mag_action;

int authorise_open(struct gateway *, char *why, size_t n); // 0, or -errno with why
void authorise_close(struct gateway *);
void authorise_ask(struct gateway *, const struct mag_action *, struct instant now);
void authorise_turn(struct gateway *, struct instant now); // once a turn: what was answered
