/* What something that needs doing means, and what would mend it where nothing that is here can. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/base/text.h"
#include "engine/base/words.h"
#include "engine/card/firmware.h"
#include "store/backup.h"
#include "store/dkek.h"
#include "tui/wizard/fleet_inside.h"
#include "tui/wizard/prose.h"
#include "tui/wizard/wizard.h"

#define DEVICES_SAID 20   /* of those that are meant */
#define DKEKS_SAID 4
#define TAKERS_SAID 4

static const char *const meanings[ATTENTION_KINDS] = {
	[READ_ONLY] = N_("Nothing that is done now is written down: not in the journal, and not which keys have a backup. Give "
			 "yourself the file, or make its disk writable."),
	[INTERRUPTED] = N_("This program does not know the procedure: a newer one began it, and can take it up again."),
	[NOT_GENUINE] = N_("A signature is wrong, or the issuer's certificate is missing. Nothing shows that this device comes "
			   "from its maker: do not trust it with a key."),
	[FACTORY_SO_PIN_AWAY] = N_("Everybody knows it. Change it, or whoever finds the device can erase it and unblock its user "
				   "PIN."),
	[SHARES_MISSING_AWAY] = N_("Its initialisation was not finished: until all its DKEK shares are in, no key on it can be "
				   "backed up, and none can be restored to it."),
	[SO_PIN_LOW] = N_("When none is left, the SO-PIN is blocked for good: then the device can never be initialised or "
			  "unblocked again. Enter the SO-PIN only where you have it before you in writing."),
	[PIN_DEAD] = N_("Only initialising the device, which erases its keys, makes it usable. Those of which there is a backup can be "
			"restored then."),
	[PIN_BLOCKED_AWAY] = N_("Whoever has the SO-PIN can unblock it."),
	[PIN_LAST_TRY] = N_("One more wrong entry blocks the user PIN for good. A right one gives all tries back."),
	[PIN_LAST_TRY_AWAY] = N_("One more wrong entry blocks the user PIN. A right one gives all tries back, and whoever has "
				 "the SO-PIN can give them back too."),
	[NO_BACKUP_AWAY] = N_("A key that is on one device and in no backup is lost for good when that device is lost or breaks."),
	[CERTIFICATE_ENDS] = N_("It is of an authority whose key is not on this device. Get its new certificate, and import it "
				"as one that belongs to no key on this device."),
	[CERTIFICATE_ENDS_AWAY] = N_("What a key signs is not accepted any more when its certificate has ended. Have a new "
				     "certificate made for it, and import that."),
	[NOT_PROVEN] = N_("A key in a backup that was never proven may turn out to be lost when it is needed. Restoring the "
			  "backup to another device with the same DKEK, which does not have the key yet, proves it."),
	[WEAK_KEY_AWAY] = N_("Make a new key, on this device or another one, and have it certified where that is needed. Delete "
			     "the weak one when nothing uses it any more."),
	[OLD_FIRMWARE] = N_("The firmware of a device cannot be replaced. Initialise a newer device with the same DKEK shares, "
			    "and restore the keys there."),
	[SO_PIN_DEAD] = N_("The device can never be initialised or unblocked again. Its keys can be used as long as the user PIN is "
			   "not blocked."),
	[NEVER_INITIALISED] = N_("Its SO-PIN is blocked for good, so that it can never be initialised: it is of no use."),
	[NO_DKEK] = N_("It has no DKEK, so that no key can leave it, not even as a backup. A key that must not be lost belongs on a "
		       "device that has a DKEK: make a new one there."),
};

/* What has no meaning of its own has that of this kind. */
static const enum attention_kind like[ATTENTION_KINDS] = {
	[SO_PIN_LOW_AWAY] = SO_PIN_LOW, [NOT_PROVEN_AWAY] = NOT_PROVEN, [NOT_PROVEN_NOWHERE] = NOT_PROVEN,
	[OLD_FIRMWARE_AWAY] = OLD_FIRMWARE, [SO_PIN_DEAD_AWAY] = SO_PIN_DEAD, [NO_DKEK_AWAY] = NO_DKEK,
	[NO_BACKUP] = NO_BACKUP_AWAY, [PIN_BLOCKED_NOW] = PIN_BLOCKED_AWAY,
	[WEAK_KEY] = WEAK_KEY_AWAY, [SHARES_MISSING] = SHARES_MISSING_AWAY,
};

