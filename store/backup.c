#include "store/backup.h"

#include <openssl/sha.h>

#include "store/link.h"
#include "store/list.h"

const char *proof_word(enum proof_level level)
{
	static const char *const words[] = {
		[PROOF_NONE] = "none", [PROOF_INTACT] = "intact", [PROOF_MATCHED] = "matched",
		[PROOF_OPENED] = "opened", [PROOF_RESTORED] = "restored",
	};

	return (unsigned)level < sizeof(words) / sizeof(*words) ? words[level] : "none";
}

/* --- taking in --- */

static enum status check_data(const struct backup_row *row, const uint8_t *data, size_t n, struct fault *f)
{
	uint8_t sha256[32];

	if (n == 0 || n > BACKUP_DATA_MAX)
		return fault_set(f, ST_BAD_FORM, "A wrapped key of %zu bytes is none of this kind of device.", n);
	if (SHA256(data, n, sha256) == NULL)
		return fault_set(f, ST_CRYPTO, NULL);
	if (memcmp(sha256, row->sha256, sizeof(sha256)) != 0)
		return fault_set(f, ST_BAD_FORM, "The wrapped key is not the one that was to be recorded. Nothing was recorded.");
	return ST_OK;
}

struct known_backup {
	int64_t id;
	struct key_identity key;
};

static enum status find_known(struct store *s, enum sql sql, int64_t id, const uint8_t *sha256, struct known_backup *ret,
			      struct fault *f)
{
	QUERY q = { 0 };
	struct known_backup k;
	enum status st = query_open(&q, s, sql, f);

	if (st != ST_OK)
		return st;
	if (sha256 != NULL)
		bind_blob(&q, sha256, 32);
	else
		bind_int(&q, id);
	if ((st = query_one(&q, f)) != ST_OK)
		return st;
	k.id = get_int(&q, 1, INT64_MAX);
	get_identity(&q, &k.key);
	if ((st = query_end(&q, f)) == ST_OK)
		*ret = k;
	return st;
}

static enum status other_key(struct fault *f)
{
	return fault_set(f, ST_MISMATCH, "The inventory knows this wrapped key as a backup of another key. Nothing was recorded: "
			 "one of the two was read wrongly, so do not rely on this backup before it was restored and compared.");
}

static enum status key_of(struct store *s, const struct backup_row *row, int64_t at, int64_t *ret, struct fault *f)
{
	const struct key_facts facts = { .identity = &row->key, .algorithm = row->algorithm, .curve = row->curve,
					 .label = row->label, .size = row->size };

	*ret = STORE_UNKNOWN;
	return row->key.len == 0 ? ST_OK : link_key_seen(s, &facts, at, ret, f);
}

static void bind_backup(struct query *q, const struct backup_row *row, int64_t key, int64_t name)
{
	bind_opt_int(q, key);
	bind_text(q, row->algorithm, sizeof(row->algorithm));
	bind_opt_int(q, row->size > 0 ? (int64_t)row->size : STORE_UNKNOWN);
	bind_text(q, row->curve, sizeof(row->curve));
	bind_int(q, name);
	bind_opt_blob(q, row->cka_id, row->cka_id_len <= sizeof(row->cka_id) ? row->cka_id_len : 0);
	bind_opt_text(q, row->device, sizeof(row->device));
	bind_opt_int(q, row->made_at);
	bind_text(q, row->file, sizeof(row->file));
	bind_text(q, row->form, sizeof(row->form));
}

static enum status add_row(struct store *s, const struct backup_row *row, int64_t key, int64_t name, size_t n, int64_t at,
			   struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_open(&q, s, SQL_BACKUP_ADD, f);

	if (st != ST_OK)
		return st;
	bind_backup(&q, row, key, name);
	bind_blob(&q, row->sha256, sizeof(row->sha256));
	bind_blob(&q, row->blob_sha256, sizeof(row->blob_sha256));
	bind_int(&q, (int64_t)n);
	bind_blob(&q, row->kcv, sizeof(row->kcv));
	bind_int(&q, at);
	return query_run(&q, f);
}

