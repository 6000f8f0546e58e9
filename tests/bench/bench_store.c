/*
 * bench_store FILE: opening, and the answers to filters, of a big inventory (make_inventory), in milliseconds, best and
 * worst of several. Exit 1 where the best of what DESIGN.md limits is over its limit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/backup.h"
#include "store/device.h"
#include "store/dkek.h"
#include "store/journal.h"
#include "store/key.h"
#include "store/listing.h"
#include "store/run.h"

#define ROUNDS 7
#define PAGE { 100, 0 }
#define OPEN_MS 100     /* DESIGN.md, "Speed" */
#define FILTER_MS 20

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* What was found, so that each line shows that it measured something. */
typedef enum status measure_fn(struct store *s, size_t *ret, struct fault *f);

#define MEASURE_LIST(name, call, type) \
	static enum status name(struct store *s, size_t *ret, struct fault *f) \
	{ \
		struct type *rows = NULL; \
		enum status st = call; \
\
		free(rows); \
		return st; \
	}

static const uint8_t some_kcv[STORE_KCV_LEN] = { 0xdf, 0x3f, 0x61, 0x98, 0x04, 0xa9, 0x2f, 0xdb };   /* of DKEK 0 */

#define BACKUPS(name, ...) \
	MEASURE_LIST(name, store_backups(s, &(struct backup_filter){ __VA_ARGS__ }, &rows, ret, f), backup_row)
BACKUPS(backups_all, .page = PAGE)
BACKUPS(backups_device, .page = PAGE, .device = "DENK0100500")
BACKUPS(backups_kcv, .page = PAGE, .kcv = some_kcv)
BACKUPS(backups_last_page, .page = { 100, 179900 })
BACKUPS(backups_below, .page = PAGE, .below = 101)
MEASURE_LIST(keys_all, store_keys(s, (struct store_page)PAGE, &rows, ret, f), key_row)
MEASURE_LIST(keys_last_page, store_keys(s, (struct store_page){ 100, 59900 }, &rows, ret, f), key_row)
MEASURE_LIST(objects_device, store_objects(s, &(struct object_filter){ .device = "DENK0100500" }, &rows, ret, f), object_row)
MEASURE_LIST(devices_all, store_devices(s, &(struct device_filter){ 0 }, &rows, ret, f), device_row)
MEASURE_LIST(devices_kcv, store_devices(s, &(struct device_filter){ .kcv = some_kcv }, &rows, ret, f), device_row)
MEASURE_LIST(dkeks, store_dkeks(s, (struct store_page){ 0 }, &rows, ret, f), dkek_row)
MEASURE_LIST(journal_device,
	     store_journal_list(s, &(struct journal_filter){ .device = "DENK0100500", .page = PAGE }, &rows, ret, f), journal_row)

static enum status journal_verify(struct store *s, size_t *ret, struct fault *f)
{
	struct journal_verdict v;
	enum status st = store_journal_verify(s, &v, f);

	*ret = st == ST_OK ? (size_t)v.entries : 0;
	return st;
}

/* Listings: what loading one takes, on a thread where nobody waits for it; then what a key press asks of it. */
static void type_words(const char *algorithm, unsigned size, const char *curve, char out[static STORE_NAME_MAX])
{
	snprintf(out, STORE_NAME_MAX, "%.8s %u%.10s", algorithm, size, curve);
}

static enum status load_keys(struct store *s, size_t *ret, struct fault *f)
{
	CLEANUP(listing_free_guard) struct listing *l = NULL;
	enum status st = store_listing(s, LISTING_KEYS, type_words, &l, f);

	*ret = st == ST_OK ? listing_rows(l) : 0;
	return st;
}

static enum status load_backups(struct store *s, size_t *ret, struct fault *f)
{
	CLEANUP(listing_free_guard) struct listing *l = NULL;
	enum status st = store_listing(s, LISTING_BACKUPS, type_words, &l, f);

	*ret = st == ST_OK ? listing_rows(l) : 0;
	return st;
}

