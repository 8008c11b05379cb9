// After a handoff packets of the session's previous MAG are let in for a while: it sends on what
// the node's new MAG sent by it (RFC 5949 4.1, FMIP-12).
//
// The engine says how long; here the binding is written again without that MAG when the time is
// over, if nobody has written it since. Bounded: beyond GRACE_MAX at a time a handoff has none.
// Control thread.
#pragma once

#include "app/common/tunnels.h"

enum { GRACE_MAX = 65536 };

struct conf;
struct grace_list;

ns_t grace_of(const struct conf *); // as long; 0: never

struct grace_list *grace_list_new(void); // NULL: no memory
void grace_list_free(struct grace_list *);
// The prefix is bound to `way`, which has another end in `also` until that time. False: no room.
bool grace_list_add(struct grace_list *, struct ip6_prefix hnp, const struct tunnel_way *way,
		    ns_t until);
void grace_list_turn(struct grace_list *, struct plane *, ns_t now);
uint32_t grace_list_count(const struct grace_list *);
