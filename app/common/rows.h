// What an operator sees of the data plane: one function a table, one row a call. Reads, changes
// nothing. Control thread. The program's own tables stand beside its engine (show.c).
#pragma once

#include <jansson.h>

#include "app/common/plane.h"
#include "mgmt/mgmt.h"
#include "mob/heartbeat.h"

// ---- A row's values.
void put_text(json_t *row, const char *key, const char *value);
void put_count(json_t *row, const char *key, uint64_t value);
void put_real(json_t *row, const char *key, double value);
void put_addr(json_t *row, const char *key, struct ip6_addr);
double seconds_between(ns_t from, ns_t to); // 0 if it is the other way round
const char *access_name(uint8_t tech);      // RFC 5213 8.5

// ---- Statistics: a list of named numbers, made once a request and walked by index.
struct stat {
	const char *name;
	const char *text;
	uint64_t value;
};

enum { MAX_STATS = 256 };

struct stats {
	struct stat rows[MAX_STATS];
	unsigned n;
};
void put_stat(struct stats *, const char *name, uint64_t value, const char *text);
bool rows_stat(const struct stats *, struct mgmt_cursor *, json_t *row);

void rows_put_path(struct stats *, const struct plane *);   // workers and buffers
void rows_put_tables(struct stats *, const struct plane *); // what workers look things up in
void rows_put_control(struct stats *, const struct plane *);

// ---- Tables that every program has.
void rows_put_heartbeat(json_t *row, struct ip6_addr peer, const struct heartbeat *);
bool rows_port(const struct plane *, struct mgmt_cursor *, json_t *row);
bool rows_worker(const struct plane *, struct mgmt_cursor *, json_t *row);
bool rows_interface(const struct plane *, struct mgmt_cursor *, json_t *row);
bool rows_drop(const struct plane *, struct mgmt_cursor *, json_t *row);
// The RFC's variables that hold here (RFC 5213 9; LMA-VAR-01).
bool rows_domain(const struct plane *, struct mgmt_cursor *, json_t *row);
bool rows_version(const char *program, const struct plane *, ns_t started, struct mgmt_cursor *,
		  json_t *row);