static enum status add_new(struct store *s, const struct backup_row *row, const uint8_t *data, size_t n, int64_t at,
			   int64_t *ret, struct fault *f)
{
	QUERY q = { 0 };
	int64_t key = 0, name = 0, id;
	enum status st = link_dkek(s, row->kcv, at, f);

	if (st != ST_OK || (st = key_of(s, row, at, &key, f)) != ST_OK || (st = link_name(s, row->label, &name, f)) != ST_OK ||
	    (st = add_row(s, row, key, name, n, at, f)) != ST_OK)
		return st;
	id = sqlite3_last_insert_rowid(s->db);
	if ((st = query_open(&q, s, SQL_WRAPPED_ADD, f)) != ST_OK)
		return st;
	bind_int(&q, id);
	bind_blob(&q, data, n);
	if ((st = query_run(&q, f)) == ST_OK)
		*ret = id;
	return st;
}

static enum status fill(struct store *s, const struct backup_row *row, const struct known_backup *known, int64_t at,
			struct fault *f)
{
	QUERY q = { 0 };
	int64_t key = 0, name = 0;
	enum status st;

	if (row->key.len != 0 && known->key.len != 0 && !identity_equal(&row->key, &known->key))
		return other_key(f);
	if ((st = key_of(s, row, at, &key, f)) != ST_OK || (st = link_name(s, row->label, &name, f)) != ST_OK ||
	    (st = query_open(&q, s, SQL_BACKUP_FILL, f)) != ST_OK)
		return st;
	bind_backup(&q, row, key, name);
	bind_int(&q, known->id);
	return query_run(&q, f);
}

enum status store_backup_add(struct store *s, const struct backup_row *row, const uint8_t *data, size_t n, int64_t at,
			     int64_t *ret_id, struct fault *f)
{
	WRITE w = { 0 };
	struct known_backup known = { 0 };
	enum status st = check_data(row, data, n, f);

	if (st != ST_OK || (st = write_begin(s, &w, f)) != ST_OK)
		return st;
	st = find_known(s, SQL_BACKUP_KNOWN, 0, row->sha256, &known, f);
	if (st == ST_OK)
		st = fill(s, row, &known, at, f);
	else if (st == ST_NOT_FOUND)
		st = add_new(s, row, data, n, at, &known.id, f);
	if (st != ST_OK || (st = write_commit(&w, f)) != ST_OK)
		return st;
	*ret_id = known.id;
	return ST_OK;
}

static enum status no_backup(int64_t id, struct fault *f)
{
	return fault_set(f, ST_NOT_FOUND, "The inventory has no backup with the number %lld.", (long long)id);
}

