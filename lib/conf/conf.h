// YAML to a checked, immutable snapshot.
//
// conf.c         load, free: the steps
// schema.def     every key as a row: path, type, range, default, unit, live or restart, one line
//                of text; schema.[ch] finds them
// yaml.[ch]      libyaml's events to a tree with line and column; doubled keys are found here,
//                tabs in tabs.[ch]
// check.[ch]     tree against schema: types, ranges, unknown keys with the nearest right one
// value.[ch]     one value, both ways; address.[ch], nearest.[ch]: what was probably meant
// rules*.[ch]    what spans rows, one named function each: pools overlap, HNP longer than /64, ...
// names.[ch]     names that must differ or must exist
// mistakes.[ch]  all that is wrong, sorted, one line each
// dump.c         a snapshot as YAML; reference.c: the reference page
//
// All mistakes are reported at once, one line each: file:line:column: what is wrong, and the
// nearest right thing. A snapshot never changes; reload builds another. Pure but for reading the
// file.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"

enum { CONF_NAME = 32, CONF_PATH = 108 };

enum { CONF_GRACE_AS_DOMAIN = 10001 };

enum { CONF_BUFFER_BYTES = 2176 }; // of one of dataplane.mbufs: data and headroom

enum conf_program { CONF_LMA, CONF_MAG };         // who reads a file
const char *conf_program_name(enum conf_program); // "lma"
enum conf_driver { CONF_MEM, CONF_AF_XDP, CONF_AF_PACKET, CONF_PCI, CONF_VDEV, CONF_MEMIF };
enum conf_role { CONF_CORE, CONF_BACKBONE, CONF_ACCESS };
enum conf_ecn { CONF_ECN_RFC6040, CONF_ECN_RFC5213 };
enum conf_spread { CONF_SPREAD_AUTO, CONF_SPREAD_OFF, CONF_SPREAD_ON };
enum conf_dhcp { CONF_DHCP_OFF, CONF_DHCP_STATELESS, CONF_DHCP_STATEFUL };

struct conf_port {
	char name[CONF_NAME];
	enum conf_driver driver;
	char netdev[16];        // af_xdp, af_packet
	uint16_t queues;        // 0: as many as the device has
	char device[32];        // pci: address; vdev: name, "net_..."
	char devargs[256];      // pci, vdev: further arguments
	char socket[CONF_PATH]; // memif
	uint32_t id;            // memif
	bool server;            // memif
};

struct conf_interface {
	char name[CONF_NAME];
	char port[CONF_NAME];
	uint16_t vlan; // 0: untagged
	enum conf_role role;
	uint32_t access_tech; // of an access interface; 0: the MAG's
	// The kernel twin, filled in by default: an af_xdp port's netdev (<netdev>.<vlan> when
	// tagged), a TAP with the interface's name for other ports; "" for access and mem.
	char twin[16];
};

struct conf_node { // of a MAG: who is who
	uint8_t mac[6];
	char nai[254]; // an MN-ID option has room for so much (RFC 4283)
};

struct conf_key {
	char text[256]; // a whole NAI, "@realm", or "*"
};

struct conf_word {
	char text[CONF_NAME];
};

struct conf_static {
	struct ip6_prefix prefix;
};

struct conf_mag {
	char name[CONF_NAME];
	struct ip6_prefix from;
	uint32_t max_bindings; // 0: no limit
	bool static_tunnel;
	struct conf_key *nodes;  // whom it may serve; none: everybody
	struct conf_word *pools; // whose prefixes; none: all
	uint32_t n_nodes, n_pools;
};

struct conf_pool {
	char name[CONF_NAME];
	struct ip6_prefix block;
	uint8_t hnp_len;
	char network[CONF_NAME]; // service name (RFC 5149), "": none
	uint8_t high_percent, low_percent;
};

enum conf_local_routing { CONF_ROUTING_DEFAULT, CONF_ROUTING_ON, CONF_ROUTING_OFF };

struct conf_profile {
	char match[256]; // a whole NAI, "@realm", or "*"
	bool permit;
	struct ip6_addr lma;                   // of a MAG's: zero: mag.lma
	enum conf_local_routing local_routing; // of a MAG's
	char service[254];                     // of a MAG's: RFC 5149; "": none
	struct conf_word *pools;               // none: all
	uint32_t n_pools;
	uint32_t max_lifetime_s, sessions; // 0: as for all
	uint8_t prefix_count;
	struct conf_static *prefixes;
	uint32_t n_prefixes;
};

struct conf_handover_peer { // an access point, and the MAG behind it
	char ap[64];
	struct ip6_addr mag;
};

struct conf_radius_server {
	char address[64]; // IPv6 or IPv4
	uint16_t port;
	char secret_file[CONF_PATH];
};

struct conf_nexthop { // static ones, in place of a kernel twin: benchmarks, in-memory ports
	struct ip6_prefix to;
	char port[CONF_NAME];
	uint8_t mac[6], src_mac[6];
	uint16_t mtu;
};

