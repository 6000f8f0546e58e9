/* One key, one backup, one entry of the journal, in sentences. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/base/words.h"
#include "store/device.h"
#include "store/journal.h"
#include "store/key.h"
#include "tui/console/listed_screens.h"
#include "tui/console/stock.h"

#define NEAR 40      /* of a long list of devices or backups */

static struct screen *said_fault(struct ui *ui, struct prose *p, const struct fault *f)
{
	prose_done(p);
	ui_say_fault(ui, f);
	return NULL;
}

static struct screen *no_inventory(struct ui *ui)
{
	ui_say(ui, "There is no inventory, so that nothing more is known.");
	return NULL;
}

static const char *title_of(char out[static STORE_LABEL_MAX], const char *label)
{
	return label[0] != '\0' ? clean_text(out, STORE_LABEL_MAX, label) : _("(no label)");
}

static void add_value(struct prose *p, const char *name, const char *value)
{
	prose_add(p, PROSE_PLAIN, "%s", name);
	prose_add(p, PROSE_VALUE, "%s", value);
}

static void add_identity(struct prose *p, const struct key_identity *key)
{
	char hex[2 * STORE_SPKI_LEN + 1];

	hex_lower(hex, key->bytes, key->len);
	if (key->len == STORE_SPKI_LEN)
		add_value(p, _("SHA-256 of its public key (SubjectPublicKeyInfo):"), hex);
	else if (key->len == STORE_CMAC_LEN)
		add_value(p, _("Check value (AES-CMAC of 16 zero bytes):"), hex);
}

/* --- a key --- */

static enum status add_places(struct ui *ui, struct prose *p, const struct key_row *key, struct fault *f)
{
	struct object_row *o = NULL;
	size_t n = 0;
	const struct object_filter filter = { .key = &key->identity, .page = { NEAR, 0 } };
	enum status st = store_objects(ui->env->store, &filter, &o, &n, f);
	bool some = false;

	for (size_t i = 0; st == ST_OK && i < n; i++) {
		const struct fleet_device *d = fleet_by_serial(ui->fleet, o[i].serial);
		char serial[STORE_SERIAL_MAX];

		if (o[i].type != THING_KEY)
			continue;
		if (!some)
			prose_add(p, PROSE_PLAIN, "It is on these devices:");
		some = true;
		(void)clean_text(serial, sizeof(serial), o[i].serial);
		if (d != NULL && d->state == FLEET_HERE)
			prose_add(p, PROSE_ITEM, "%s (%s), which is plugged in, with key reference %d.", device_name(d), serial,
				  o[i].key_ref);
		else
			prose_add(p, PROSE_ITEM, "%s (%s), with key reference %d.", serial_name(ui, serial), serial, o[i].key_ref);
	}
	if (st == ST_OK && !some)
		prose_add(p, PROSE_PLAIN, "It is on no device that is known.");
	free(o);
	return st;
}

static void add_backup_line(struct ui *ui, struct prose *p, const struct backup_row *b)
{
	char made[20], proven[20], kcv[2 * STORE_KCV_LEN + 1];

	hex_upper(kcv, b->kcv, sizeof(b->kcv));
	(void)date_words(made, b->made_at > 0 ? b->made_at : b->added_at);
	(void)date_words(proven, b->proof_at);
	(void)ui;
	if (b->proof == PROOF_NONE || proven[0] == '\0')
		prose_add(p, PROSE_ITEM, "Backup %lld, made %s under the DKEK %s: not proven.", (long long)b->id, made, kcv);
	else
		prose_add(p, PROSE_ITEM, "Backup %lld, made %s under the DKEK %s: %s on %s.", (long long)b->id, made, kcv,
			  proof_name(b->proof), proven);
}

static enum status add_backups(struct ui *ui, struct prose *p, const struct key_row *key, struct fault *f)
{
	struct backup_row *b = NULL;
	size_t n = 0;
	const struct backup_filter filter = { .key = &key->identity, .page = { NEAR, 0 } };
	enum status st = store_backups(ui->env->store, &filter, &b, &n, f);

	if (st == ST_OK && n > 0)
		prose_add(p, PROSE_PLAIN, "These backups of it are known:");
	for (size_t i = 0; st == ST_OK && i < n; i++)
		add_backup_line(ui, p, &b[i]);
	if (st == ST_OK && key->backups > n)
		prose_add(p, PROSE_PLAIN, translated_n("%zu more, older, is known.", "%zu more, older ones, are known.", key->backups - n),
			  key->backups - n);
	free(b);
	return st;
}