static const struct {
	const char *name;
	enum listing_kind kind;
	struct listing_query query;
} questions[] = {
	{ "list_keys_all", LISTING_KEYS, { .column = KEYS_CARE } },
	{ "list_keys_few", LISTING_KEYS, { .column = KEYS_CARE, .text = "no. 4711" } },
	{ "list_keys_many", LISTING_KEYS, { .column = KEYS_TYPE, .text = "a" } },
	{ "list_keys_none", LISTING_KEYS, { .column = KEYS_CARE, .text = "zzzz" } },
	{ "list_backups_all", LISTING_BACKUPS, { .column = BACKUPS_LABEL } },
	{ "list_backups_few", LISTING_BACKUPS, { .column = BACKUPS_NUMBER, .text = "no. 4711" } },
	{ "list_backups_many", LISTING_BACKUPS, { .column = BACKUPS_MADE, .text = "a" } },
	{ "list_backups_device", LISTING_BACKUPS, { .column = BACKUPS_PROOF, .text = "Berlin hsm 700" } },
	{ "list_journal_device", LISTING_JOURNAL, { .column = JOURNAL_NUMBER, .text = "DENK0100500" } },
};

#define ROW(name) { #name, name, FILTER_MS }
#define FREE(name) { #name, name, 0 }   /* counts, and what nobody does while typing */
static const struct {
	const char *name;
	measure_fn *fn;
	double limit;
} rows[] = {
	ROW(backups_all), ROW(backups_device), ROW(backups_kcv), FREE(backups_last_page), ROW(backups_below),
	ROW(keys_all), FREE(keys_last_page), ROW(objects_device), ROW(devices_all), ROW(devices_kcv), ROW(dkeks),
	ROW(journal_device), FREE(journal_verify), FREE(load_keys), FREE(load_backups),
};

/* 1: over its limit. */
static int report(const char *name, double best, double worst, size_t n, double limit)
{
	bool over = limit > 0 && best > limit;

	printf("%-24s %8.2f %8.2f %8zu", name, best, worst, n);
	if (limit > 0)
		printf("   <= %.0f%s", limit, over ? " OVER" : "");
	printf("\n");
	return over;
}

static int measure_open(const char *path, struct store **ret)
{
	double best = 1e9, worst = 0;
	struct fault f = { 0 };

	for (int i = 0; i < ROUNDS; i++) {
		double start = now_ms(), took;

		store_close(*ret);
		*ret = NULL;
		start = now_ms();
		if (store_open(path, 0, ret, &f) != ST_OK) {
			fprintf(stderr, "%s\n", f.what);
			return 1;
		}
		took = now_ms() - start;
		best = took < best ? took : best;
		worst = took > worst ? took : worst;
	}
	return report("open", best, worst, 1, OPEN_MS);
}

static int measure_question(struct store *s, size_t i)
{
	CLEANUP(listing_free_guard) struct listing *l = NULL;
	double best = 1e9, worst = 0;
	struct fault f = { 0 };
	size_t n = 0;

	if (store_listing(s, questions[i].kind, type_words, &l, &f) != ST_OK) {
		fprintf(stderr, "%s: %s\n", questions[i].name, f.what);
		return 1;
	}
	for (int round = 0; round < ROUNDS; round++) {
		double start = now_ms(), took;
		uint32_t *found = NULL;

		if (listing_find(l, &questions[i].query, &found, &n, &f) != ST_OK)
			return 1;
		free(found);
		took = now_ms() - start;
		best = took < best ? took : best;
		worst = took > worst ? took : worst;
	}
	return report(questions[i].name, best, worst, n, FILTER_MS);
}

int main(int argc, char **argv)
{
	CLEANUP(store_close_guard) struct store *s = NULL;
	struct fault f = { 0 };
	int over;

	if (argc != 2) {
		fprintf(stderr, "usage: bench_store FILE\n");
		return 2;
	}
	printf("%-24s %8s %8s %8s   %s\n", "inventory", "best ms", "worst", "rows", "limit");
	over = measure_open(argv[1], &s);
	if (s == NULL)
		return 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		double best = 1e9, worst = 0;
		size_t n = 0;

		for (int round = 0; round < ROUNDS; round++) {
			double start = now_ms(), took;

			if (rows[i].fn(s, &n, &f) != ST_OK) {
				fprintf(stderr, "%s: %s\n", rows[i].name, f.what);
				return 1;
			}
			took = now_ms() - start;
			best = took < best ? took : best;
			worst = took > worst ? took : worst;
		}
		over |= report(rows[i].name, best, worst, n, rows[i].limit);
	}
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++)
		over |= measure_question(s, i);
	return over;
}
