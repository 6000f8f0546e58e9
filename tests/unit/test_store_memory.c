/* Each allocation of a day's work fails once, and once all from there on: ST_NO_MEMORY, no crash, no leak, nothing half. */
#include "tests/unit/store_help.h"

#include "store/away.h"
#include "store/listing.h"

static struct fault f;

static struct {
	bool armed, for_good;
	long left;      /* allocations that still succeed */
	long seen;
} plan;
static sqlite3_mem_methods real_sqlite;

static bool refuse(void)
{
	if (!plan.armed)
		return false;
	plan.seen++;
	if (plan.left-- > 0)
		return false;
	plan.left = plan.for_good ? 0 : INT32_MAX;
	return true;
}

static void *sqlite_malloc(int n)
{
	return refuse() ? NULL : real_sqlite.xMalloc(n);
}

static void *sqlite_realloc(void *p, int n)
{
	return refuse() ? NULL : real_sqlite.xRealloc(p, n);
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t n);

void *__wrap_malloc(size_t n)
{
	return refuse() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refuse() ? NULL : __real_calloc(n, size);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return refuse() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *text)
{
	return refuse() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t n)
{
	return refuse() ? NULL : __real_strndup(text, n);
}

static int use_our_malloc(void **state)
{
	sqlite3_mem_methods ours;

	(void)state;
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_sqlite) != SQLITE_OK)
		return -1;
	ours = real_sqlite;
	ours.xMalloc = sqlite_malloc;
	ours.xRealloc = sqlite_realloc;
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) == SQLITE_OK && sqlite3_initialize() == SQLITE_OK ? 0 : -1;
}

/* --- a day's work --- */

#define LIST_OF(name, type, call) \
	static enum status name(struct store *s) \
	{ \
		struct type *rows = NULL; \
		size_t n = 0; \
		enum status st = call; \
\
		assert_true(st == ST_OK || rows == NULL); \
		free(rows); \
		return st; \
	}
LIST_OF(devices, device_row, store_devices(s, &(struct device_filter){ 0 }, &rows, &n, &f))
LIST_OF(domains, domain_row, store_domains(s, SERIAL, &rows, &n, &f))
LIST_OF(dkeks, dkek_row, store_dkeks(s, (struct store_page){ 0 }, &rows, &n, &f))
LIST_OF(keys, key_row, store_keys(s, (struct store_page){ 0 }, &rows, &n, &f))
LIST_OF(objects, object_row, store_objects(s, &(struct object_filter){ .device = SERIAL }, &rows, &n, &f))
LIST_OF(backups, backup_row, store_backups(s, &(struct backup_filter){ 0 }, &rows, &n, &f))
LIST_OF(proofs, proof_row, store_proofs(s, 1, &rows, &n, &f))
LIST_OF(entries, journal_row, store_journal_list(s, &(struct journal_filter){ 0 }, &rows, &n, &f))

static enum status device(struct store *s)
{
	struct device_row d = a_device(SERIAL, "root-ca-a");
	struct domain_row dom = { .present = 1, .shares = 1, .missing = 0, .has_kcv = true, .kcv = { 1 } };
	enum status st = store_device_seen(s, &d, T0, &f);

	return st == ST_OK ? store_domain_seen(s, SERIAL, &dom, T0, &f) : st;
}

static enum status scan(struct store *s)
{
	struct object_row rows[2] = { a_key(1, "Root", 1), a_key(2, "SSH", 2) };

	return store_objects_sync(s, SERIAL, rows, 2, T0, &f);
}

static enum status scan_again(struct store *s)
{
	struct object_row rows[2] = { a_key(1, "Root CA", 1), a_key(2, "SSH", 3) };

	return store_objects_sync(s, SERIAL, rows, 2, T0, &f);
}

static enum status share(struct store *s)
{
	struct share_row r = { .has_kcv = true, .kcv = { 1 }, .form = "file", .made_at = T0, .threshold = STORE_UNKNOWN };
	int64_t id;
	enum status st = store_share_seen(s, &r, T0, &id, &f);

	return st == ST_OK ? store_dkek_share(s, r.kcv, r.kcv, T0, &f) : st;
}

/* A backup with its proof and its entry, as one. */
static enum status back_up(struct store *s)
{
	struct backup_row b = a_backup("blob", "Root", an_identity(1, STORE_SPKI_LEN));
	STORE_TXN t = { 0 };
	int64_t id = 0;
	enum status st = store_begin(s, &t, &f);

	if (st != ST_OK || (st = store_backup_add(s, &b, (const uint8_t *)"blob", 4, T0, &id, &f)) != ST_OK ||
	    (st = store_backup_prove(s, id, PROOF_OPENED, SERIAL, T0, &f)) != ST_OK ||
	    (st = store_journal(s, &(struct journal_entry){ .at = T0, .what = "backup.made", .text = "x" }, &f)) != ST_OK)
		return st;
	return store_commit(&t, &f);
}

static enum status bytes(struct store *s)
{
	uint8_t *data = NULL;
	size_t n = 0;
	enum status st = store_backup_data(s, 1, &data, &n, &f);

	free(data);
	return st;
}

static enum status run(struct store *s)
{
	struct run_record *rows = NULL;
	size_t n = 0;
	int64_t id = 0;
	enum status st = store_run_begin(s, "init", SERIAL, NULL, "{\"a\":1}", T0, &id, &f);

	if (st != ST_OK || (st = store_run_step(s, id, 1, 0, "x", "{}", T0, &f)) != ST_OK ||
	    (st = store_open_runs(s, NULL, &rows, &n, &f)) != ST_OK)
		return st;
	run_records_free(rows, n);
	return store_run_finish(s, id, RUN_STATE_DONE, T0, &f);
}