struct screen *key_screen_new(struct ui *ui, int64_t number)
{
	struct prose p = { 0 };
	struct fault f = { 0 };
	struct key_row key;
	char label[STORE_LABEL_MAX], type[STORE_NAME_MAX], seen[20];

	if (ui->env->store == NULL)
		return no_inventory(ui);
	if (store_key_by_number(ui->env->store, number, &key, &f) != ST_OK)
		return said_fault(ui, &p, &f);
	key_type_words(key.algorithm, key.size, key.curve, type);
	if (type[0] != '\0')
		prose_add(&p, PROSE_PLAIN, "A key of the kind %s, known since %s.", type, date_words(seen, key.first_seen));
	else
		prose_add(&p, PROSE_PLAIN, "A key that has been known since %s.", date_words(seen, key.first_seen));
	if (key.backups == 0 && key.devices == 1)
		prose_add(&p, PROSE_WARNING, "It exists once and nowhere else. If that device is lost or breaks, the key is gone for good, "
			  "with everything that needs it. Plug the device in and back the key up.");
	else if (key.backups == 0)
		prose_add(&p, PROSE_WARNING, "No backup of it is known.");
	else if (key.proof < PROOF_OPENED)
		prose_add(&p, PROSE_WARNING, "None of its backups was ever opened or restored, so nobody knows yet that one works. Restore "
			  "one to another device that has the same DKEK: that proves it.");
	if (add_places(ui, &p, &key, &f) != ST_OK || add_backups(ui, &p, &key, &f) != ST_OK)
		return said_fault(ui, &p, &f);
	add_identity(&p, &key.identity);
	return text_screen_new(ui, title_of(label, key.label), &p);
}

/* --- a backup --- */

static void add_origin(struct ui *ui, struct prose *p, const struct backup_row *b)
{
	char made[20], device[STORE_SERIAL_MAX], file[STORE_PLACE_MAX];

	(void)date_words(made, b->made_at > 0 ? b->made_at : b->added_at);
	(void)clean_text(device, sizeof(device), b->device);
	if (b->made_at > 0 && device[0] != '\0')
		prose_add(p, PROSE_PLAIN, "Backup %lld, made on %s by the device %s (%s).", (long long)b->id, made,
			  serial_name(ui, device), device);
	else if (b->made_at > 0)
		prose_add(p, PROSE_PLAIN, "Backup %lld, made on %s. Which device made it is not known.", (long long)b->id, made);
	else
		prose_add(p, PROSE_PLAIN, "Backup %lld, taken into the inventory on %s. When it was made is not known.",
			  (long long)b->id, made);
	if (b->file[0] != '\0')
		prose_add(p, PROSE_PLAIN, "Its file was called %s, and has %zu bytes. The inventory keeps a copy.",
			  clean_text(file, sizeof(file), b->file), b->size_bytes);
}

static enum status add_takers(struct ui *ui, struct prose *p, const struct backup_row *b, struct fault *f)
{
	struct device_row *d = NULL;
	size_t n = 0;
	const struct device_filter filter = { .kcv = b->kcv, .page = { NEAR, 0 } };
	enum status st = store_devices(ui->env->store, &filter, &d, &n, f);

	if (st == ST_OK && n == 0)
		prose_add(p, PROSE_WARNING, "No device that is known has this DKEK. With all its shares it can be given to one: that "
			  "is a part of initialising a device.");
	else if (st == ST_OK)
		prose_add(p, PROSE_PLAIN, "These devices have the same DKEK and could take it:");
	for (size_t i = 0; st == ST_OK && i < n; i++) {
		const struct fleet_device *now = fleet_by_serial(ui->fleet, d[i].serial);

		if (now != NULL && !fleet_can_hold(now, b->algorithm, b->size))
			prose_add(p, PROSE_ITEM, "%s (%s), but its firmware has no keys of this kind.", device_name(now), now->serial);
		else if (now != NULL && now->state == FLEET_HERE)
			prose_add(p, PROSE_ITEM, "%s (%s), which is plugged in.", device_name(now), now->serial);
		else if (now != NULL)
			prose_add(p, PROSE_ITEM, "%s (%s).", device_name(now), now->serial);
	}
	free(d);
	return st;
}

