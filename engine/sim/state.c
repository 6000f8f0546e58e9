/*
 * The card's bytes: a version, then fields in the order below, each of fixed size or behind its length. Only this
 * program writes them, and disk.c guards them with a digest, so reading is strict: any surprise means damage.
 */
#include "engine/sim/state.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "engine/sim/digest.h"

#define STATE_VERSION 1
#define FILE_OVERHEAD 16
#define KEY_OVERHEAD 32

void sim_key_done(struct sim_key *k)
{
	buf_done(&k->parts);
	explicit_bzero(k, sizeof(*k));
}

void sim_state_done(struct sim_state *s)
{
	for (size_t i = 0; i < s->files_n; i++)
		buf_done(&s->files[i].data);
	for (size_t i = 0; i < s->keys_n; i++)
		buf_done(&s->keys[i].parts);
	for (size_t i = 0; i < s->pka_n; i++)
		buf_done(&s->pka[i].point);
	explicit_bzero(s, sizeof(*s));
}

struct sim_file *sim_file_find(struct sim_state *s, uint16_t fid)
{
	for (size_t i = 0; i < s->files_n; i++) {
		if (s->files[i].fid == fid)
			return &s->files[i];
	}
	return NULL;
}

struct sim_file *sim_file_add(struct sim_state *s, uint16_t fid)
{
	struct sim_file *file;

	if (s->files_n == SIM_FILES_MAX)
		return NULL;
	file = &s->files[s->files_n++];
	*file = (struct sim_file){ .fid = fid };
	return file;
}

void sim_file_remove(struct sim_state *s, uint16_t fid)
{
	struct sim_file *file = sim_file_find(s, fid);

	if (file == NULL)
		return;
	buf_done(&file->data);
	s->files_n--;
	memmove(file, file + 1, (size_t)(&s->files[s->files_n] - file) * sizeof(*file));
	s->files[s->files_n] = (struct sim_file){ 0 };
}

struct sim_key *sim_key_find(struct sim_state *s, uint8_t ref)
{
	for (size_t i = 0; i < s->keys_n; i++) {
		if (s->keys[i].ref == ref)
			return &s->keys[i];
	}
	return NULL;
}

void sim_key_put(struct sim_state *s, struct sim_key *key)
{
	struct sim_key *old = sim_key_find(s, key->ref);
	size_t at = 0;

	if (old == NULL) {
		while (at < s->keys_n && s->keys[at].ref < key->ref)
			at++;
		memmove(&s->keys[at + 1], &s->keys[at], (s->keys_n - at) * sizeof(*key));
		s->keys_n++;   /* references are one byte, so there is always room */
		old = &s->keys[at];
	} else {
		sim_key_done(old);
	}
	*old = *key;
	key->parts = (struct buf){ 0 };
}

void sim_key_remove(struct sim_state *s, uint8_t ref)
{
	struct sim_key *key = sim_key_find(s, ref);

	if (key == NULL)
		return;
	sim_key_done(key);
	s->keys_n--;
	memmove(key, key + 1, (size_t)(&s->keys[s->keys_n] - key) * sizeof(*key));
	s->keys[s->keys_n] = (struct sim_key){ 0 };
}

struct cur sim_key_part(const struct sim_key *k, unsigned i)
{
	struct cur c = buf_view(&k->parts), part = { 0 };
	uint16_t n;

	do {
		if (!cur_u16(&c, &n) || !cur_take(&c, n, &part))
			return (struct cur){ 0 };
	} while (i-- > 0);
	return part;
}

void sim_put_part(struct buf *b, const void *p, size_t n)
{
	buf_u16(b, (uint16_t)n);
	buf_put(b, p, n);
}

size_t sim_cost_file(size_t n)
{
	return n + FILE_OVERHEAD;
}

size_t sim_cost_key(const struct sim_key *k)
{
	return k->parts.n + KEY_OVERHEAD;
}

size_t sim_memory_free(const struct sim_state *s)
{
	size_t used = 0;

	for (size_t i = 0; i < s->files_n; i++)
		used += sim_cost_file(s->files[i].data.n);
	for (size_t i = 0; i < s->keys_n; i++)
		used += sim_cost_key(&s->keys[i]);
	return used < s->memory ? s->memory - used : 0;
}

bool sim_pin_set(struct sim_pin *p, struct cur pin, uint8_t tries_max)
{
	struct sim_pin fresh = { .len = (uint8_t)pin.n, .tries = tries_max, .tries_max = tries_max };

	if (RAND_bytes(fresh.salt, sizeof(fresh.salt)) != 1 ||
	    !sim_sha256(fresh.hash, cur_of(fresh.salt, sizeof(fresh.salt)), pin))
		return false;
	*p = fresh;
	return true;
}

