// What is ours and what is the kernel's: one table for the XDP program (steer.bpf.c), which decides
// on the netdev, and for classify.c, which decides again where no XDP program stands in front.
//
// Ours: the destination is one of our tunnel addresses and the next header is in STEER_PROTO, or
// ICMPv6 error 1..4; or the destination is in a pool. All else (ND, echo, ESP, IKE, BGP, SSH) is
// the kernel's. Usable from BPF.
#pragma once

// STEER_PROTO(name, next header): what we take when it is addressed to a tunnel address of ours.
// UDP only on the ports of RFC 5844 4.1 below.
#define STEER_PROTOS(STEER_PROTO)                                                                  \
	STEER_PROTO(HOPOPTS, 0)                                                                    \
	STEER_PROTO(IPIP, 4)                                                                       \
	STEER_PROTO(IPV6, 41)                                                                      \
	STEER_PROTO(ROUTING, 43)                                                                   \
	STEER_PROTO(FRAGMENT, 44)                                                                  \
	STEER_PROTO(GRE, 47)                                                                       \
	STEER_PROTO(DSTOPTS, 60)                                                                   \
	STEER_PROTO(MOBILITY, 135)

#define STEER_UDP         17
#define STEER_UDP_SIGNAL  5436
#define STEER_UDP_DATA    5437
#define STEER_ICMPV6      58
#define STEER_ICMP_ERRORS 4 // types 1..4

// The program's name in the kernel (that of the function).
#define STEER_PROGRAM        "kedge_steer"
#define STEER_ACCESS_PROGRAM "kedge_access"

#define STEER_MAX_TUNNEL_ADDRS 64
#define STEER_MAX_POOLS        1024

// Counters of the XDP program, per CPU.
enum steer_counter {
	STEER_OURS_TUNNEL,
	STEER_OURS_POOL,
	STEER_KERNEL,    // passed on
	STEER_ACCESS,    // of an access port: all of them
	STEER_NO_SOCKET, // ours, but no socket on this queue: dropped
	STEER_N_COUNTERS,
};

// Key of the pools' longest-prefix map.
struct steer_pool_key {
	unsigned int len; // bits
	unsigned char addr[16];
};
