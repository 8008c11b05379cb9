// The XDP program of a MAG's access ports: every frame to the socket of its queue.
//
// An access port has no kernel twin: neighbour discovery, too, is answered by us. A frame on a
// queue without socket is dropped and counted, never handed to a kernel that would answer for us.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "drivers/xdp/steer.h"

// The name is DPDK's: its driver puts one socket a queue here.
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} xsks_map SEC(".maps");

// The same map as the steering program's: the loader made it.
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STEER_N_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kedge_steered SEC(".maps");

static __always_inline void count(__u32 which)
{
	__u64 *n = bpf_map_lookup_elem(&kedge_steered, &which);

	if (n)
		(*n)++;
}

SEC("xdp")
int kedge_access(struct xdp_md *ctx)
{
	__u32 queue = ctx->rx_queue_index;

	if (!bpf_map_lookup_elem(&xsks_map, &queue)) {
		count(STEER_NO_SOCKET);
		return XDP_DROP;
	}
	count(STEER_ACCESS);
	return bpf_redirect_map(&xsks_map, queue, XDP_DROP);
}

char _license[] SEC("license") = "Dual BSD/GPL";