struct conf {
	enum conf_program program;
	char path[256];       // the file it came from
	char name[CONF_NAME]; // of this node
	struct {
		char socket[CONF_PATH];
	} management;
	struct {
		uint32_t workers; // worker lcores
		char lcores[64];  // EAL's --lcores, "" chooses
		bool hugepages;
		uint32_t memory_mb;     // without huge pages
		uint32_t idle_sleep_us; // 0: never sleeps
		uint32_t idle_polls;    // empty polls before it sleeps
		uint32_t mbufs;
		enum conf_spread spread;     // of what comes out of tunnels, over workers
		uint32_t reassembly_packets; // outer fragments kept by each worker
		uint32_t relay_rate;         // frames per second and worker to the kernel's TAPs
	} dataplane;
	struct {
		struct ip6_addr *addresses; // tunnel addresses (LMAA)
		uint32_t n_addresses;
		uint32_t max_bindings, max_mags, sessions_per_mn, max_lifetime_s;
		uint32_t min_delay_before_bce_delete_ms, max_delay_before_new_bce_assign_ms;
		uint32_t timestamp_validity_window_ms, prefix_quarantine_ms;
		uint32_t coalesce_first_pbu_ms;
		bool fast_handover;         // the domain's MAGs do RFC 5949
		uint32_t prev_coa_grace_ms; // or CONF_GRACE_AS_DOMAIN
		bool wait_for_old_mag, timestamps, mobile_node_generated_timestamp;
		struct ip6_addr link_local; // FixedMAGLinkLocalAddressOnAllAccessLinks
		uint8_t link_layer[6];      // FixedMAGLinkLayerAddressOnAllAccessLinks
		uint32_t signalling_rate;   // PBUs per second and MAG, beyond it DROP_PUNT_POLICED
		enum conf_ecn ecn;
		uint16_t tunnel_mtu; // path MTU towards a MAG until it is learnt
		uint32_t icmp_rate;  // ICMPv6 errors per second and worker
	} lma;
	struct {
		struct ip6_addr coa, lmaa;  // proxy-CoA, address of the LMA
		struct ip6_addr *more_lmas; // that profiles may name
		uint32_t n_more_lmas;
		bool local_routing; // EnableMAGLocalRouting
		bool prefixes_end_with_binding;
		uint32_t advertise_interval_s;
		char realm[241];      // unknown nodes are <mac>@realm; "": they are not served
		uint32_t access_tech; // RFC 5213 8.5
		uint32_t max_nodes, max_pending, lifetime_s;
		bool timestamps;
		struct ip6_addr link_local; // FixedMAGLinkLocalAddressOnAllAccessLinks
		uint8_t link_layer[6];      // FixedMAGLinkLayerAddressOnAllAccessLinks
		uint32_t prefix_valid_s, prefix_preferred_s, router_lifetime_s;
		uint32_t probe_after_ms, probe_interval_ms, probes;
		enum conf_dhcp dhcp;
		struct ip6_addr *dhcp_servers; // relayed to; none only if dhcp is off
		uint32_t n_dhcp_servers;
		uint32_t attach_rate; // frames per second and MAC that control looks at
		uint32_t signalling_rate, icmp_rate;
		enum conf_ecn ecn;
		uint16_t tunnel_mtu; // path MTU towards the LMA until it is learnt
	} mag;
	struct {
		uint32_t interval_s, missing_allowed; // RFC 5847; interval 0: sends no requests
		char counter[CONF_PATH];              // file of the restart counter
	} heartbeat;
	struct {
		struct conf_radius_server *servers; // none: nobody is asked
		uint32_t n_servers;
		uint32_t timeout_s, tries, threads, hold_rejected_s;
		bool serve_unanswered;
		char nas_identifier[CONF_NAME], dictionary[CONF_PATH];
	} radius;
	struct {                                  // of a MAG's: RFC 5949
		struct conf_handover_peer *peers; // none: off
		uint32_t n_peers;
		uint32_t max_handovers;
		uint32_t forward_s, hold_direct_ms, settle_ms, hold_uplink_ms;
		uint32_t buffer_ms, drain_rate;
		uint32_t node_buffer_kib, buffer_mib; // 0: as much as there may be
	} fast_handover;
	struct conf_node *nodes;
	struct conf_port *ports;
	struct conf_interface *interfaces;
	struct conf_mag *mags;
	struct conf_pool *pools;
	struct conf_profile *profiles;
	struct conf_nexthop *nexthops;
	uint32_t n_ports, n_interfaces, n_mags, n_pools, n_profiles, n_nexthops, n_nodes;
};

// 0 with *out; -EINVAL after writing every mistake to `errors`, one line each; -errno with one line
// when the file cannot be read. Any thread.
int conf_load(const char *path, enum conf_program, FILE *errors, struct conf **out);
int conf_load_text(const char *name, enum conf_program, const char *text, size_t n, FILE *errors,
		   struct conf **out);
void conf_free(struct conf *);

// What is in force, every default written out, as YAML that loads to the same.
void conf_dump(const struct conf *, FILE *out);
// What is allowed but worth a line in the log (LMA-VAR-02): writes nothing if there is nothing.
void conf_warn(const struct conf *, FILE *out);
// The reference page, from the schema's rows.
void conf_reference(FILE *out);
