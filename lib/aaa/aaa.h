// Who may attach, asked at RADIUS servers: RFC 2865, 2869, 6572.
//
// aaa.c       the caller's side: what waits, the threads that ask, answers
// servers.c   which server is asked next, and which ones are silent
// exchange.c  one question to one server by libradcli, and what its answer says
// guard.c     the wire between libradcli and a server: what 1.2.11 leaves unchecked
// cache.c     answers that still hold
//
// Nothing here blocks its caller: helper threads (no lcores) do, each with a libradcli handle of
// its own. One caller, the control thread. What a server sends is unsafe until it verifies; what
// makes no sense is UNUSABLE with the reason. Secrets are in no text.
//
// An Access-Request says (RFC 6572 4, and as MAC authentication is usually done):
//   User-Name                the node's NAI
//   User-Password, Calling-Station-Id   its MAC address as 02-00-5E-10-00-01 (RFC 3580 3.21)
//   Service-Type             Call-Check (10)
//   NAS-Identifier, NAS-IPv6-Address, NAS-Port-Id   the MAG, its proxy-CoA, the access interface
//   NAS-Port-Type            the access technology
//   Service-Selection        the service that the node's profile names (RFC 6572 4.3)
//   Message-Authenticator    always, and first (RFC 2869 5.14)
// Of an Access-Accept: Mobile-Node-Identifier (145), Service-Selection (146),
// PMIP6-Home-LMA-IPv6-Address (147), PMIP6-Home-HN-Prefix (151, several), PMIP6-Home-Interface-ID
// (153, kept), Session-Timeout, Idle-Timeout (kept); MIP6-Feature-Vector (124) where it allows IPv4
// alone, a rejection; of an Access-Reject: Reply-Message. The visited ones (148, 152, 154) are a
// visited network's and not ours, the IPv4 ones (149, 150) need RFC 5844: known by name, not used.
// missing: accounting, change of authorisation (RFC 5176).
#pragma once

#include "base/addr.h"
#include "base/clock.h"

enum { AAA_MAX_SERVERS = 8, AAA_MAX_THREADS = 64, AAA_MAX_NAME = 253, AAA_MAX_HNPS = 16 };

struct aaa_server {
	char address[64]; // IPv6 or IPv4
	uint16_t port;
	char secret[96];
};

struct aaa_conf {
	const struct aaa_server *servers;
	unsigned n_servers; // asked in this order
	unsigned timeout_s; // of one try
	unsigned tries;     // at one server
	unsigned n_threads; // as many questions are out at a time
	uint32_t max_waiting;
	uint32_t max_cached;
	ns_t hold_rejected; // so long a rejection is answered from memory
	const char *nas_identifier;
	struct ip6_addr nas_address;
	const char *dictionary; // a path
	uint64_t seed;
};

struct aaa_question {
	uint64_t ticket;
	char user_name[AAA_MAX_NAME + 1];
	uint8_t mac[6];
	char port_id[32];
	uint8_t port_type;              // NAS-Port-Type (RFC 2865 5.41); 0: not said
	char service[AAA_MAX_NAME + 1]; // that its profile names; "": none
};

enum aaa_verdict {
	AAA_ACCEPT,
	AAA_REJECT,
	AAA_UNREACHABLE, // no server answered
	AAA_UNUSABLE,    // one did, and it makes no sense
};

struct aaa_answer {
	uint64_t ticket;
	enum aaa_verdict verdict;
	char mn_id[AAA_MAX_NAME + 1];   // "": as asked
	char service[AAA_MAX_NAME + 1]; // "": none
	struct ip6_addr lma;            // zero: none
	struct ip6_prefix hnps[AAA_MAX_HNPS];
	uint8_t n_hnps;
	bool has_interface_id;
	uint8_t interface_id[8];
	uint32_t session_s, idle_s; // 0: none
	char why[128];              // of what is no ACCEPT, for the operator
};

struct aaa_server_totals {
	const char *address;
	uint16_t port;
	bool silent; // not asked for a while, unless all are
	uint64_t asked, accepted, rejected, timeouts;
	uint64_t forged;   // packets that did not verify: another secret, or another sender
	uint64_t unusable; // answers that made no sense, and failures to send
};

struct aaa_totals {
	uint32_t waiting, cached;
	uint64_t asked, from_cache, full;
};

struct aaa;

// 0, or -errno with why in one line: no such dictionary, an address that is none, no memory.
int aaa_open(const struct aaa_conf *, struct aaa **out, char *why, size_t n);
void aaa_close(struct aaa *); // at most a second, whatever servers do; NULL is taken

// False: max_waiting questions are out; counted. A remembered answer is there at once.
bool aaa_ask(struct aaa *, const struct aaa_question *, ns_t now);
bool aaa_take(struct aaa *, struct aaa_answer *out, ns_t now); // pull until false
int aaa_fd(const struct aaa *);                                // readable: there may be an answer
void aaa_forget(struct aaa *, const char *user_name);          // nothing is remembered of it

bool aaa_server_totals(struct aaa *, unsigned i, struct aaa_server_totals *out);
struct aaa_totals aaa_totals(struct aaa *);