enum status store_backup_set_key(struct store *s, int64_t id, const struct key_identity *key, int64_t at, struct fault *f)
{
	const struct key_facts facts = { .identity = key, .algorithm = "", .curve = "", .label = "" };
	WRITE w = { 0 };
	QUERY q = { 0 };
	struct known_backup known;
	int64_t key_id = 0;
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK)
		return st;
	if ((st = find_known(s, SQL_BACKUP_KNOWN_BY_ID, id, NULL, &known, f)) == ST_NOT_FOUND)
		return no_backup(id, f);
	if (st != ST_OK)
		return st;
	if (known.key.len != 0)
		return identity_equal(&known.key, key) ? write_commit(&w, f) : other_key(f);
	if ((st = link_key_seen(s, &facts, at, &key_id, f)) != ST_OK || (st = query_open(&q, s, SQL_BACKUP_SET_KEY, f)) != ST_OK)
		return st;
	bind_int(&q, id);
	bind_int(&q, key_id);
	if ((st = query_run(&q, f)) != ST_OK || (st = query_open(&q, s, SQL_KEY_FROM_BACKUP, f)) != ST_OK)
		return st;
	bind_int(&q, id);
	if ((st = query_run(&q, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

enum status store_backup_prove(struct store *s, int64_t id, enum proof_level level, const char *device, int64_t at,
			       struct fault *f)
{
	static const enum sql steps[] = { SQL_BACKUP_PROVE, SQL_PROOF_ADD };
	WRITE w = { 0 };
	enum status st;

	if (level <= PROOF_NONE || level > PROOF_RESTORED)
		return fault_set(f, ST_BAD_FORM, "There is no such proof of a backup.");
	st = write_begin(s, &w, f);
	for (size_t i = 0; st == ST_OK && i < 2; i++) {
		QUERY q = { 0 };

		if ((st = query_open(&q, s, steps[i], f)) != ST_OK)
			return st;
		bind_int(&q, id);
		bind_int(&q, (int64_t)level);
		bind_opt_text(&q, device, STORE_SERIAL_MAX);
		bind_int(&q, at);
		if ((st = query_run(&q, f)) == ST_OK && i == 0 && sqlite3_changes(s->db) == 0)
			return no_backup(id, f);
	}
	return st == ST_OK ? write_commit(&w, f) : st;
}

/* --- looking --- */

static void read_backup(struct query *q, void *to)
{
	struct backup_row *b = to;
	int64_t size;

	b->id = get_int(q, 1, INT64_MAX);
	get_blob(q, b->sha256, sizeof(b->sha256));
	get_blob(q, b->blob_sha256, sizeof(b->blob_sha256));
	get_blob(q, b->kcv, sizeof(b->kcv));
	get_identity(q, &b->key);
	get_text(q, b->algorithm, sizeof(b->algorithm));
	size = get_opt_int(q, 0, INT32_MAX);
	b->size = size > 0 ? (unsigned)size : 0;
	get_text(q, b->curve, sizeof(b->curve));
	get_text(q, b->label, sizeof(b->label));
	b->cka_id_len = get_bytes(q, b->cka_id, sizeof(b->cka_id));
	get_opt_text(q, b->device, sizeof(b->device));
	b->made_at = get_opt_time(q);
	get_text(q, b->file, sizeof(b->file));
	get_text(q, b->form, sizeof(b->form));
	b->added_at = get_time(q);
	b->size_bytes = (size_t)get_int(q, 0, INT32_MAX);
	b->proof = (enum proof_level)get_int(q, PROOF_NONE, PROOF_RESTORED);
	b->proof_at = get_opt_time(q);
	get_opt_text(q, b->proof_device, sizeof(b->proof_device));
}

static const char backup_select[] =
	"SELECT b.id, b.sha256, b.blob_sha256, b.kcv, k.identity, b.algorithm, b.size, b.curve, n.text, b.cka_id, b.made_on,"
	" b.made_at, b.file, b.form, b.added_at, b.bytes, b.proof, b.proof_at, b.proof_device"
	" FROM backup b CROSS JOIN name n ON n.id = b.name LEFT JOIN key k ON k.id = b.key";

static enum status one_backup(struct store *s, const char *where, int64_t id, const uint8_t *sha256, struct backup_row *ret,
			      struct fault *f)
{
	const struct clause one[] = { { true, where } };
	QUERY q = { 0 };
	struct backup_row b;
	enum status st = query_compose(&q, s, backup_select, one, 1, "", f);

	if (st != ST_OK)
		return st;
	if (bind_at(&q, ":id"))
		bind_int(&q, id);
	if (bind_at(&q, ":sha256"))
		bind_blob(&q, sha256, 32);
	if ((st = query_one(&q, f)) != ST_OK)
		return st;
	read_backup(&q, &b);
	if ((st = query_end(&q, f)) == ST_OK)
		*ret = b;
	return st;
}

enum status store_backup_get(struct store *s, int64_t id, struct backup_row *ret, struct fault *f)
{
	enum status st = one_backup(s, "b.id = :id", id, NULL, ret, f);

	return st == ST_NOT_FOUND ? no_backup(id, f) : st;
}

enum status store_backup_find(struct store *s, const uint8_t sha256[static 32], struct backup_row *ret, struct fault *f)
{
	enum status st = one_backup(s, "b.sha256 = :sha256", 0, sha256, ret, f);

	return st == ST_NOT_FOUND ? fault_set(f, st, "The inventory does not know this wrapped key.") : st;
}

enum status store_backup_data(struct store *s, int64_t id, uint8_t **ret, size_t *ret_n, struct fault *f)
{
	QUERY q = { 0 };
	uint8_t *data, sha256[32], is[32];
	size_t n;
	enum status st = query_open(&q, s, SQL_WRAPPED, f);

	if (st != ST_OK)
		return st;
	bind_int(&q, id);
	if ((st = query_one(&q, f)) == ST_NOT_FOUND)
		return no_backup(id, f);
	if (st != ST_OK)
		return st;
	get_blob(&q, sha256, sizeof(sha256));
	if ((data = malloc(BACKUP_DATA_MAX)) == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	n = get_bytes(&q, data, BACKUP_DATA_MAX);
	st = query_end(&q, f);
	if (st == ST_OK && (SHA256(data, n, is) == NULL || memcmp(is, sha256, sizeof(is)) != 0))
		st = fault_set(f, ST_STORE_DAMAGED, "The wrapped key of backup %lld in the inventory %s is not what was put there. Use "
			       "the file that was written, or another backup of the same key.", (long long)id, s->path);
	if (st != ST_OK) {
		free(data);
		return st;
	}
	*ret = data;
	*ret_n = n;
	return ST_OK;
}

#define BACKUP_CLAUSES 4

static void backup_clauses(const struct backup_filter *filter, struct clause clauses[static BACKUP_CLAUSES])
{
	const struct clause all[BACKUP_CLAUSES] = {
		{ filter->device != NULL, "b.made_on = :device" },
		{ filter->key != NULL, "b.key = (SELECT id FROM key WHERE identity = :key)" },
		{ filter->kcv != NULL, "b.kcv = :kcv" },
		{ filter->below > 0, "b.id < :below" },
	};

	memcpy(clauses, all, sizeof(all));
}

static void bind_filter(struct query *q, const void *of)
{
	const struct backup_filter *filter = of;

	if (bind_at(q, ":device"))
		bind_text(q, filter->device, STORE_SERIAL_MAX);
	if (bind_at(q, ":key"))
		bind_blob(q, filter->key->bytes, filter->key->len);
	if (bind_at(q, ":kcv"))
		bind_blob(q, filter->kcv, STORE_KCV_LEN);
	if (bind_at(q, ":below"))
		bind_int(q, filter->below);
	bind_page(q, filter->page);
}

enum status store_backups(struct store *s, const struct backup_filter *filter, struct backup_row **ret, size_t *ret_n,
			  struct fault *f)
{
	struct clause clauses[BACKUP_CLAUSES];
	const struct search what = { backup_select, "ORDER BY b.id DESC LIMIT :limit OFFSET :offset", clauses, BACKUP_CLAUSES,
				     bind_filter, filter };
	void *rows = NULL;
	enum status st;

	backup_clauses(filter, clauses);
	if ((st = search_all(s, &what, sizeof(**ret), read_backup, &rows, ret_n, f)) == ST_OK)
		*ret = rows;
	return st;
}

enum status store_backups_count(struct store *s, const struct backup_filter *filter, size_t *ret, struct fault *f)
{
	struct clause clauses[BACKUP_CLAUSES];
	const struct search what = { "SELECT count(*) FROM backup b", "", clauses, BACKUP_CLAUSES, bind_filter, filter };

	backup_clauses(filter, clauses);
	return search_count(s, &what, ret, f);
}

static void read_proof(struct query *q, void *to)
{
	struct proof_row *p = to;

	p->level = (enum proof_level)get_int(q, PROOF_INTACT, PROOF_RESTORED);
	get_opt_text(q, p->device, sizeof(p->device));
	p->at = get_time(q);
}

enum status store_proofs(struct store *s, int64_t id, struct proof_row **ret, size_t *ret_n, struct fault *f)
{
	QUERY q = { 0 };
	void *rows = NULL;
	enum status st = query_open(&q, s, SQL_PROOFS, f);

	if (st != ST_OK)
		return st;
	bind_int(&q, id);
	if ((st = list_all(&q, sizeof(**ret), read_proof, &rows, ret_n, f)) == ST_OK)
		*ret = rows;
	return st;
}