/* --- devices --- */

static const char *name_of(const struct fleet_device *d)
{
	return d->label[0] != '\0' ? d->label : d->serial;
}

/* Where it is kept, clean; "" where nobody said so. */
static void kept_at(struct fleet *fl, const struct fleet_device *d, char out[static STORE_PLACE_MAX])
{
	struct device_row row;

	out[0] = '\0';
	if (fl->store != NULL && store_device_get(fl->store, d->serial, &row, NULL) == ST_OK)
		text_clean(out, STORE_PLACE_MAX, row.kept, strlen(row.kept));
}

static void say_where(struct fleet *fl, const struct fleet_device *d, struct prose *out)
{
	char seen[11], kept[STORE_PLACE_MAX];

	attention_day(d->last_seen, seen);
	kept_at(fl, d, kept);
	if (kept[0] != '\0')
		prose_add(out, PROSE_ITEM, "%s (%s), last seen on %s, kept at: %s", name_of(d), d->serial, seen, kept);
	else
		prose_add(out, PROSE_ITEM, "%s (%s), last seen on %s", name_of(d), d->serial, seen);
}

/* Those that are away and meant: all of them are counted, not all of them said. */
struct meant {
	const struct fleet_device *d[DEVICES_SAID];
	size_t n;
};

static void mean(struct meant *m, const struct fleet_device *d)
{
	if (m->n < DEVICES_SAID)
		m->d[m->n] = d;
	m->n++;
}

static void meant_by(struct fleet *fl, const struct fleet_attention *a, struct meant *m)
{
	CLEANUP(away_index_done) struct away_index x = { 0 };
	const struct away *found = fl->away.found;
	const struct fleet_device *d;

	if (a->serial[0] != '\0') {
		if ((d = fleet_by_serial(fl, a->serial)) != NULL)
			mean(m, d);
		return;
	}
	for (size_t i = 0; i < fl->n; i++) {
		if (fl->e[i]->d.state == FLEET_ABSENT && attention_of_device(fl, &fl->e[i]->d, (enum attention_kind)a->rank))
			mean(m, &fl->e[i]->d);
	}
	if (found == NULL || !away_index_of(fl, &x))
		return;
	for (size_t i = 0; i < found->n; i++) {
		if (attention_kind_of(&x, &found->row[i], &d) == (enum attention_kind)a->rank && d != NULL)
			mean(m, d);
	}
}

/* Nothing mends these, wherever the device is. */
static bool is_for_good(enum attention_kind kind)
{
	return kind == SO_PIN_LOW_AWAY || kind == OLD_FIRMWARE_AWAY || kind == SO_PIN_DEAD_AWAY || kind == NO_DKEK_AWAY;
}

static void say_devices(struct fleet *fl, enum attention_kind kind, const struct meant *m, struct prose *out)
{
	const struct procedure *forget = procedure_called("inventory forget");

	if (m->n == 0)
		return;
	if (is_for_good(kind))
		prose_add(out, PROSE_PLAIN, translated_n("It is this device:", "It is these devices:", m->n));
	else if (m->n == 1)
		prose_add(out, PROSE_PLAIN, "Insert this device: what needs doing on it then leads to what mends it.");
	else
		prose_add(out, PROSE_PLAIN, "Insert these devices, one after the other: what needs doing on each then leads to "
			  "what mends it.");
	for (size_t i = 0; i < m->n && i < DEVICES_SAID; i++)
		say_where(fl, m->d[i], out);
	if (m->n > DEVICES_SAID)
		prose_add(out, PROSE_PLAIN, translated_n("%zu more device is meant; the list of devices shows it.",
							 "%zu more devices are meant; the list of devices shows them.",
							 m->n - DEVICES_SAID), m->n - DEVICES_SAID);
	if (forget != NULL)
		prose_add(out, PROSE_PLAIN, "A device that is gone for good is taken out of the inventory by \"%s\", which stands "
			  "among all procedures.", translated(forget->title));
}

/* --- who has the shares of a DKEK --- */

static void join(char *out, size_t cap, const char *name)
{
	size_t n = strlen(out);

	if (name[0] != '\0' && n + 3 < cap)
		(void)snprintf(out + n, cap - n, "%s%s", n > 0 ? ", " : "", name);
}

