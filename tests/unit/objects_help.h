/* What the tests of certificates, data and deleting share: files of the place, files of the card, and certificates for its keys. */
#ifndef TESTS_UNIT_OBJECTS_HELP_H
#define TESTS_UNIT_OBJECTS_HELP_H

#include "tests/unit/procs_help.h"

#include "tests/unit/cert_help.h"
#include "tui/wizard/find.h"

static inline const char *file_in(const struct place *p, const char *name)
{
	static char path[4][160];
	static unsigned next;
	char *out = path[next++ % 4];

	snprintf(out, sizeof(path[0]), "%s/%.90s", p->dir, name);
	return out;
}

static inline const char *save(const struct place *p, const char *name, const void *bytes, size_t n)
{
	const char *path = file_in(p, name);
	struct fault f = { 0 };

	must(file_write_new(path, cur_of(bytes, n), &f));
	return path;
}

static inline void write_fid(struct place *p, uint16_t fid, struct cur content)
{
	CARD_SESSION *held = NULL;
	struct card *c = place_log_in(p, 0, &held);
	struct fault f = { 0 };

	must(card_write_file(c, fid, content, WRITE_REPLACE, &f));
	card_end(held);
	held = NULL;
	card_close(c);
}

static inline void delete_fid(struct place *p, uint16_t fid)
{
	CARD_SESSION *held = NULL;
	struct card *c = place_log_in(p, 0, &held);
	struct fault f = { 0 };

	must(card_delete(c, fid, &f));
	card_end(held);
	held = NULL;
	card_close(c);
}

static inline struct buf read_fid(struct place *p, uint16_t fid)
{
	CARD_SESSION *held = NULL;
	struct card *c = place_log_in(p, 0, &held);
	struct buf b = { 0 };
	enum status st = card_read_file(c, fid, &b, NULL);

	assert_true(st == ST_OK || st == ST_NOT_FOUND);
	card_end(held);
	held = NULL;
	card_close(c);
	return b;
}

/* A certificate for the key at this reference, issued by another one; NULL: for that other one. */
static inline const char *cert_for(struct place *p, uint8_t ref, const char *cn, const char *until)
{
	PKEY *ca = EVP_EC_gen("P-256"), *key = NULL;
	CARD_SESSION *held = NULL;
	struct card *c = place_log_in(p, 0, &held);
	struct object o = { 0 };
	FIDS fids = { 0 };
	BUF spki = { 0 };
	struct fault f = { 0 };

	if (ref != 0) {
		must(card_enumerate(c, &fids, &f));
		must(card_object_key(c, &fids, ref, &o, &f));
		must(pubkey_to_spki(&o.key, &spki, &f));
		key = cert_key_of_spki(spki.p, spki.n);
		object_done(&o);
	}
	card_end(held);
	held = NULL;
	card_close(c);
	BUF der = cert_make(key != NULL ? key : ca, cn, ca, "CA", "20250101000000Z", until);
	return save(p, strlen(cn) < 100 ? cn : "long", der.p, der.n);
}

static inline void import(struct place *p, const char *file, enum status want)
{
	place_expect(p, "cert import", 0, GIVEN({ "id", "0a", 0 }, { "file", file, 0 }, { "pin", PIN, 0 }), want);
}

static inline bool says(const struct prose *t, enum prose_role role, const char *words)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->p[i].role == role && strstr(t->p[i].text, words) != NULL)
			return true;
	}
	return false;
}

static inline bool outcome_says(const struct run *r, enum prose_role role, const char *words)
{
	PROSE out = { 0 };

	run_procedure(r)->outcome(r, &out);
	return says(&out, role, words);
}

static inline size_t known(struct place *p, enum thing type)
{
	struct object_filter filter = { .device = place_serial(p, 0) };
	struct object_row *rows = NULL;
	struct fault f = { 0 };
	size_t n = 0, found = 0;

	must(store_objects(p->store, &filter, &rows, &n, &f));
	for (size_t i = 0; i < n; i++)
		found += rows[i].type == type;
	free(rows);
	return found;
}

static inline void write_data(struct place *p, const char *file, const char *label, bool is_private, enum status want)
{
	place_expect(p, "data write", 0,
		     GIVEN({ "file", file, 0 }, { "label", label, 0 }, { "pin", PIN, 0 }, { "private", is_private ? "1" : NULL, 0 }), want);
}

#endif