bool sim_pin_matches(const struct sim_pin *p, struct cur pin)
{
	uint8_t hash[32];

	return p->len > 0 && pin.n == p->len && sim_sha256(hash, cur_of(p->salt, sizeof(p->salt)), pin) &&
	       CRYPTO_memcmp(hash, p->hash, sizeof(hash)) == 0;
}

bool sim_domain_settle(struct sim_domain *d)
{
	static const uint8_t one[] = { 0, 0, 0, 1 }, two[] = { 0, 0, 0, 2 };
	struct cur dkek = cur_of(d->sum, sizeof(d->sum));
	uint8_t hash[32];
	bool done;

	done = sim_sha256(hash, dkek, cur_of(NULL, 0)) && sim_sha256(d->enc, dkek, cur_of(one, sizeof(one))) &&
	       sim_sha256(d->mac, dkek, cur_of(two, sizeof(two)));
	memcpy(d->kcv, hash, sizeof(d->kcv));
	explicit_bzero(hash, sizeof(hash));
	explicit_bzero(d->sum, sizeof(d->sum));
	return done;
}

static void put_u32(struct buf *b, uint32_t v)
{
	buf_u16(b, (uint16_t)(v >> 16));
	buf_u16(b, (uint16_t)v);
}

static void put_long(struct buf *b, const struct buf *data)
{
	put_u32(b, (uint32_t)data->n);
	buf_put(b, data->p, data->n);
}

static void put_pin(struct buf *b, const struct sim_pin *p)
{
	buf_u8(b, p->len);
	buf_u8(b, p->tries);
	buf_u8(b, p->tries_max);
	buf_put(b, p->salt, sizeof(p->salt));
	buf_put(b, p->hash, sizeof(p->hash));
}

static void put_domain(struct buf *b, const struct sim_domain *d)
{
	buf_u8(b, d->open);
	buf_u8(b, d->total);
	buf_u8(b, d->missing);
	buf_put(b, d->sum, sizeof(d->sum));
	buf_put(b, d->kcv, sizeof(d->kcv));
	buf_put(b, d->enc, sizeof(d->enc));
	buf_put(b, d->mac, sizeof(d->mac));
}

static void put_key(struct buf *b, const struct sim_key *k)
{
	buf_u8(b, k->ref);
	buf_u8(b, (uint8_t)k->type);
	buf_u16(b, k->bits);
	buf_u8(b, k->curve);
	buf_u8(b, k->domain);
	buf_u8(b, k->counted);
	put_u32(b, k->uses);
	buf_u8(b, k->listed);
	buf_u8(b, k->algs_n);
	buf_put(b, k->algs, sizeof(k->algs));
	put_long(b, &k->parts);
}

void sim_state_save(const struct sim_state *s, struct buf *out)
{
	buf_u8(out, STATE_VERSION);
	buf_put(out, s->serial, sizeof(s->serial));
	buf_u8(out, s->major);
	buf_u8(out, s->minor);
	put_u32(out, s->memory);
	buf_u8(out, s->initialised);
	buf_u16(out, s->options);
	buf_u8(out, s->transport);
	put_pin(out, &s->user);
	put_pin(out, &s->so);
	buf_u8(out, s->domains_n);
	for (size_t i = 0; i < s->domains_n; i++)
		put_domain(out, &s->domains[i]);
	buf_u8(out, s->pka_total);
	buf_u8(out, s->pka_required);
	buf_u8(out, s->pka_n);
	for (size_t i = 0; i < s->pka_n; i++) {
		buf_u8(out, s->pka[i].chr_n);
		buf_put(out, s->pka[i].chr, sizeof(s->pka[i].chr));
		buf_u8(out, s->pka[i].curve);
		put_long(out, &s->pka[i].point);
	}
	buf_u16(out, (uint16_t)s->files_n);
	for (size_t i = 0; i < s->files_n; i++) {
		buf_u16(out, s->files[i].fid);
		put_long(out, &s->files[i].data);
	}
	buf_u16(out, (uint16_t)s->keys_n);
	for (size_t i = 0; i < s->keys_n; i++)
		put_key(out, &s->keys[i]);
}

static bool take(struct cur *c, void *out, size_t n)
{
	struct cur part;

	if (!cur_take(c, n, &part))
		return false;
	memcpy(out, part.p, n);
	return true;
}

