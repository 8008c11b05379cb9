// The XDP program: our packets to the socket of their queue, all others on to the kernel.
//
// Decides by the table in steer.h and nothing else; classify.c decides the same again. Ours without
// a socket on its queue is dropped and counted, never handed to a kernel that would answer for us.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "drivers/xdp/steer.h"

// The name is DPDK's: its driver puts one socket a queue here.
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} xsks_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STEER_MAX_TUNNEL_ADDRS);
	__type(key, struct in6_addr);
	__type(value, __u8);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kedge_tunnels SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, STEER_MAX_POOLS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct steer_pool_key);
	__type(value, __u8);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kedge_pools SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STEER_N_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kedge_steered SEC(".maps");

struct vlan_tag {
	__be16 tci, type;
};

static __always_inline void count(__u32 which)
{
	__u64 *n = bpf_map_lookup_elem(&kedge_steered, &which);

	if (n)
		(*n)++;
}

static __always_inline int take(struct xdp_md *ctx, __u32 which)
{
	__u32 queue = ctx->rx_queue_index;

	if (!bpf_map_lookup_elem(&xsks_map, &queue)) {
		count(STEER_NO_SOCKET);
		return XDP_DROP;
	}
	count(which);
	return bpf_redirect_map(&xsks_map, queue, XDP_DROP);
}

// What we take of the packets to a tunnel address.
static __always_inline int is_tunnel_proto(__u8 next, const __u8 *payload, const void *end)
{
	switch (next) {
#define STEER_PROTO(name, number) case number:
		STEER_PROTOS(STEER_PROTO)
#undef STEER_PROTO
		return 1;
	case STEER_UDP: {
		const __be16 *ports = (const __be16 *)payload;
		if ((const void *)(ports + 2) > end)
			return 0;
		return ports[1] == bpf_htons(STEER_UDP_SIGNAL) ||
		       ports[1] == bpf_htons(STEER_UDP_DATA);
	}
	case STEER_ICMPV6:
		if ((const void *)(payload + 1) > end)
			return 0;
		return payload[0] >= 1 && payload[0] <= STEER_ICMP_ERRORS;
	default:
		return 0;
	}
}

static __always_inline int is_pool(const struct ipv6hdr *ip)
{
	struct steer_pool_key key = {.len = 128};

	__builtin_memcpy(key.addr, &ip->daddr, sizeof(key.addr));
	return bpf_map_lookup_elem(&kedge_pools, &key) != 0;
}

SEC("xdp")
int kedge_steer(struct xdp_md *ctx)
{
	const void *data = (const void *)(long)ctx->data;
	const void *end = (const void *)(long)ctx->data_end;
	const struct ethhdr *eth = data;
	const struct ipv6hdr *ip;

	if ((const void *)(eth + 1) > end)
		return XDP_PASS;
	__be16 type = eth->h_proto;
	data = eth + 1;
	if (type == bpf_htons(ETH_P_8021Q)) {
		const struct vlan_tag *tag = data;
		if ((const void *)(tag + 1) > end)
			return XDP_PASS;
		type = tag->type;
		data = tag + 1;
	}
	ip = data;
	if (type != bpf_htons(ETH_P_IPV6) || (const void *)(ip + 1) > end)
		return XDP_PASS;
	if (bpf_map_lookup_elem(&kedge_tunnels, &ip->daddr) &&
	    is_tunnel_proto(ip->nexthdr, (const __u8 *)(ip + 1), end))
		return take(ctx, STEER_OURS_TUNNEL);
	if (is_pool(ip))
		return take(ctx, STEER_OURS_POOL);
	count(STEER_KERNEL);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
