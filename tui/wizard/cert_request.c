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

static bool is_request_of(struct cur bytes, const struct key_identity *key)
{
	struct cvc cvc;
	uint8_t sha256[32];

	return bytes.n > 0 && bytes.p[0] == REQUEST_TAG && cvc_next(&bytes, NULL, &cvc, NULL) == ST_OK && cvc.request &&
	       pubkey_spki_sha256(&cvc.key, sha256, NULL) == ST_OK && key->len == sizeof(sha256) &&
	       memcmp(key->bytes, sha256, sizeof(sha256)) == 0;
}

static bool take(struct cur bytes, const struct key_identity *key, struct buf *ret)
{
	if (!is_request_of(bytes, key))
		return false;
	buf_cur(ret, bytes);
	return true;
}

static bool from_runs(struct store *store, const char *serial, const struct key_identity *key, struct buf *ret)
{
	const size_t cap = 2 * CERT_FILE_MAX + 1;
	char *hex = malloc(cap);
	uint8_t *bytes = malloc(CERT_FILE_MAX);
	struct run_record *rows = NULL;
	bool found = false;
	size_t n = 0, len;

	if (hex != NULL && bytes != NULL && store_runs_of(store, "cert import", serial, &rows, &n, NULL) == ST_OK) {
		for (size_t i = 0; i < n && !found; i++) {
			run_record_fact(&rows[i], "before", hex, cap);
			found = hex[0] != '\0' && hex_parse(hex, strlen(hex), bytes, CERT_FILE_MAX, &len) &&
				take(cur_of(bytes, len), key, ret);
		}
	}
	run_records_free(rows, n);
	free(bytes);
	free(hex);
	return found;
}

/* Each backup of the key, opened as far as it can be without its DKEK, until fn says that it is enough. */
static void each_backup(struct store *store, const struct key_identity *key, bool (*fn)(void *ctx, const struct wrapped *w),
			void *ctx)
{
	struct backup_filter filter = { .key = key };
	struct backup_row *rows = NULL;
	bool enough = false;
	size_t n = 0;

	if (store_backups(store, &filter, &rows, &n, NULL) != ST_OK)
		return;
	for (size_t i = 0; i < n && !enough; i++) {
		uint8_t *data = NULL;
		size_t len = 0;
		struct wrapped w;

		if (store_backup_data(store, rows[i].id, &data, &len, NULL) == ST_OK &&
		    wrapped_parse(cur_of(data, len), &w, NULL) == ST_OK)
			enough = fn(ctx, &w);
		free(data);
	}
	free(rows);
}

struct wanted {
	const struct key_identity *key;
	struct buf *request;
	struct cur der;
	size_t n;
};

static bool has_request(void *ctx, const struct wrapped *w)
{
	struct wanted *want = ctx;

	return take(w->cert, want->key, want->request);
}

static bool has_certificate(void *ctx, const struct wrapped *w)
{
	struct wanted *want = ctx;

	want->n += w->cert_kind == WRAPPED_X509 && cur_equal(w->cert, want->der.p, want->der.n);
	return false;
}

void thing_find_request(struct store *store, const char *serial, const struct key_identity *key, struct buf *ret)
{
	struct wanted want = { .key = key, .request = ret };

	if (store == NULL || key->len != STORE_SPKI_LEN || from_runs(store, serial, key, ret))
		return;
	each_backup(store, key, has_request, &want);
}

size_t thing_backups_with(struct store *store, const struct key_identity *key, struct cur der)
{
	struct wanted want = { .der = der };

	if (store != NULL && key->len != 0)
		each_backup(store, key, has_certificate, &want);
	return want.n;
}
