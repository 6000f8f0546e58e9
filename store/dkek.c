#include "store/dkek.h"

#include "engine/base/words.h"
#include "store/link.h"
#include "store/list.h"

enum status store_dkek_seen(struct store *s, const struct dkek_row *d, int64_t at, struct fault *f)
{
	WRITE w = { 0 };
	QUERY q = { 0 };
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (st = link_dkek(s, d->kcv, at, f)) != ST_OK || (st = query_open(&q, s, SQL_DKEK_FILL, f)) != ST_OK)
		return st;
	bind_blob(&q, d->kcv, sizeof(d->kcv));
	bind_text(&q, d->label, sizeof(d->label));
	bind_opt_int(&q, d->shares);
	if ((st = query_run(&q, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

static void read_dkek(struct query *q, void *row)
{
	struct dkek_row *d = row;

	get_blob(q, d->kcv, sizeof(d->kcv));
	get_text(q, d->label, sizeof(d->label));
	d->shares = (int)get_opt_int(q, 0, 255);
	d->first_seen = get_time(q);
	d->shares_known = (unsigned)get_int(q, 0, INT32_MAX);
	d->devices = (unsigned)get_int(q, 0, INT32_MAX);
	d->backups = (unsigned)get_int(q, 0, INT32_MAX);
}

static const char dkek_select[] =
	"SELECT k.kcv, k.label, k.shares, k.first_seen,"
	" (SELECT count(*) FROM dkek_share ds WHERE ds.dkek = k.kcv"
	"   AND EXISTS (SELECT 1 FROM share_file sf WHERE sf.share = ds.share AND sf.gone_at IS NULL)),"
	" (SELECT count(DISTINCT device) FROM domain m WHERE m.kcv = k.kcv),"
	" (SELECT count(*) FROM backup b WHERE b.kcv = k.kcv)"
	" FROM dkek k";

enum status store_dkek_get(struct store *s, const uint8_t kcv[static STORE_KCV_LEN], struct dkek_row *ret, struct fault *f)
{
	const struct clause one[] = { { true, "k.kcv = :kcv" } };
	QUERY q = { 0 };
	struct dkek_row d;
	enum status st = query_compose(&q, s, dkek_select, one, 1, "", f);

	if (st != ST_OK)
		return st;
	if (bind_at(&q, ":kcv"))
		bind_blob(&q, kcv, STORE_KCV_LEN);
	if ((st = query_one(&q, f)) == ST_NOT_FOUND)
		return fault_set(f, st, "The inventory does not know a DKEK with this check value.");
	if (st != ST_OK)
		return st;
	read_dkek(&q, &d);
	if ((st = query_end(&q, f)) == ST_OK)
		*ret = d;
	return st;
}

enum status store_dkeks(struct store *s, struct store_page page, struct dkek_row **ret, size_t *ret_n, struct fault *f)
{
	QUERY q = { 0 };
	void *rows = NULL;
	enum status st = query_compose(&q, s, dkek_select, NULL, 0, "ORDER BY k.first_seen, k.kcv LIMIT :limit OFFSET :offset", f);

	if (st != ST_OK)
		return st;
	bind_page(&q, page);
	if ((st = list_all(&q, sizeof(**ret), read_dkek, &rows, ret_n, f)) == ST_OK)
		*ret = rows;
	return st;
}

/* --- shares --- */

/* The share that makes kcv alone, or where kcv is NULL a new one of which nothing is known. */
static enum status link_share(struct store *s, const uint8_t *kcv, int64_t at, int64_t *ret, struct fault *f)
{
	QUERY q = { 0 };
	enum status st;

	if (kcv != NULL) {
		int64_t id;

		if ((st = query_open(&q, s, SQL_SHARE_ID, f)) != ST_OK)
			return st;
		bind_blob(&q, kcv, STORE_KCV_LEN);
		if ((st = query_one(&q, f)) == ST_OK) {
			id = get_int(&q, 1, INT64_MAX);
			if ((st = query_end(&q, f)) == ST_OK)
				*ret = id;
		}
		if (st != ST_NOT_FOUND)
			return st;
	}
	if ((st = query_open(&q, s, SQL_SHARE_ADD, f)) != ST_OK)
		return st;
	bind_opt_blob(&q, kcv, kcv != NULL ? STORE_KCV_LEN : 0);
	bind_int(&q, at);
	if ((st = query_run(&q, f)) == ST_OK)
		*ret = sqlite3_last_insert_rowid(s->db);
	return st;
}

struct known_file {
	int64_t id, share;      /* 0: not known */
	bool has_kcv;
	uint8_t kcv[STORE_KCV_LEN];
};

static enum status find_file(struct store *s, const struct share_row *r, struct known_file *ret, struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_open(&q, s, SQL_SHARE_FILE_FIND, f);

	*ret = (struct known_file){ 0 };
	if (st != ST_OK)
		return st;
	bind_blob(&q, r->sha256, sizeof(r->sha256));
	bind_text(&q, r->form, sizeof(r->form));
	if ((st = query_one(&q, f)) == ST_NOT_FOUND)
		return ST_OK;
	if (st != ST_OK)
		return st;
	ret->id = get_int(&q, 1, INT64_MAX);
	ret->share = get_int(&q, 1, INT64_MAX);
	ret->has_kcv = get_opt_blob(&q, ret->kcv, sizeof(ret->kcv));
	return query_end(&q, f);
}

static void bind_file(struct query *q, const struct share_row *r)
{
	bind_text(q, r->file, sizeof(r->file));
	bind_text(q, r->custodian, sizeof(r->custodian));
	bind_text(q, r->place, sizeof(r->place));
	bind_opt_int(q, r->threshold);
	bind_opt_int(q, r->parts);
	bind_opt_int(q, r->made_at);
	bind_opt_int(q, r->checked_at);
}

static enum status add_file(struct store *s, const struct share_row *r, int64_t share, int64_t at, int64_t *ret, struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_open(&q, s, SQL_SHARE_FILE_ADD, f);

	if (st != ST_OK)
		return st;
	bind_int(&q, share);
	bind_blob(&q, r->sha256, sizeof(r->sha256));
	bind_text(&q, r->form, sizeof(r->form));
	bind_int(&q, at);
	bind_file(&q, r);
	if ((st = query_run(&q, f)) == ST_OK)
		*ret = sqlite3_last_insert_rowid(s->db);
	return st;
}

static enum status fill_file(struct store *s, const struct share_row *r, const struct known_file *known, int64_t share,
			     struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_open(&q, s, SQL_SHARE_FILE_FILL, f);

	if (st != ST_OK)
		return st;
	bind_int(&q, known->id);
	bind_int(&q, share);
	bind_file(&q, r);
	return query_run(&q, f);
}

enum status store_share_seen(struct store *s, const struct share_row *r, int64_t at, int64_t *ret_id, struct fault *f)
{
	WRITE w = { 0 };
	struct known_file known;
	int64_t id, share;
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (st = find_file(s, r, &known, f)) != ST_OK)
		return st;
	if (known.has_kcv && r->has_kcv && memcmp(known.kcv, r->kcv, STORE_KCV_LEN) != 0)
		return fault_set(f, ST_MISMATCH, "The inventory knows this share file with another check value. Nothing was "
				 "recorded: check which password was used.");
	id = known.id;
	share = known.share;
	/* A file that was only seen so far, and is opened now, turns out to carry a share that may be known already. */
	if ((share == 0 || (r->has_kcv && !known.has_kcv)) &&
	    (st = link_share(s, r->has_kcv ? r->kcv : NULL, at, &share, f)) != ST_OK)
		return st;
	st = id == 0 ? add_file(s, r, share, at, &id, f) : fill_file(s, r, &known, share, f);
	if (st != ST_OK || (st = write_commit(&w, f)) != ST_OK)
		return st;
	*ret_id = id;
	return ST_OK;
}

static enum status date_file(struct store *s, enum sql sql, int64_t id, int64_t at, struct fault *f)
{
	WRITE w = { 0 };
	QUERY q = { 0 };
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (st = query_open(&q, s, sql, f)) != ST_OK)
		return st;
	bind_int(&q, id);
	bind_int(&q, at);
	if ((st = query_run(&q, f)) != ST_OK ||
	    (st = link_changed(s, N_("The inventory has no share file with the number %lld."), id, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

enum status store_share_checked(struct store *s, int64_t id, int64_t at, struct fault *f)
{
	return date_file(s, SQL_SHARE_FILE_CHECKED, id, at, f);
}

enum status store_share_gone(struct store *s, int64_t id, int64_t at, struct fault *f)
{
	return date_file(s, SQL_SHARE_FILE_GONE, id, at, f);
}

enum status store_dkek_share(struct store *s, const uint8_t kcv[static STORE_KCV_LEN],
			     const uint8_t share_kcv[static STORE_KCV_LEN], int64_t at, struct fault *f)
{
	WRITE w = { 0 };
	QUERY q = { 0 };
	int64_t share = 0;
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (st = link_dkek(s, kcv, at, f)) != ST_OK || (st = link_share(s, share_kcv, at, &share, f)) != ST_OK ||
	    (st = query_open(&q, s, SQL_DKEK_SHARE, f)) != ST_OK)
		return st;
	bind_blob(&q, kcv, STORE_KCV_LEN);
	bind_int(&q, share);
	if ((st = query_run(&q, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

static void read_share(struct query *q, void *row)
{
	struct share_row *r = row;

	r->id = get_int(q, 1, INT64_MAX);
	r->has_kcv = get_opt_blob(q, r->kcv, sizeof(r->kcv));
	get_blob(q, r->sha256, sizeof(r->sha256));
	get_text(q, r->form, sizeof(r->form));
	get_text(q, r->file, sizeof(r->file));
	get_text(q, r->custodian, sizeof(r->custodian));
	get_text(q, r->place, sizeof(r->place));
	r->threshold = (int)get_opt_int(q, 0, 255);
	r->parts = (int)get_opt_int(q, 0, 255);
	r->first_seen = get_time(q);
	r->made_at = get_opt_time(q);
	r->checked_at = get_opt_time(q);
	r->gone_at = get_opt_time(q);
}

enum status store_shares(struct store *s, const uint8_t *kcv, struct store_page page, struct share_row **ret, size_t *ret_n,
			 struct fault *f)
{
	const struct clause of[] = { { kcv != NULL, "sf.share IN (SELECT share FROM dkek_share WHERE dkek = :kcv)" } };
	QUERY q = { 0 };
	void *rows = NULL;
	enum status st = query_compose(&q, s,
				       "SELECT sf.id, sh.kcv, sf.sha256, sf.form, sf.file, sf.custodian, sf.place, sf.threshold,"
				       " sf.parts, sf.first_seen, sf.made_at, sf.checked_at, sf.gone_at"
				       " FROM share_file sf JOIN share sh ON sh.id = sf.share",
				       of, 1, "ORDER BY sf.first_seen, sf.id LIMIT :limit OFFSET :offset", f);

	if (st != ST_OK)
		return st;
	if (bind_at(&q, ":kcv"))
		bind_blob(&q, kcv, STORE_KCV_LEN);
	bind_page(&q, page);
	if ((st = list_all(&q, sizeof(**ret), read_share, &rows, ret_n, f)) == ST_OK)
		*ret = rows;
	return st;
}

/* --- parts of a share's password --- */

enum status store_part_set(struct store *s, int64_t share_id, const struct part_row *part, struct fault *f)
{
	WRITE w = { 0 };
	QUERY q = { 0 };
	enum status st = write_begin(s, &w, f);

	if (st != ST_OK || (st = query_open(&q, s, SQL_PART_SET, f)) != ST_OK)
		return st;
	bind_int(&q, share_id);
	bind_int(&q, part->number);
	bind_text(&q, part->custodian, sizeof(part->custodian));
	bind_text(&q, part->form, sizeof(part->form));
	bind_text(&q, part->place, sizeof(part->place));
	bind_opt_int(&q, part->checked_at);
	bind_opt_int(&q, part->gone_at);
	if ((st = query_run(&q, f)) != ST_OK ||
	    (st = link_changed(s, N_("The inventory has no share file with the number %lld."), share_id, f)) != ST_OK)
		return st;
	return write_commit(&w, f);
}

static void read_part(struct query *q, void *row)
{
	struct part_row *p = row;

	p->number = (int)get_int(q, 0, INT32_MAX);
	get_text(q, p->custodian, sizeof(p->custodian));
	get_text(q, p->form, sizeof(p->form));
	get_text(q, p->place, sizeof(p->place));
	p->checked_at = get_opt_time(q);
	p->gone_at = get_opt_time(q);
}

enum status store_parts(struct store *s, int64_t share_id, struct part_row **ret, size_t *ret_n, struct fault *f)
{
	QUERY q = { 0 };
	void *rows = NULL;
	enum status st = query_open(&q, s, SQL_PARTS, f);

	if (st != ST_OK)
		return st;
	bind_int(&q, share_id);
	if ((st = list_all(&q, sizeof(**ret), read_part, &rows, ret_n, f)) == ST_OK)
		*ret = rows;
	return st;
}
