// The first corpus of fuzz_frame: one input for each way through the forwarding path.
//
// seeds_frame DIR. Committed are its output and what fuzzing added to it.
#include <stdio.h>

#include "test/unit/fwd/world.h"

enum {
	BACK = 1,
	ECN = 2,
	PIECES = 4,
	TIGHT = 8,
	START = 16,
	MAG = 32,
	TAP = 64,
	LOCALLY = 128
}; // as in
   // fuzz_frame.c
enum { UDP = 17, TCP = 6, ICMP = 58, MH = 135 };

static const char *dir;
static int failed;

static void put_frame(const char *name, uint8_t choice, struct frame f)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *out = fopen(path, "wb");
	if (out == NULL) {
		perror(path);
		failed = 1;
		return;
	}
	fputc(choice, out);
	fwrite(f.b, 1, f.n, out);
	fclose(out);
}

static void put(const char *name, uint8_t choice, struct frame p)
{
	put_frame(name, choice, framed(choice & BACK ? BACKBONE : CORE, p));
}

static struct frame up(struct frame inner)
{
	return tunnelled(COA1, LMAA, inner);
}

static struct frame dying(struct frame p)
{
	p.b[7] = 1;
	return p;
}

static struct frame marked(struct frame p, uint8_t tc)
{
	set_class(&p, tc);
	return p;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	dir = argv[1];
	put("down", 0, packet(CN, MN1, UDP, 20));
	put("down-pieces", PIECES, packet(CN, MN1, TCP, 20));
	put("down-no-headroom", START, packet(CN, MN1, UDP, 20));
	put("down-detached", 0, packet(CN, MN3, UDP, 8));
	put("down-nobody", 0, packet(CN, MN4, UDP, 8));
	put("down-dying", 0, dying(packet(CN, MN1, UDP, 20)));
	put("down-too-big", TIGHT, packet(CN, MN1, UDP, 1300));
	put("down-no-fit", TIGHT, packet(CN, MN1, UDP, 1230));
	put("down-ce-5213", ECN, marked(packet(CN, MN1, UDP, 8), 3));
	put("up", BACK, up(packet(MN1, CN, UDP, 20)));
	put("up-pieces", BACK | PIECES, up(packet(MN1, CN, TCP, 20)));
	put("up-ce", BACK, marked(up(marked(packet(MN1, CN, UDP, 8), 2)), 3));
	put("up-ce-drop", BACK, marked(up(packet(MN1, CN, UDP, 8)), 3));
	put("up-dying", BACK, up(dying(packet(MN1, CN, UDP, 20))));
	put("up-dying-icmp", BACK, up(dying(packet(MN1, CN, ICMP, 20))));
	put("up-dying-options", BACK, up(dying(with_option(packet(MN1, CN, ICMP, 8), 5, 0))));
	put("up-no-route", BACK, up(packet(MN1, VOID, UDP, 8)));
	put("up-glean", BACK, up(packet(MN1, FAR, UDP, 8)));
	put("up-local", BACK, up(packet(MN1, OWN, UDP, 8)));
	put("up-nested", BACK, up(up(packet(MN1, CN, UDP, 8))));
	put("up-spoof", BACK, up(packet(MN2, CN, UDP, 8)));
	put("up-limit", BACK, with_option(up(packet(MN1, CN, UDP, 8)), 4, 4));
	put("hairpin", BACK, up(packet(MN1, MN2, UDP, 20)));
	put("hairpin-too-big", BACK | TIGHT, up(packet(MN1, MN2, UDP, 1300)));
	put("pbu", BACK, packet(COA1, LMAA, MH, 80));
	put("pbu-options", BACK, with_option(with_option(packet(COA1, LMAA, MH, 8), 4, 4), 1, 0));
	put("outer-fragment", BACK, packet(COA1, LMAA, 44, 16));
	put("outer-gre", BACK, packet(COA1, LMAA, 47, 16));
	put("outer-udp", BACK, packet(COA1, LMAA, UDP, 16));
	put("outer-icmp", BACK, packet(COA1, LMAA, ICMP, 16));
	struct frame node = packet(NODE_A, CN, UDP, 20);
	put_frame("mag-up", MAG, from_node(mac_a, 0, node));
	put_frame("mag-up-tagged", MAG, from_node(mac_b, VLAN_B, packet(NODE_B, CN, TCP, 20)));
	put_frame("mag-up-spoof", MAG, from_node(mac_b, 0, node));
	put_frame("mag-up-dying", MAG, from_node(mac_a, 0, dying(node)));
	put_frame("mag-up-too-big", MAG | TIGHT,
		  from_node(mac_a, 0, packet(NODE_A, CN, UDP, 1300)));
	put_frame("mag-local", MAG | LOCALLY, from_node(mac_a, 0, packet(NODE_A, NODE_B, UDP, 20)));
	put_frame("mag-local-tagged", MAG | LOCALLY | TIGHT,
		  from_node(mac_b, VLAN_B, packet(NODE_B, NODE_E, UDP, 1300)));
	put_frame("mag-local-away", MAG | LOCALLY, from_node(mac_a, 0, node));
	put_frame("mag-local-own", MAG | LOCALLY,
		  from_node(mac_a, 0, packet(NODE_A, "2001:db8:3000:1::1", UDP, 20)));
	put_frame("mag-attach", MAG, from_node(mac_stranger, 0, packet(NODE_D, CN, UDP, 8)));
	put_frame("mag-rs", MAG, from_node(mac_a, 0, packet("fe80::1", "ff02::2", ICMP, 16)));
	put("mag-down", MAG | BACK, tunnelled(LMA1, COA, packet(CN, NODE_A, UDP, 20)));
	put("mag-down-tagged", MAG | BACK, tunnelled(LMA1, COA, packet(CN, NODE_B, UDP, 20)));
	put("mag-down-wrong", MAG | BACK, tunnelled(LMA2, COA, packet(CN, NODE_A, UDP, 20)));
	put("mag-down-dying", MAG | BACK, tunnelled(LMA1, COA, dying(packet(CN, NODE_A, UDP, 20))));
	put("mag-pba", MAG | BACK, packet(LMA1, COA, MH, 80));
	put("tap-echo", TAP | BACK, packet(COA1, LMAA, ICMP, 16));
	put("tap-ours", TAP | BACK, up(packet(MN1, CN, UDP, 20)));
	return failed;
}
