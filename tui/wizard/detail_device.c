/* What is known of a device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/card/firmware.h"
#include "engine/card/pin.h"
#include "engine/keys/cvc.h"
#include "store/device.h"
#include "store/dkek.h"
#include "store/run.h"
#include "tui/wizard/detail.h"
#include "tui/wizard/key_type.h"
#include "tui/wizard/wizard.h"

#define USUAL_WORDS_MAX 240

static const char *known(const char *text)
{
	return text[0] != '\0' ? text : _("not known");
}

/* --- the device --- */

static void firmware(struct detail *out, const struct fleet_device *d)
{
	const struct firmware *fw;

	if (d->fw_major < 0) {
		detail_fact(out, _("Firmware"), "%s", _("not known"));
		return;
	}
	fw = firmware_of((unsigned)d->fw_major, (unsigned)d->fw_minor);
	detail_fact(out, _("Firmware"), "%d.%d", d->fw_major, d->fw_minor);
	if (fw->aes)
		detail_fact(out, _("It can make"), _("RSA up to %u bits, curves up to %u bits, AES keys"), fw->rsa_max, fw->ec_max);
	else
		detail_fact(out, _("It can make"), _("RSA up to %u bits, curves up to %u bits"), fw->rsa_max, fw->ec_max);
	if (fw->means != NULL)
		detail_say(out, fw->advised_against ? DETAIL_WARNING : DETAIL_TEXT, "%s", translated(fw->means));
}

static void dates(struct detail *out, const struct fleet_device *d, const struct device_row *row)
{
	char date[32];

	if (row != NULL && row->initialised_at > 0) {
		detail_date(date, row->initialised_at);
		detail_fact(out, _("Initialised"), "%s", date);
	} else if (d->looked_at && !d->initialised) {
		detail_fact(out, _("Initialised"), "%s", _("never"));
	} else {
		detail_fact(out, _("Initialised"), "%s", _("not known when: not by Keyroom"));
	}
	detail_date(date, d->first_seen);
	detail_fact(out, _("First seen"), "%s", date);
	detail_date(date, d->last_seen);
	detail_fact(out, _("Last seen"), "%s", d->state == FLEET_ABSENT ? date : _("it is here"));
	detail_fact(out, _("Kept at"), "%s", row != NULL ? known(row->kept) : _("not known"));
}

static void about(struct detail *out, const struct fleet_device *d, const struct device_row *row)
{
	detail_begin(out, _("Device"));
	detail_fact(out, _("Serial number"), "%s", known(d->serial));
	detail_fact(out, _("Label"), "%s", d->label[0] != '\0' ? d->label : _("none"));
	detail_fact(out, _("Hardware"), "%s", row != NULL ? known(row->hardware) : _("not known"));
	firmware(out, d);
	dates(out, d, row);
	if (d->state != FLEET_ABSENT)
		detail_fact(out, _("Reader"), "%s", d->reader);
	if (d->simulated)
		detail_say(out, DETAIL_TEXT, "%s", _("It is a simulated device of a rehearsal."));
	if (d->fault.st != ST_OK)
		detail_say(out, DETAIL_WARNING, "%s", d->fault.what);
}

/* --- memory and tries --- */

static void user_pin(struct detail *out, const struct fleet_device *d)
{
	const char *const name = _("User PIN");

	if (d->transport_pin)
		detail_fact(out, name, "%s", _("a transport PIN: it must be changed before the first use"));
	else if (!d->initialised)
		detail_fact(out, name, "%s", d->looked_at ? _("none: the device was never initialised") : _("not known"));
	else if (d->pin_tries < 0)
		detail_fact(out, name, "%s", _("not known"));
	else if (d->pin_max > 0 && d->pin_tries <= d->pin_max)
		detail_bar(out, name, d->pin_tries, d->pin_max, _("%d of %d tries left"), d->pin_tries, d->pin_max);
	else
		detail_bar(out, name, d->pin_tries, 0, _("%d left"), d->pin_tries);
	if (d->initialised && d->pin_tries == 0)
		detail_say(out, DETAIL_WARNING, "%s", d->never_unblocks ?
			   _("The user PIN is blocked for good: only initialising the device, which erases its keys, makes it usable.") :
			   _("The user PIN is blocked; its keys are still there. Whoever has the SO-PIN can unblock it."));
}

static void counters(struct detail *out, const struct fleet_device *d)
{
	detail_begin(out, _("What is left"));
	if (d->memory_free < 0)
		detail_fact(out, _("Free memory"), "%s", _("not known"));
	else if (d->memory_total <= 0)
		detail_bar(out, _("Free memory"), d->memory_free, 0, _("%.1f KiB free"), (double)d->memory_free / 1024);
	else
		detail_bar(out, _("Free memory"), d->memory_free, d->memory_total, _("%.1f of %ld KiB free"),
			   (double)d->memory_free / 1024, d->memory_total / 1024);
	user_pin(out, d);
	if (d->so_pin_tries < 0)
		detail_fact(out, _("SO-PIN"), "%s", _("not known"));
	else
		detail_bar(out, _("SO-PIN"), d->so_pin_tries, PIN_SO_TRIES, _("%d of %d tries left"), d->so_pin_tries, PIN_SO_TRIES);
	if (d->so_pin_tries == 0)
		detail_say(out, DETAIL_WARNING, "%s", _("The SO-PIN is blocked for good: the device can never be initialised or "
							"unblocked again. Its keys can be used as long as the user PIN is not blocked."));
	if (d->factory_so_pin)
		detail_say(out, DETAIL_WARNING, "%s", _("The SO-PIN is the factory's, which everybody knows: change it."));
}