static enum status add_proofs(struct ui *ui, struct prose *p, const struct backup_row *b, struct fault *f)
{
	struct proof_row *proof = NULL;
	size_t n = 0;
	enum status st = store_proofs(ui->env->store, b->id, &proof, &n, f);

	if (st == ST_OK && n == 0)
		prose_add(p, PROSE_WARNING, "Nothing was proven about it yet: restore it to a second device to know that it works.");
	else if (st == ST_OK)
		prose_add(p, PROSE_PLAIN, "What was proven about it:");
	for (size_t i = 0; st == ST_OK && i < n; i++) {
		char at[20], device[STORE_SERIAL_MAX];

		(void)minute_words(at, proof[i].at);
		(void)clean_text(device, sizeof(device), proof[i].device);
		if (device[0] != '\0')
			prose_add(p, PROSE_ITEM, "%s UTC: %s, on %s.", at, proof_name(proof[i].level), serial_name(ui, device));
		else
			prose_add(p, PROSE_ITEM, "%s UTC: %s.", at, proof_name(proof[i].level));
	}
	free(proof);
	return st;
}

struct screen *backup_screen_new(struct ui *ui, int64_t number)
{
	struct prose p = { 0 };
	struct fault f = { 0 };
	struct backup_row *b = calloc(1, sizeof(*b));
	char label[STORE_LABEL_MAX], hex[65];
	struct screen *s = NULL;

	if (ui->env->store == NULL || b == NULL) {
		free(b);
		return no_inventory(ui);
	}
	if (store_backup_get(ui->env->store, number, b, &f) != ST_OK) {
		free(b);
		return said_fault(ui, &p, &f);
	}
	add_origin(ui, &p, b);
	if (add_proofs(ui, &p, b, &f) == ST_OK && add_takers(ui, &p, b, &f) == ST_OK) {
		hex_upper(hex, b->kcv, sizeof(b->kcv));
		add_value(&p, _("Check value of its DKEK:"), hex);
		add_identity(&p, &b->key);
		hex_lower(hex, b->sha256, sizeof(b->sha256));
		add_value(&p, _("SHA-256 of the file:"), hex);
		s = text_screen_new(ui, title_of(label, b->label), &p);
	} else {
		(void)said_fault(ui, &p, &f);
	}
	free(b);
	return s;
}

/* --- an entry of the journal --- */

static void add_entry(struct ui *ui, struct prose *p, const struct journal_row *e)
{
	char at[20], words[JOURNAL_TEXT_MAX], hex[65];

	(void)ui;
	prose_add(p, PROSE_PLAIN, "%s UTC", minute_words(at, e->at));
	prose_add(p, PROSE_PLAIN, "%s", clean_text(words, sizeof(words), e->text));
	if (e->device[0] != '\0') {
		char serial[STORE_SERIAL_MAX];

		(void)clean_text(serial, sizeof(serial), e->device);
		prose_add(p, PROSE_PLAIN, "Device: %s (%s).", serial_name(ui, serial), serial);
	}
	if (e->person[0] != '\0')
		prose_add(p, PROSE_PLAIN, "Person: %s.", clean_text(words, sizeof(words), e->person));
	prose_add(p, PROSE_PLAIN, "Its code, for programs: %s.", clean_text(words, sizeof(words), e->what));
	add_identity(p, &e->key);
	hex_lower(hex, e->hash, sizeof(e->hash));
	add_value(p, _("Hash of this entry:"), hex);
	hex_lower(hex, e->before, sizeof(e->before));
	add_value(p, _("Hash of the entry before:"), hex);
}

struct screen *entry_screen_new(struct ui *ui, int64_t number)
{
	struct prose p = { 0 };
	struct fault f = { 0 };
	struct journal_row *e = NULL;
	char title[80];
	size_t n = 0;

	if (ui->env->store == NULL)
		return no_inventory(ui);
	if (store_journal_list(ui->env->store, &(struct journal_filter){ .number = number, .page = { 1, 0 } }, &e, &n, &f) != ST_OK)
		return said_fault(ui, &p, &f);
	if (n == 1)
		add_entry(ui, &p, &e[0]);
	free(e);
	if (n != 1) {
		prose_done(&p);
		ui_say(ui, "This entry is not in the journal any more.");
		return NULL;
	}
	(void)snprintf(title, sizeof(title), _("Entry %lld of the journal"), (long long)number);
	return text_screen_new(ui, title, &p);
}