static bool take_bool(struct cur *c, bool *ret)
{
	uint8_t v;

	if (!cur_u8(c, &v) || v > 1)
		return false;
	*ret = v;
	return true;
}

static bool take_u32(struct cur *c, uint32_t *ret)
{
	uint16_t hi, lo;

	if (!cur_u16(c, &hi) || !cur_u16(c, &lo))
		return false;
	*ret = (uint32_t)hi << 16 | lo;
	return true;
}

static bool take_long(struct cur *c, struct buf *ret)
{
	struct cur part;
	uint32_t n;

	if (!take_u32(c, &n) || !cur_take(c, n, &part))
		return false;
	buf_cur(ret, part);
	return !ret->failed;
}

static bool take_pin(struct cur *c, struct sim_pin *p)
{
	return cur_u8(c, &p->len) && cur_u8(c, &p->tries) && cur_u8(c, &p->tries_max) &&
	       take(c, p->salt, sizeof(p->salt)) && take(c, p->hash, sizeof(p->hash));
}

static bool take_domain(struct cur *c, struct sim_domain *d)
{
	return take_bool(c, &d->open) && cur_u8(c, &d->total) && cur_u8(c, &d->missing) &&
	       take(c, d->sum, sizeof(d->sum)) && take(c, d->kcv, sizeof(d->kcv)) &&
	       take(c, d->enc, sizeof(d->enc)) && take(c, d->mac, sizeof(d->mac));
}

static bool take_pka(struct cur *c, struct sim_pka_key *k)
{
	return cur_u8(c, &k->chr_n) && k->chr_n <= sizeof(k->chr) && take(c, k->chr, sizeof(k->chr)) &&
	       cur_u8(c, &k->curve) && take_long(c, &k->point);
}

static bool take_key(struct cur *c, struct sim_key *k)
{
	uint8_t type;

	if (!cur_u8(c, &k->ref) || !cur_u8(c, &type) || !cur_u16(c, &k->bits) || !cur_u8(c, &k->curve) ||
	    !cur_u8(c, &k->domain) || !take_bool(c, &k->counted) || !take_u32(c, &k->uses) ||
	    !take_bool(c, &k->listed) || !cur_u8(c, &k->algs_n) || k->algs_n > SIM_ALGS_MAX ||
	    !take(c, k->algs, sizeof(k->algs)) || !take_long(c, &k->parts))
		return false;
	k->type = type;
	return type == SIM_RSA || type == SIM_EC || type == SIM_AES;
}

static bool take_head(struct sim_state *s, struct cur *c)
{
	uint8_t version;

	return cur_u8(c, &version) && version == STATE_VERSION && take(c, s->serial, sizeof(s->serial)) &&
	       s->serial[SIM_SERIAL_MAX] == '\0' && cur_u8(c, &s->major) && cur_u8(c, &s->minor) &&
	       take_u32(c, &s->memory) && take_bool(c, &s->initialised) && cur_u16(c, &s->options) &&
	       take_bool(c, &s->transport) && take_pin(c, &s->user) && take_pin(c, &s->so);
}

/* Counts are raised one by one, so that a half-read state can be given back. */
static bool take_lists(struct sim_state *s, struct cur *c)
{
	uint8_t n, pka;
	uint16_t files, keys;

	if (!cur_u8(c, &n) || n > SIM_DOMAINS_MAX)
		return false;
	for (s->domains_n = 0; s->domains_n < n; s->domains_n++) {
		if (!take_domain(c, &s->domains[s->domains_n]))
			return false;
	}
	if (!cur_u8(c, &s->pka_total) || !cur_u8(c, &s->pka_required) || !cur_u8(c, &pka) || pka > SIM_PKA_MAX)
		return false;
	while (s->pka_n < pka) {
		if (!take_pka(c, &s->pka[s->pka_n++]))
			return false;
	}
	if (!cur_u16(c, &files) || files > SIM_FILES_MAX)
		return false;
	while (s->files_n < files) {
		struct sim_file *file = &s->files[s->files_n++];

		if (!cur_u16(c, &file->fid) || !take_long(c, &file->data))
			return false;
	}
	if (!cur_u16(c, &keys) || keys > SIM_KEYS_MAX)
		return false;
	while (s->keys_n < keys) {
		if (!take_key(c, &s->keys[s->keys_n++]))
			return false;
	}
	return true;
}

bool sim_state_load(struct sim_state *s, struct cur bytes)
{
	if (take_head(s, &bytes) && take_lists(s, &bytes) && bytes.n == 0)
		return true;
	sim_state_done(s);
	return false;
}