/* --- DKEKs --- */

static void custody(struct detail *out, struct store *s, const uint8_t kcv[static STORE_KCV_LEN])
{
	struct dkek_row row;

	if (s == NULL || store_dkek_get(s, kcv, &row, NULL) != ST_OK)
		return;
	if (row.label[0] != '\0')
		detail_fact(out, _("Its name"), "%s", row.label);
	if (row.shares > 0)
		detail_fact(out, _("Its shares"), _("%u of %d are known to be kept"), row.shares_known, row.shares);
}

static void domain(struct detail *out, struct store *s, const struct domain_row *r, size_t n)
{
	char kcv[2 * STORE_KCV_LEN + 1] = "", name[60];

	(void)snprintf(name, sizeof(name), "%s", _("DKEK"));
	if (n > 1)
		(void)snprintf(name, sizeof(name), _("Key domain %u"), r->number);
	if (r->has_kcv)
		hex_upper(kcv, r->kcv, sizeof(r->kcv));
	if (r->present == STORE_UNKNOWN)
		detail_fact(out, name, "%s", _("not known"));
	else if (r->present == 0)
		detail_fact(out, name, "%s", _("none: no key in it can be backed up"));
	else if (r->exchanged)
		detail_fact(out, name, _("%s, agreed upon by devices (XKEK)"), r->has_kcv ? kcv : _("check value not known"));
	else if (r->missing > 0)
		detail_fact(out, name, translated_n("not complete: %d of %d shares is missing", "not complete: %d of %d shares are missing",
			    (unsigned long)r->missing), r->missing, r->shares);
	else
		detail_fact(out, name, translated_n("%s, made of %d share", "%s, made of %d shares", (unsigned long)r->shares),
			    r->has_kcv ? kcv : _("check value shown after login"), r->shares);
	if (!r->has_kcv)
		return;
	custody(out, s, r->kcv);
	(void)snprintf(name, sizeof(name), _("Check value of the DKEK"));
	detail_carry(out, name, kcv);
}

/* Without an inventory: as the fleet saw it. */
static struct domain_row seen(const struct fleet_device *d)
{
	struct domain_row r = { .present = d->dkek_shares == FLEET_UNKNOWN ? STORE_UNKNOWN : d->dkek, .shares = d->dkek_shares,
				.missing = d->dkek_missing };
	size_t n = 0;

	r.has_kcv = hex_parse(d->dkek_kcv, strlen(d->dkek_kcv), r.kcv, sizeof(r.kcv), &n) && n == sizeof(r.kcv);
	return r;
}

static void domains(struct detail *out, struct store *s, const struct fleet_device *d)
{
	struct domain_row *rows = NULL, own = seen(d);
	size_t n = 0;

	detail_begin(out, _("DKEK"));
	if (d->looked_at && !d->initialised) {
		detail_say(out, DETAIL_TEXT, "%s", _("None yet: it gets one when it is initialised."));
		return;
	}
	if (s != NULL && store_domains(s, d->serial, &rows, &n, NULL) != ST_OK)
		n = 0;
	for (size_t i = 0; i < n; i++)
		domain(out, s, &rows[i], n);
	if (n == 0)
		domain(out, s, &own, 1);
	free(rows);
}

/* --- where it comes from --- */

static void certificate(struct detail *out, const struct fleet_device *d)
{
	static const struct {
		enum detail_kind kind;
		const char *words;
	} said[] = {
		[DEVICE_PRODUCTION] = { DETAIL_GOOD, N_("Its certificate leads to a root of the maker: it is a genuine device.") },
		[DEVICE_TEST] = { DETAIL_WARNING, N_("It is one of the maker's test devices. No key that matters belongs on it.") },
		[DEVICE_UNKNOWN] = { DETAIL_TEXT, N_("The signatures are right, but the root is not known here: it is a simulated "
						     "device, or newer than this program.") },
		[DEVICE_BROKEN] = { DETAIL_WARNING, N_("A signature is wrong, or the issuer's certificate is missing. Nothing shows "
						       "that this device comes from its maker: do not trust it with a key.") },
	};
	char from[32], until[32];

	detail_begin(out, _("Device certificate"));
	if (d->trust < 0 || d->trust >= (int)(sizeof(said) / sizeof(said[0]))) {
		/* Of a device that is away nothing was kept: what it is worth shows when it signs for itself. */
		detail_fact(out, _("Trust"), "%s", d->state == FLEET_ABSENT ? _("not known: insert it") : _("not known yet"));
		return;
	}
	detail_fact(out, _("Trust"), "%s", device_trust_words((enum device_trust)d->trust));
	detail_say(out, said[d->trust].kind, "%s", translated(said[d->trust].words));
	detail_fact(out, _("Issuer"), "%s", known(d->issuer));
	detail_fact(out, _("Root"), "%s", known(d->root));
	detail_date(from, d->issued);
	detail_date(until, d->expires);
	detail_fact(out, _("Valid"), _("from %s to %s"), from, until);
}

