/*
 * make_inventory FILE [DEVICES KEYS BACKUPS]: an inventory as big as DESIGN.md promises to be quick with, written in one
 * transaction through the same functions that Keyroom uses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "store/backup.h"
#include "store/device.h"
#include "store/dkek.h"
#include "store/journal.h"
#include "store/key.h"

#define T0 INT64_C(1700000000)
#define DKEKS 40

static const char *const places[] = { "Berlin", "Hamburg", "Munich", "Cologne", "Leipzig", "Dresden", "Bremen" };
static const char *const uses[] = { "Root CA", "Issuing CA", "Code signing", "Time stamp", "SSH host CA", "OCSP" };

struct size {
	unsigned devices, keys, backups;
};

static void kcv_of(unsigned i, uint8_t kcv[static STORE_KCV_LEN])
{
	uint8_t hash[32];

	SHA256((const uint8_t *)&i, sizeof(i), hash);
	memcpy(kcv, hash, STORE_KCV_LEN);
}

static struct key_identity identity_of(unsigned key)
{
	struct key_identity k = { .len = STORE_SPKI_LEN };
	unsigned seed[2] = { key, 77 };

	SHA256((const uint8_t *)seed, sizeof(seed), k.bytes);
	return k;
}

static void serial_of(unsigned i, char out[static STORE_SERIAL_MAX])
{
	snprintf(out, STORE_SERIAL_MAX, "DENK%07u", 100000 + i);
}

static void label_of(unsigned key, char out[static STORE_LABEL_MAX])
{
	snprintf(out, STORE_LABEL_MAX, "%s %s %u no. %u", uses[key % 6], places[key / 6 % 7], 2010 + key % 17, key);
}

/* Each key is on one device, and every seventh on the next one too. */
static enum status add_objects(struct store *s, unsigned device, const char *serial, const struct size *size, struct fault *f)
{
	unsigned per = size->keys / size->devices, n = 0;
	struct object_row *rows = calloc(2 * per + 1, sizeof(*rows));
	enum status st;

	if (rows == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	for (unsigned i = 0; i < 2 * per; i++) {
		unsigned key = (device * per + i) % size->keys;
		struct object_row *o = &rows[n];

		if (i >= per && key % 7 != 0)
			continue;
		*o = (struct object_row){ .type = THING_KEY, .fid = 0xcc00 + n + 1, .key_ref = (int)n + 1, .domain = 0,
					  .use_counter = STORE_UNKNOWN, .not_after = STORE_UNKNOWN, .size = 256 };
		o->key = identity_of(key);
		o->id_len = 20;
		memcpy(o->id, o->key.bytes, 20);
		label_of(key, o->label);
		snprintf(o->algorithm, sizeof(o->algorithm), "ec");
		snprintf(o->curve, sizeof(o->curve), "secp256r1");
		n++;
	}
	st = store_objects_sync(s, serial, rows, n, T0 + device, f);
	free(rows);
	return st;
}

static enum status add_device(struct store *s, unsigned i, const struct size *size, struct fault *f)
{
	struct device_row d = DEVICE_ROW_UNKNOWN;
	struct domain_row dom = { .present = 1, .shares = 3, .missing = 0, .has_kcv = true };
	enum status st;

	serial_of(i, d.serial);
	snprintf(d.label, sizeof(d.label), "%s hsm %u", places[i % 7], i);
	d.initialised = 1;
	d.fw_major = 3;
	d.fw_minor = 6;
	kcv_of(i % DKEKS, dom.kcv);
	if ((st = store_device_seen(s, &d, T0 + i, f)) != ST_OK || (st = store_domain_seen(s, d.serial, &dom, T0 + i, f)) != ST_OK)
		return st;
	return add_objects(s, i, d.serial, size, f);
}

static enum status add_backup(struct store *s, unsigned i, const struct size *size, struct fault *f)
{
	unsigned key = i % (size->keys - size->keys / 50);   /* one in fifty has none */
	struct backup_row b = { .size = 256, .made_at = T0 + i };
	uint8_t blob[96] = { 0 };
	int64_t id = 0;
	enum status st;

	b.key = identity_of(key);
	memcpy(blob, &i, sizeof(i));
	memcpy(blob + 4, b.key.bytes, 32);
	SHA256(blob, sizeof(blob), b.sha256);
	memcpy(b.blob_sha256, b.sha256, 32);
	kcv_of(key / (size->keys / size->devices) % DKEKS, b.kcv);
	serial_of(key / (size->keys / size->devices), b.device);
	label_of(key, b.label);
	b.cka_id_len = 20;
	memcpy(b.cka_id, b.key.bytes, 20);
	snprintf(b.algorithm, sizeof(b.algorithm), "ec");
	snprintf(b.curve, sizeof(b.curve), "secp256r1");
	snprintf(b.form, sizeof(b.form), "sc-hsm-tool");
	snprintf(b.file, sizeof(b.file), "%08x.wky", i);
	if ((st = store_backup_add(s, &b, blob, sizeof(blob), T0 + i, &id, f)) != ST_OK)
		return st;
	return i % 3 == 0 ? store_backup_prove(s, id, PROOF_OPENED, NULL, T0 + i, f) : ST_OK;
}

static enum status fill(struct store *s, const struct size *size, struct fault *f)
{
	STORE_TXN t = { 0 };
	enum status st = store_begin(s, &t, f);

	for (unsigned i = 0; st == ST_OK && i < size->devices; i++)
		st = add_device(s, i, size, f);
	for (unsigned i = 0; st == ST_OK && i < size->backups; i++)
		st = add_backup(s, i, size, f);
	for (unsigned i = 0; st == ST_OK && i < 10000; i++) {
		const struct key_identity key = identity_of(i);
		char serial[STORE_SERIAL_MAX], label[STORE_LABEL_MAX], text[STORE_LABEL_MAX + 40];

		serial_of(i % size->devices, serial);
		label_of(i, label);
		snprintf(text, sizeof(text), "The key %s was made.", label);
		st = store_journal(s, &(struct journal_entry){ .at = T0 + i, .what = "bench", .text = text, .device = serial,
							       .key = &key, .person = places[i % 7] }, f);
	}
	return st == ST_OK ? store_commit(&t, f) : st;
}

static unsigned argument(char **argv, int i, int argc, unsigned otherwise)
{
	return i < argc ? (unsigned)strtoul(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	const struct size size = { argument(argv, 2, argc, 1000), argument(argv, 3, argc, 60000), argument(argv, 4, argc, 180000) };
	CLEANUP(store_close_guard) struct store *s = NULL;
	struct fault f = { 0 };

	if (argc < 2 || size.devices == 0 || size.keys / size.devices == 0 || size.keys < 50) {
		fprintf(stderr, "usage: make_inventory FILE [DEVICES KEYS BACKUPS]\n");
		return 2;
	}
	if (store_open(argv[1], 0, &s, &f) != ST_OK || fill(s, &size, &f) != ST_OK) {
		fprintf(stderr, "%s\n", f.what);
		return 1;
	}
	return 0;
}
