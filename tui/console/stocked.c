/* Rows of a listing as a table shows them, and the words that such screens share. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/text.h"
#include "engine/base/words.h"
#include "engine/keys/curve.h"
#include "store/backup.h"
#include "tui/console/lists.h"
#include "tui/console/stock.h"
#include "tui/wizard/key_type.h"

void stocked_init(struct stocked *r, const struct ui *ui, enum listing_kind kind)
{
	*r = (struct stocked){ .stock = ui->stock, .kind = kind };
	stock_begin(ui->stock);
}

void stocked_done(struct stocked *r)
{
	free(r->row);
	r->row = NULL;
	r->n = 0;
}

const struct listing *stocked_listing(const struct stocked *r)
{
	return stock_listing(r->stock, r->kind, NULL);
}

bool stocked_is_old(const struct stocked *r)
{
	return r->version != stock_version(r->stock, r->kind);
}

bool stocked_arrange(struct stocked *r, const char *filter, unsigned column, bool descending)
{
	const struct listing *l = stocked_listing(r);
	uint32_t *row = NULL;
	size_t n = 0;
	struct fault f;

	if (l == NULL)
		return true;
	if (listing_find(l, &(struct listing_query){ filter, column, descending }, &row, &n, &f) != ST_OK) {
		if (stocked_is_old(r))
			stocked_done(r);   /* these are rows of a listing that is gone */
		return false;
	}
	free(r->row);
	r->row = row;
	r->n = n;
	r->version = stock_version(r->stock, r->kind);
	return true;
}

size_t stocked_total(const struct stocked *r)
{
	const struct listing *l = stocked_listing(r);

	return l != NULL ? listing_rows(l) : 0;
}

int64_t stocked_id(const struct stocked *r, size_t i)
{
	return listing_id(stocked_listing(r), r->row[i]);
}

const char *stocked_empty(const struct stocked *r, const char *otherwise)
{
	const struct fault *f;

	if (stock_listing(r->stock, r->kind, &f) != NULL)
		return otherwise;
	return f->st != ST_OK ? f->what : _("Reading the inventory.");
}

const char *clean_text(char *out, size_t cap, const char *text)
{
	text_clean(out, cap, text, strlen(text));
	return out;
}

static bool broken_down(int64_t at, struct tm *ret)
{
	time_t t = (time_t)at;

	return at > 0 && gmtime_r(&t, ret) != NULL && ret->tm_year < 8100;
}

const char *date_words(char out[static 20], int64_t at)
{
	struct tm tm;

	out[0] = '\0';
	if (broken_down(at, &tm))
		(void)strftime(out, 20, "%Y-%m-%d", &tm);
	return out;
}

const char *minute_words(char out[static 20], int64_t at)
{
	struct tm tm;

	out[0] = '\0';
	if (broken_down(at, &tm))
		(void)strftime(out, 20, "%Y-%m-%d %H:%M", &tm);
	return out;
}

void key_type_words(const char *algorithm, unsigned size, const char *curve, char out[static STORE_NAME_MAX])
{
	enum key_algorithm a = strcmp(algorithm, "rsa") == 0 ? KEY_RSA : strcmp(algorithm, "aes") == 0 ? KEY_AES : KEY_EC;

	_Static_assert(KEY_WORDS_MAX <= STORE_NAME_MAX, "the words fit");
	if (algorithm[0] == '\0')
		out[0] = '\0';
	else
		key_words(a, size, curve_by_name(curve), out);
}

const char *serial_name(const struct ui *ui, const char *serial)
{
	const struct fleet_device *d = serial[0] != '\0' ? fleet_by_serial(ui->fleet, serial) : NULL;

	return d != NULL ? device_name(d) : serial;
}

const char *proof_name(unsigned proof)
{
	static const char *const names[] = {
		[PROOF_NONE] = N_("not proven"), [PROOF_INTACT] = N_("intact"), [PROOF_MATCHED] = N_("matched"),
		[PROOF_OPENED] = N_("opened"), [PROOF_RESTORED] = N_("restored"),
	};

	return translated(names[proof <= PROOF_RESTORED ? proof : PROOF_NONE]);
}

const char *backups_and_proof(char *out, size_t cap, unsigned backups, unsigned proof)
{
	if (backups == 0)
		(void)snprintf(out, cap, "%s", _("none"));
	else
		(void)snprintf(out, cap, "%u, %s", backups, proof_name(proof));
	return out;
}
