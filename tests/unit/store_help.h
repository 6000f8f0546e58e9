/* What the tests of the inventory have in common. */
#ifndef TESTS_UNIT_STORE_HELP_H
#define TESTS_UNIT_STORE_HELP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ftw.h>

#include <openssl/sha.h>
#include <sqlite3.h>

#include "store/backup.h"
#include "store/device.h"
#include "store/dkek.h"
#include "store/journal.h"
#include "store/key.h"
#include "store/run.h"
#include "store/store.h"
#include "tests/check.h"

#define T0 INT64_C(1800000000)
#define SERIAL "DENK0200914"

static inline struct device_row a_device(const char *serial, const char *label)
{
	struct device_row d = DEVICE_ROW_UNKNOWN;

	snprintf(d.serial, sizeof(d.serial), "%s", serial);
	snprintf(d.label, sizeof(d.label), "%s", label);
	return d;
}

static inline struct key_identity an_identity(unsigned seed, size_t len)
{
	struct key_identity k = { .len = len };

	for (size_t i = 0; i < len; i++)
		k.bytes[i] = (uint8_t)(seed >> (8 * (i % 4)));
	return k;
}

static inline struct object_row an_object(enum thing type, unsigned fid, const char *label)
{
	struct object_row o = { .type = type, .fid = fid, .key_ref = STORE_UNKNOWN, .domain = STORE_UNKNOWN,
				.use_counter = STORE_UNKNOWN, .not_after = STORE_UNKNOWN };

	if (type == THING_KEY)
		o.key_ref = (int)(fid & 0xff);
	snprintf(o.label, sizeof(o.label), "%s", label);
	return o;
}

static inline struct object_row a_key(unsigned ref, const char *label, unsigned seed)
{
	struct object_row o = an_object(THING_KEY, 0xcc00 | ref, label);

	o.key = an_identity(seed, STORE_SPKI_LEN);
	snprintf(o.algorithm, sizeof(o.algorithm), "ec");
	snprintf(o.curve, sizeof(o.curve), "secp256r1");
	o.size = 256;
	return o;
}

static inline struct backup_row a_backup(const char *data, const char *label, struct key_identity key)
{
	struct backup_row b = { .key = key, .made_at = STORE_UNKNOWN, .kcv = { 0xe9, 0x4f, 1, 2, 3, 4, 5, 6 } };

	SHA256((const uint8_t *)data, strlen(data), b.sha256);
	memcpy(b.blob_sha256, b.sha256, sizeof(b.sha256));
	snprintf(b.label, sizeof(b.label), "%s", label);
	snprintf(b.form, sizeof(b.form), "sc-hsm-tool");
	return b;
}

static inline int64_t add_backup(struct store *s, const char *data, const char *label, struct key_identity key)
{
	struct backup_row b = a_backup(data, label, key);
	struct fault f = { 0 };
	int64_t id = 0;

	must(store_backup_add(s, &b, (const uint8_t *)data, strlen(data), T0, &id, &f));
	return id;
}

/* An inventory in memory with one device. */
static inline struct store *small_store(void)
{
	struct device_row d = a_device(SERIAL, "root-ca-a");
	struct fault f = { 0 };
	struct store *s = NULL;

	must(store_open(":memory:", 0, &s, &f));
	must(store_device_seen(s, &d, T0, &f));
	return s;
}

static inline struct store *open_at(const char *path)
{
	struct fault f = { 0 };
	struct store *s = NULL;

	must(store_open(path, 0, &s, &f));
	return s;
}

static inline size_t devices_in(struct store *s)
{
	struct device_row *rows = NULL;
	struct fault f = { 0 };
	size_t n = 0;

	must(store_devices(s, &(struct device_filter){ 0 }, &rows, &n, &f));
	free(rows);
	return n;
}

/* A folder of its own for a test's files. */
static inline char *test_folder(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = NULL;

	assert_true(asprintf(&dir, "%s/keyroom-store.XXXXXX", tmp != NULL ? tmp : "/tmp") > 0);
	assert_non_null(mkdtemp(dir));
	return dir;
}

static inline char *in_folder(const char *dir, const char *name)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	return path;
}

/* SQL past the inventory, as somebody with an editor would. */
static inline void tamper(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	char *why = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	sqlite3_close(db);
}


static inline int remove_one(const char *path, const struct stat *sb, int type, struct FTW *at)
{
	(void)sb, (void)type, (void)at;
	return remove(path);
}

static inline void remove_folder(char *dir)
{
	assert_int_equal(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(dir);
}

#endif