/* --- times and runs --- */

/* Words for what is measured under this name: the procedure's, or the step's where there are several. NULL: not of this one. */
static const char *measured_by(const struct procedure *p, const char *name)
{
	const char *words = NULL;
	unsigned measures = 0;

	for (const struct step *step = p->steps; step != NULL && step->name != NULL; step++) {
		measures += step->usual != NULL;
		if (step->usual != NULL && strcmp(step->usual, name) == 0)
			words = translated(step->words);
	}
	if (words != NULL)
		return measures > 1 ? words : translated(p->title);
	for (const struct page *page = p->pages; page != NULL && page->name != NULL; page++) {
		if (page->work != NULL && page->work->usual != NULL && strcmp(page->work->usual, name) == 0)
			return translated(page->work->words);
	}
	return NULL;
}

/* What was measured under this name in the inventory, in words; one that no procedure has any more keeps its name. */
static void usual_words(const char *name, char out[static USUAL_WORDS_MAX])
{
	char kind[KEY_WORDS_MAX];
	struct keygen_params key;
	unsigned kib;

	(void)snprintf(out, USUAL_WORDS_MAX, "%.*s", USUAL_WORDS_MAX - 1, name);
	if (key_type_parse(name, &key, NULL) == ST_OK) {   /* key new */
		key_words(key.algorithm, key.bits, key.curve, kind);
		(void)snprintf(out, USUAL_WORDS_MAX, _("Make %s"), kind);
	} else if (sscanf(name, "random %u", &kib) == 1) {   /* random */
		(void)snprintf(out, USUAL_WORDS_MAX, _("Random bytes, up to %u KiB"), kib);
	}
	for (size_t i = 0; procedures[i] != NULL; i++) {
		const char *words = measured_by(procedures[i], name);

		if (words != NULL)
			(void)snprintf(out, USUAL_WORDS_MAX, "%s", words);
	}
}

static void usual(struct detail *out, struct store *s, const struct fleet_device *d)
{
	struct usual_row *rows = NULL;
	size_t n = 0;

	detail_begin(out, _("Usual times"));
	if (s == NULL || store_usuals(s, d->serial, &rows, &n, NULL) != ST_OK || n == 0)
		detail_say(out, DETAIL_TEXT, "%s", _("Nothing slow was done on it yet."));
	for (size_t i = 0; i < n; i++) {
		char name[USUAL_WORDS_MAX];

		usual_words(rows[i].name, name);
		if (rows[i].ms < 60000)
			detail_fact(out, name, translated_n("%.1f s, measured %u time", "%.1f s, measured %u times", rows[i].n),
				    (double)rows[i].ms / 1000, rows[i].n);
		else
			detail_fact(out, name,
				    translated_n("%lld min %02lld s, measured %u time", "%lld min %02lld s, measured %u times", rows[i].n),
				    (long long)rows[i].ms / 60000, (long long)rows[i].ms / 1000 % 60, rows[i].n);
	}
	free(rows);
}

static void open_runs(struct detail *out, struct store *s, const struct fleet_device *d)
{
	struct run_record *rows = NULL;
	char date[32];
	size_t n = 0;

	if (s == NULL || store_open_runs(s, d->serial, &rows, &n, NULL) != ST_OK || n == 0)
		return;
	detail_begin(out, _("Interrupted procedures"));
	for (size_t i = 0; i < n; i++) {
		const struct procedure *p = procedure_find(rows[i].procedure);

		detail_date(date, rows[i].started);
		detail_fact(out, date, "%s", p != NULL ? translated(p->title) : rows[i].procedure);
	}
	detail_say(out, DETAIL_WARNING, "%s", _("The main screen offers to take them up again."));
	run_records_free(rows, n);
}

void detail_of_device(struct store *s, const struct fleet_device *d, int64_t now, struct detail *ret)
{
	struct device_row row;
	bool is_known = s != NULL && d->serial[0] != '\0' && store_device_get(s, d->serial, &row, NULL) == ST_OK;

	(void)now;
	about(ret, d, is_known ? &row : NULL);
	counters(ret, d);
	domains(ret, s, d);
	open_runs(ret, s, d);
	certificate(ret, d);
	usual(ret, s, d);
	detail_journal(ret, s, d->serial, NULL);
	detail_carry(ret, _("Serial number"), d->serial);
}