static void say_share(struct store *s, const struct share_row *r, struct prose *out)
{
	struct part_row *parts = NULL;
	char names[600] = "";
	const char *what = strcmp(r->form, "sheet") == 0 ? _("a sheet of paper") : r->file;
	size_t n = 0;

	if (r->threshold > 0 && store_parts(s, r->id, &parts, &n, NULL) == ST_OK) {
		for (size_t i = 0; i < n; i++)
			join(names, sizeof(names), parts[i].gone_at <= 0 ? parts[i].custodian : "");
		free(parts);
	}
	if (r->threshold > 0 && names[0] != '\0')
		prose_add(out, PROSE_ITEM, "%s, opened by any %d of: %s", what, r->threshold, names);
	else if (r->custodian[0] != '\0' && r->place[0] != '\0')
		prose_add(out, PROSE_ITEM, "%s, with %s, kept at: %s", what, r->custodian, r->place);
	else if (r->custodian[0] != '\0')
		prose_add(out, PROSE_ITEM, "%s, with %s", what, r->custodian);
	else if (r->place[0] != '\0')
		prose_add(out, PROSE_ITEM, "%s, kept at: %s", what, r->place);
	else
		prose_add(out, PROSE_ITEM, "%s; it is not known who has it", what);
}

static void say_shares(struct store *s, const char *hex, struct prose *out)
{
	struct share_row *rows = NULL;
	uint8_t kcv[STORE_KCV_LEN];
	size_t n = 0, kept = 0;

	if (s == NULL || !hex_parse(hex, strlen(hex), kcv, sizeof(kcv), &n) || n != sizeof(kcv))
		return;
	n = 0;
	if (store_shares(s, kcv, (struct store_page){ 0 }, &rows, &n, NULL) != ST_OK)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].gone_at > 0)
			continue;
		if (kept++ == 0)
			prose_add(out, PROSE_PLAIN, "The shares of the DKEK %s, as far as it is known who has them:", hex);
		say_share(s, &rows[i], out);
	}
	if (kept == 0)
		prose_add(out, PROSE_PLAIN, "Who has the shares of the DKEK %s is not known.", hex);
	free(rows);
}

/* --- proving a backup --- */

static bool is_among(const struct object_row *rows, size_t n, const char *serial)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i].serial, serial) == 0)
			return true;
	}
	return false;
}

/* Could a backup be restored to it as soon as it is here? */
static bool takes(const struct fleet_device *d, const char *hex)
{
	return d->state == FLEET_ABSENT && strcmp(d->dkek_kcv, hex) == 0 && d->dkek_missing == 0 && d->pin_tries != 0 &&
	       !attention_is_old(d);
}

/* Devices that are away, have this DKEK, and not the key. */
static void say_takers(struct fleet *fl, const char *hex, const struct object_row *on, size_t n_on, struct prose *out)
{
	unsigned said = 0;

	for (size_t i = 0; i < fl->n && said < TAKERS_SAID; i++) {
		const struct fleet_device *d = &fl->e[i]->d;

		if (!takes(d, hex) || is_among(on, n_on, d->serial))
			continue;
		if (said++ == 0)
			prose_add(out, PROSE_PLAIN, "Insert one of these devices, which have the DKEK %s, and restore the backup there:", hex);
		say_where(fl, d, out);
	}
	for (size_t i = 0; i < fl->n; i++) {
		const struct fleet_device *d = &fl->e[i]->d;

		if (d->state == FLEET_HERE && d->looked_at && !d->initialised && d->so_pin_tries != 0) {
			prose_add(out, PROSE_PLAIN, "%s is here and was never initialised: initialise it with the shares of that "
				  "DKEK, and restore the backup there.", name_of(d));
			return;
		}
	}
	prose_add(out, PROSE_PLAIN, said > 0 ? N_("Or insert a new device, initialise it with the shares of that DKEK, and "
						  "restore the backup there.") :
					       N_("Insert another device, initialise it with the shares of the same DKEK, and "
						  "restore the backup there."));
}

