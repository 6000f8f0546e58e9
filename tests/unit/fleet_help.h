/* What the tests of the fleet share. */
#ifndef TESTS_UNIT_FLEET_HELP_H
#define TESTS_UNIT_FLEET_HELP_H

#include "tests/unit/procs_help.h"

#include "tests/unit/cert_help.h"
#include "tui/wizard/prose.h"

static inline struct fleet *fleet_of(struct place *p, bool live)
{
	struct fleet *fl = NULL;
	struct fault f = { 0 };

	must(fleet_new(p->jobs, p->store, live, &fl, &f));
	return fl;
}

/* Another program puts a certificate in the place of the key's request. */
static inline struct buf certify(struct place *p, const char *serial, const char *until)
{
	CLEANUP(card_close_guard) struct card *c = NULL;
	CARD_SESSION *held = NULL;
	struct key_identity id = { 0 };
	struct object_row *rows = NULL;
	struct buf der;
	uint8_t *spki = NULL;
	struct fault f = { 0 };
	size_t n = 0;

	must(store_objects(p->store, &(struct object_filter){ .device = serial }, &rows, &n, &f));
	id = rows[0].key;
	must(store_key_spki(p->store, &id, &spki, &n, &f));
	PKEY *key = cert_key_of_spki(spki, n), *root = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

	der = cert_make(key, "Leaf", root, "Root", "20190101000000Z", until);
	c = place_log_in(p, 0, &held);
	must(card_write_file(c, fid_of(FID_KEY_CERT, (uint8_t)rows[0].key_ref), buf_view(&der), WRITE_REPLACE, &f));
	free(rows);
	free(spki);
	return der;
}

static inline void certify_until(struct place *p, const char *serial, const char *until)
{
	BUF der = certify(p, serial, until);

	assert_true(der.n > 0);
}

static inline const struct fleet_attention *about(struct fleet *fl, const char *words)
{
	size_t n = 0;
	const struct fleet_attention *a = fleet_attention(fl, &n);

	for (size_t i = 0; i < n; i++) {
		/* Bytes: an ellipsis is three of them. Before what is about a device stands its name. */
		assert_true(strlen(a[i].words) <= (a[i].serial[0] != '\0' ? 58 : 76));
		if (strstr(a[i].words, words) != NULL)
			return &a[i];
	}
	return NULL;
}

/* The procedure begins with these values of this question: with blanks between. */
static inline void gives(struct fleet *fl, const struct fleet_attention *a, const char *question, const char *values)
{
	struct fleet_given g;
	char all[200] = "";

	assert_non_null(a);
	fleet_attention_given(fl, a, &g);
	for (size_t i = 0; i < g.n; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i > 0 ? " " : "", g.value[i]);
	assert_string_equal(g.question != NULL ? g.question : "", question);
	assert_string_equal(all, values);
	fleet_given_done(&g);
}

/* What is said to somebody who asks what would mend it has these words. */
static inline bool reads(struct fleet *fl, const struct fleet_attention *a, const char *words)
{
	PROSE p = { 0 };
	bool found = false;

	assert_non_null(a);
	fleet_attention_text(fl, a, &p);
	for (size_t i = 0; i < p.n; i++)
		found |= strstr(p.p[i].text, words) != NULL;
	return found;
}

#endif
