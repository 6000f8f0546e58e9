/*
 * The request of a key's generation holds its public key, and the device's signature that the key was made inside it. A
 * certificate takes its place on the device; when that is deleted, the request is what should be there again.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/keys/cvc.h"
#include "engine/keys/wrapped.h"
#include "store/backup.h"
#include "store/run.h"
#include "tui/wizard/record.h"
#include "tui/wizard/thing.h"

#define REQUEST_TAG 0x67

/* Appended to ret where it is one. What cannot be understood is none; memory that ran short is no answer. */
static enum status take(struct cur bytes, const struct key_identity *key, struct buf *ret, struct fault *f)
{
	struct cur rest = bytes;
	struct cvc cvc;
	uint8_t sha256[32];
	enum status st;

	if (bytes.n == 0 || bytes.p[0] != REQUEST_TAG)
		return ST_OK;
	st = cvc_next(&rest, NULL, &cvc, f);
	if (st == ST_OK)
		st = pubkey_spki_sha256(&cvc.key, sha256, f);
	if (st == ST_NO_MEMORY || st == ST_CRYPTO)
		return st;
	if (st != ST_OK || !cvc.request || key->len != sizeof(sha256) || memcmp(key->bytes, sha256, sizeof(sha256)) != 0)
		return ST_OK;
	buf_cur(ret, bytes);
	return ret->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}

struct scratch {
	char *hex;
	uint8_t *bytes;
};

static void scratch_done(struct scratch *s)
{
	free(s->hex);
	free(s->bytes);
}

static enum status from_runs(struct store *store, const char *serial, const struct key_identity *key, struct buf *ret,
			     struct fault *f)
{
	const size_t cap = 2 * CERT_FILE_MAX + 1;
	CLEANUP(scratch_done) struct scratch room = { malloc(cap), malloc(CERT_FILE_MAX) };
	struct run_record *rows = NULL;
	size_t n = 0, len;
	enum status st;

	if (room.hex == NULL || room.bytes == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = store_runs_of(store, "cert import", serial, &rows, &n, f);
	for (size_t i = 0; i < n && st == ST_OK && ret->n == 0; i++) {
		run_record_fact(&rows[i], "before", room.hex, cap);
		if (hex_parse(room.hex, strlen(room.hex), room.bytes, CERT_FILE_MAX, &len))
			st = take(cur_of(room.bytes, len), key, ret, f);
	}
	run_records_free(rows, n);
	return st;
}

typedef enum status backup_fn(void *ctx, const struct wrapped *w, struct fault *f);

/* Each backup of the key, opened as far as it can be without its DKEK. One that cannot be read is passed over. */
static enum status each_backup(struct store *store, const struct key_identity *key, backup_fn *fn, void *ctx, struct fault *f)
{
	struct backup_filter filter = { .key = key };
	struct backup_row *rows = NULL;
	size_t n = 0;
	enum status st = store_backups(store, &filter, &rows, &n, f);

	for (size_t i = 0; i < n && st == ST_OK; i++) {
		uint8_t *data = NULL;
		size_t len = 0;
		struct wrapped w;

		st = store_backup_data(store, rows[i].id, &data, &len, f);
		if (st == ST_OK)
			st = wrapped_parse(cur_of(data, len), &w, f);
		if (st == ST_OK)
			st = fn(ctx, &w, f);
		else if (st == ST_DAMAGED || st == ST_STORE_DAMAGED)
			st = ST_OK;
		free(data);
	}
	free(rows);
	return st;
}

struct wanted {
	const struct key_identity *key;
	struct buf *request;
	struct cur der;
	size_t n;
};

static enum status has_request(void *ctx, const struct wrapped *w, struct fault *f)
{
	struct wanted *want = ctx;

	return want->request->n == 0 ? take(w->cert, want->key, want->request, f) : ST_OK;
}

static enum status has_certificate(void *ctx, const struct wrapped *w, struct fault *f)
{
	struct wanted *want = ctx;

	(void)f;
	want->n += w->cert_kind == WRAPPED_X509 && cur_equal(w->cert, want->der.p, want->der.n);
	return ST_OK;
}

enum status thing_find_request(struct store *store, const char *serial, const struct key_identity *key, struct buf *ret,
			       struct fault *f)
{
	struct wanted want = { .key = key, .request = ret };
	enum status st;

	if (store == NULL || key->len != STORE_SPKI_LEN)
		return ST_OK;
	st = from_runs(store, serial, key, ret, f);
	return st == ST_OK && ret->n == 0 ? each_backup(store, key, has_request, &want, f) : st;
}

enum status thing_backups_with(struct store *store, const struct key_identity *key, struct cur der, size_t *ret, struct fault *f)
{
	struct wanted want = { .der = der };
	enum status st = store != NULL && key->len != 0 ? each_backup(store, key, has_certificate, &want, f) : ST_OK;

	if (st == ST_OK)
		*ret = want.n;
	return st;
}