/* The first key on it that is meant, and under which DKEK its newest backup is. */
static bool unproven_on(struct fleet *fl, struct entry *e, struct key_identity *ret, char hex[static 2 * STORE_KCV_LEN + 1])
{
	const struct backup_filter filter = { .key = ret, .page = { .limit = 1 } };
	struct backup_row *rows = NULL;
	size_t n = 0;

	if (fl->store == NULL || known_load_objects(fl, e, NULL) != ST_OK)
		return false;
	for (size_t i = 0; i < e->n_objects && n == 0; i++) {
		const struct fleet_object *o = &e->objects[i];

		if (attention_is_unproven(o) && attention_identity(o, ret) && store_backups(fl->store, &filter, &rows, &n, NULL) != ST_OK)
			return false;
	}
	if (n > 0)
		hex_upper(hex, rows[0].kcv, STORE_KCV_LEN);
	free(rows);
	return n > 0;
}

static void say_proving_of(struct fleet *fl, struct entry *e, struct prose *out)
{
	struct key_identity key = { 0 };
	const struct object_filter filter = { .key = &key };
	struct object_row *on = NULL;
	char hex[2 * STORE_KCV_LEN + 1];
	size_t n = 0;

	if (!unproven_on(fl, e, &key, hex) || store_objects(fl->store, &filter, &on, &n, NULL) != ST_OK)
		return;
	say_takers(fl, hex, on, n, out);
	free(on);
	say_shares(fl->store, hex, out);
}

static void say_proving(struct fleet *fl, const struct fleet_attention *a, const struct meant *m, struct prose *out)
{
	struct entry *e = attention_entry(fl, a->serial);
	unsigned said = 0;

	if (e != NULL) {
		say_proving_of(fl, e, out);
		return;
	}
	prose_add(out, PROSE_PLAIN, "Insert a device with that DKEK, or initialise a new one with its shares, and restore the "
		  "backups there. The screen of backups says of each under which DKEK it is, and which devices could take it.");
	if (m->n > 0)
		prose_add(out, PROSE_PLAIN, "The keys are on these devices:");
	for (size_t i = 0; i < m->n && i < DEVICES_SAID; i++)
		say_where(fl, m->d[i], out);
	for (size_t i = 0; i < m->n && i < DEVICES_SAID && said < DKEKS_SAID; i++) {
		bool before = false;

		for (size_t k = 0; k < i; k++)
			before |= strcmp(m->d[k]->dkek_kcv, m->d[i]->dkek_kcv) == 0;
		if (before || m->d[i]->dkek_kcv[0] == '\0')
			continue;
		said++;
		say_shares(fl->store, m->d[i]->dkek_kcv, out);
	}
}

/* --- all of it --- */

static void say_firmware(const struct fleet_device *d, struct prose *out)
{
	const struct firmware *fw = d->fw_major >= 0 ? firmware_of((unsigned)d->fw_major, (unsigned)d->fw_minor) : NULL;

	if (fw != NULL && fw->means != NULL)
		prose_add(out, PROSE_PLAIN, "%s", translated(fw->means));
	if (d->factory_so_pin && !attention_can_change_so_pin(d))
		prose_add(out, PROSE_WARNING, "Its SO-PIN is the factory's, which everybody knows.");
}

static bool is_dead(const struct fleet_device *d)
{
	return d != NULL && d->so_pin_tries == 0;
}

void fleet_attention_text(struct fleet *fl, const struct fleet_attention *a, struct prose *out)
{
	const enum attention_kind kind = (enum attention_kind)a->rank;
	const char *meaning = meanings[kind] != NULL || like[kind] == READ_ONLY ? meanings[kind] : meanings[like[kind]];
	struct meant meant = { .n = 0 };

	prose_add(out, a->urgency == FLEET_NOTE ? PROSE_PLAIN : PROSE_WARNING, "%s", a->words);
	if (a->away)
		meant_by(fl, a, &meant);
	if ((kind == OLD_FIRMWARE || kind == OLD_FIRMWARE_AWAY) && a->serial[0] != '\0' && fleet_by_serial(fl, a->serial) != NULL)
		say_firmware(fleet_by_serial(fl, a->serial), out);
	if (kind == PIN_DEAD && is_dead(fleet_by_serial(fl, a->serial)))
		meaning = N_("Neither of its PINs can be entered any more, and it can never be initialised. What is on it is "
			     "lost but for the keys of which there is a backup: restore those to another device.");
	if (meaning != NULL)
		prose_add(out, PROSE_PLAIN, "%s", translated(meaning));
	if (kind == NOT_PROVEN || kind == NOT_PROVEN_AWAY || kind == NOT_PROVEN_NOWHERE)
		say_proving(fl, a, &meant, out);
	else
		say_devices(fl, kind, &meant, out);
}
