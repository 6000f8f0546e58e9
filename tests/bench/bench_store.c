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
#define BACKUPS(name, ...) \
	MEASURE_LIST(name, store_backups(s, &(struct backup_filter){ .page = PAGE, __VA_ARGS__ }, &rows, ret, f), backup_row) \
	static enum status name##_count(struct store *s, size_t *ret, struct fault *f) \
	{ \
		return store_backups_count(s, &(struct backup_filter){ __VA_ARGS__ }, ret, f); \
	}
#define KEYS(name, ...) \
	MEASURE_LIST(name, store_keys(s, &(struct key_filter){ .page = PAGE, __VA_ARGS__ }, &rows, ret, f), key_row) \
	static enum status name##_count(struct store *s, size_t *ret, struct fault *f) \
	{ \
		return store_keys_count(s, &(struct key_filter){ __VA_ARGS__ }, ret, f); \
	}

static const uint8_t some_kcv[STORE_KCV_LEN] = { 0xdf, 0x3f, 0x61, 0x98, 0x04, 0xa9, 0x2f, 0xdb };   /* of DKEK 0 */

BACKUPS(backups_all, .text = NULL)
BACKUPS(backups_few, .text = "no. 4711")
BACKUPS(backups_many, .text = "CA")
BACKUPS(backups_none, .text = "zzzz")
BACKUPS(backups_device, .device = "DENK0100500")
BACKUPS(backups_kcv, .kcv = some_kcv)
BACKUPS(backups_unproven, .unproven = true, .text = "Berlin")
KEYS(keys_all, .text = NULL)
KEYS(keys_few, .text = "no. 4711")
KEYS(keys_many, .text = "CA")
KEYS(keys_none, .text = "zzzz")
KEYS(keys_device, .device = "DENK0100500")
KEYS(keys_no_backup, .no_backup = true)
KEYS(keys_one_place, .one_place = true)
MEASURE_LIST(keys_kcv, store_keys(s, &(struct key_filter){ .page = PAGE, .kcv = some_kcv }, &rows, ret, f), key_row)
MEASURE_LIST(backups_last_page, store_backups(s, &(struct backup_filter){ .page = { 100, 179900 } }, &rows, ret, f), backup_row)
MEASURE_LIST(backups_below, store_backups(s, &(struct backup_filter){ .page = PAGE, .below = 101 }, &rows, ret, f), backup_row)
MEASURE_LIST(keys_last_page, store_keys(s, &(struct key_filter){ .page = { 100, 59900 } }, &rows, ret, f), key_row)
MEASURE_LIST(objects_device, store_objects(s, &(struct object_filter){ .device = "DENK0100500" }, &rows, ret, f), object_row)
MEASURE_LIST(without_backup, store_keys_without_backup(s, "DENK0100500", &rows, ret, f), object_row)
MEASURE_LIST(devices_all, store_devices(s, &(struct device_filter){ 0 }, &rows, ret, f), device_row)
MEASURE_LIST(devices_text, store_devices(s, &(struct device_filter){ .text = "Berlin" }, &rows, ret, f), device_row)
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
	ROW(backups_all), ROW(backups_few), ROW(backups_many), ROW(backups_none), ROW(backups_device), ROW(backups_kcv),
	ROW(backups_unproven), FREE(backups_last_page), ROW(backups_below),
	FREE(backups_all_count), FREE(backups_few_count), FREE(backups_many_count), FREE(backups_none_count),
	FREE(backups_device_count), FREE(backups_kcv_count), FREE(backups_unproven_count),
	ROW(keys_all), ROW(keys_few), ROW(keys_many), ROW(keys_none), ROW(keys_device), ROW(keys_no_backup), ROW(keys_one_place),
	ROW(keys_kcv), FREE(keys_last_page),
	FREE(keys_all_count), FREE(keys_few_count), FREE(keys_many_count), FREE(keys_none_count), FREE(keys_device_count),
	FREE(keys_no_backup_count), FREE(keys_one_place_count),
	ROW(objects_device), ROW(without_backup), ROW(devices_all), ROW(devices_text), ROW(devices_kcv), ROW(dkeks),
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