static void no_type(const char *algorithm, unsigned size, const char *curve, char out[static STORE_NAME_MAX])
{
	(void)algorithm;
	(void)size;
	(void)curve;
	out[0] = '\0';
}

static enum status listings(struct store *s)
{
	enum status st = ST_OK;

	for (enum listing_kind kind = LISTING_KEYS; st == ST_OK && kind <= LISTING_JOURNAL; kind++) {
		CLEANUP(listing_free_guard) struct listing *l = NULL;
		uint32_t *rows = NULL;
		size_t n = 0;

		st = store_listing(s, kind, no_type, &l, &f);
		assert_true(st == ST_OK || l == NULL);
		if (st == ST_OK)
			st = listing_find(l, &(struct listing_query){ .text = "o", .column = 1 }, &rows, &n, &f);
		assert_true(st == ST_OK || rows == NULL);
		free(rows);
	}
	return st;
}

static enum status away(struct store *s)
{
	static const struct away_here here = { .serial = "DENK0999999", .takes = true, .rsa_max = 4096, .ec_max = 521,
					       .kcv = { 0xe9, 0x4f, 1, 2, 3, 4, 5, 6 } };
	CLEANUP(away_free_guard) struct away *a = NULL;
	enum status st = store_away(s, &(struct away_query){ .here = &here, .n_here = 1, .soon = INT64_MAX, .ec_weak_below = 1000 }, &a,
				    &f);

	assert_true((st == ST_OK) == (a != NULL));
	assert_true(a == NULL || a->n > 0);
	return st;
}

static enum status verify(struct store *s)
{
	struct journal_verdict v;
	enum status st = store_journal_verify(s, &v, &f);

	assert_true(st != ST_OK || v.broken == 0);
	return st;
}

static enum status check(struct store *s)
{
	return store_check(s, &f);
}

#define R(name) { #name, name }
static const struct {
	const char *name;
	enum status (*fn)(struct store *s);
} work[] = {
	R(device), R(scan), R(scan_again), R(share), R(back_up), R(run), R(devices), R(domains), R(dkeks), R(keys), R(objects),
	R(backups), R(proofs), R(entries), R(bytes), R(listings), R(away), R(verify), R(check),
};

/* True where all of it was done. */
static bool one_day(const char *path, long fail_at, bool for_good)
{
	struct store *s = NULL;
	const char *at = "store_open";
	enum status st;

	plan.for_good = for_good;
	plan.left = fail_at;
	plan.seen = 0;
	plan.armed = true;
	st = store_open(path, 0, &s, &f);
	for (size_t i = 0; st == ST_OK && i < sizeof(work) / sizeof(*work); i++) {
		at = work[i].name;
		st = work[i].fn(s);
	}
	plan.armed = false;
	if (st != ST_OK && st != ST_NO_MEMORY)
		fail_msg("allocation %ld of %s gave %s: %s", fail_at, at, status_name(st), f.what);
	if (s != NULL) {
		size_t n = 0, m = 0;
		struct journal_row *rows = NULL;

		/* Whatever failed, a backup and its entry are both there or both not. */
		must(store_backups_count(s, &(struct backup_filter){ 0 }, &n, &f));
		must(store_journal_list(s, &(struct journal_filter){ 0 }, &rows, &m, &f));
		free(rows);
		assert_int_equal(n, m);
		must(store_check(s, &f));
	}
	plan.left = 0;
	plan.for_good = true;
	plan.armed = true;   /* closing needs no memory */
	store_close(s);
	plan.armed = false;
	assert_int_equal(sqlite3_memory_used(), 0);
	return st == ST_OK;
}

/* Every allocation at first, then every few: there are thousands, and those of one statement are much alike. */
static long next(long at)
{
	return at < 300 ? at + 1 : at + 1 + at / 97;
}

static void each_allocation_may_fail(void **state)
{
	long at = 0;

	(void)state;
	assert_true(one_day(":memory:", INT32_MAX, false));
	print_message("# %ld allocations\n", plan.seen);
	for (long all = plan.seen; at < all; at = next(at))
		(void)one_day(":memory:", at, false);
	assert_true(at > 500);
}

static void all_memory_may_be_gone(void **state)
{
	(void)state;
	assert_true(one_day(":memory:", INT32_MAX, true));
	/* The last few are caches, which SQLite does without. */
	for (long at = 0, all = plan.seen; at < all; at = next(at))
		assert_true(!one_day(":memory:", at, true) || at > all - 200);
}

static void opening_a_file_may_run_out_of_memory(void **state)
{
	char *dir = test_folder(), *path = in_folder(dir, "i.db");
	struct store *s = NULL;
	long at = 0;
	enum status st;

	(void)state;
	must(store_open(path, 0, &s, &f));
	store_close(s);
	do {
		s = NULL;
		plan.for_good = true;
		plan.left = at++;
		plan.armed = true;
		st = store_open(path, 0, &s, &f);
		plan.armed = false;
		if (st != ST_OK && st != ST_NO_MEMORY)
			fail_msg("allocation %ld gave %s: %s", at - 1, status_name(st), f.what);
		store_close(s);
		if (sqlite3_memory_used() != 0)
			fail_msg("allocation %ld: %lld bytes are not given back", at - 1, (long long)sqlite3_memory_used());
	} while (st != ST_OK && at < 2000);
	assert_true(at > 20 && at < 2000);
	must(store_open(path, 0, &s, &f));
	must(store_check(s, &f));
	store_close(s);
	free(path);
	remove_folder(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_allocation_may_fail),
		cmocka_unit_test(all_memory_may_be_gone),
		cmocka_unit_test(opening_a_file_may_run_out_of_memory),
	};

	return cmocka_run_group_tests(tests, use_our_malloc, NULL);
}
