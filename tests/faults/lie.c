/* A card that says of a command that it was carried out, and did nothing, or something else. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/faults/grounds.h"

#define WRITES_MAX 64

/* The commands that change the card which is watched. */
static struct {
	struct sim_card *card;
	char path[400];
	struct stat before;
	unsigned long at[WRITES_MAX];
	uint8_t ins[WRITES_MAX];
	size_t n;
} writes;

/* Not VERIFY and the like, which change counters alone: to them nothing is sent that the card is to keep. */
static const char changing[] = { 0x24, 0x2c, 0x46, 0x48, 0x50, 0x52, 0x74, (char)0xd7, (char)0xe4, 0 };

/* What changes the card is in its file, under another inode, before the answer. */
void lie_seen(unsigned long apdu, uint8_t ins)
{
	struct stat now;

	if (writes.card == NULL || sim_card_apdus(writes.card) != apdu)
		return;
	assert_int_equal(stat(writes.path, &now), 0);
	if (strchr(changing, (char)ins) != NULL && (now.st_ino != writes.before.st_ino ||
	    memcmp(&now.st_mtim, &writes.before.st_mtim, sizeof(now.st_mtim)) != 0)) {
		assert_true(writes.n < WRITES_MAX);
		writes.at[writes.n] = apdu;
		writes.ins[writes.n++] = ins;
	}
	writes.before = now;
}

static void watch_writes(const struct walk *w, const struct grounds *g, size_t i)
{
	struct stage s;
	struct fault f = { .st = ST_OK };

	grounds_copy(g);
	stage_open(&s, g->now, w->cards, w->firmware);
	(void)snprintf(writes.path, sizeof(writes.path), "%s/cards/%s%s", s.dir, stage_serial(&s, i), SIM_CARD_SUFFIX);
	assert_int_equal(stat(writes.path, &writes.before), 0);
	sim_card_clear_counts(stage_card(&s, i));
	writes.n = 0;
	writes.card = stage_card(&s, i);
	must(w->drive(&s, &f));
	writes.card = NULL;
	w->check(&s);
	stage_close(&s);
	assert_in_range(writes.n, 1, WRITES_MAX);
}

static void lie(const struct walk *w, const struct grounds *g, size_t i, const char *spec, uint8_t ins)
{
	struct stage s;
	struct fault f = { .st = ST_OK };
	enum status st;

	grounds_copy(g);
	stage_open(&s, g->now, w->cards, w->firmware);
	must(sim_card_set_fault(stage_card(&s, i), spec, &f));
	st = w->drive(&s, &f);
	if (st == ST_OK && (w->unseen == NULL || strchr(w->unseen, (char)ins) == NULL || (ins != 0x24 && spec[0] != 'e')))
		fail_msg("%s (INS %02x): the card did something else, and success was reported", spec, ins);
	if (st != ST_OK && strlen(f.what) < 20)
		fail_msg("%s: %s says only \"%s\"", spec, status_name(st), f.what);
	must(sim_card_set_fault(stage_card(&s, i), NULL, &f));
	if (st != ST_OK && w->interrupted)
		w->interrupted(&s, st);
	stage_close(&s);
}

void walk_lie(const struct walk *w, size_t i)
{
	struct grounds g;
	char spec[40];

	grounds_make(&g, w);
	watch_writes(w, &g, i);
	for (size_t k = 0; k < writes.n; k++) {
		(void)snprintf(spec, sizeof(spec), "sw@%lu=9000", writes.at[k]);
		lie(w, &g, i, spec, writes.ins[k]);
		(void)snprintf(spec, sizeof(spec), "else@%lu", writes.at[k]);
		lie(w, &g, i, spec, writes.ins[k]);
	}
	print_message("# lied to at each of %zu commands that change the card\n", writes.n);
	grounds_drop(&g);
}
