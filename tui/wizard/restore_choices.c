/* The backups that the inventory keeps, to choose from. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/text.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/restore.h"

#define SHOWN_MAX 200   /* the newest; one that is older is named by its number, or its file */

static void kind_of(const struct backup_row *row, char out[static KEY_WORDS_MAX])
{
	enum key_algorithm algorithm = strcmp(row->algorithm, "rsa") == 0  ? KEY_RSA
				       : strcmp(row->algorithm, "ec") == 0 ? KEY_EC
									   : KEY_AES;

	out[0] = '\0';
	if (row->algorithm[0] != '\0')
		key_words(algorithm, row->size, curve_by_name(row->curve), out);
}

static bool choice_of(const struct backup_row *row, struct choice *ret)
{
	char label[STORE_LABEL_MAX], kind[KEY_WORDS_MAX], made[16] = "", kcv[9];
	char *value = NULL, *words = NULL;
	const time_t at = (time_t)row->made_at;
	struct tm tm;

	text_clean(label, sizeof(label), row->label, strlen(row->label));
	kind_of(row, kind);
	hex_upper(kcv, row->kcv, 4);
	if (row->made_at > 0 && gmtime_r(&at, &tm) != NULL)
		(void)strftime(made, sizeof(made), "%Y-%m-%d", &tm);
	if (asprintf(&value, "%lld", (long long)row->id) < 0)
		return false;
	if (asprintf(&words, "%s  %s  %s  %s  DKEK %s", label[0] != '\0' ? label : "(no label)", kind, made,
		     row->proof == PROOF_RESTORED ? "proven" : "not proven", kcv) < 0) {
		free(value);
		return false;
	}
	*ret = (struct choice){ value, words };
	return true;
}

enum status restore_choices(const struct run *r, struct choices *ret, struct fault *f)
{
	struct device_state *d = &((struct restore *)run_state(r))->device;
	const struct backup_filter filter = { .page = { .limit = SHOWN_MAX } };
	struct backup_row *rows = NULL;
	enum status st;
	size_t n = 0;

	if (run_env(r)->store != NULL && !device_state_has_choices(d, r)) {
		st = store_backups(run_env(r)->store, &filter, &rows, &n, f);
		if (st != ST_OK)
			return st;
		d->choices.c = calloc(n + 1, sizeof(*d->choices.c));
		for (size_t i = 0; i < n && d->choices.c != NULL; i++) {
			if (choice_of(&rows[i], &d->choices.c[d->choices.n]))
				d->choices.n++;
		}
		free(rows);
		d->has_choices = true;
	}
	*ret = d->choices;
	return ST_OK;
}
