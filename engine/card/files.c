/* Listing, reading and deleting files. */
#include "engine/card/files.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/tlv.h"
#include "engine/base/words.h"
#include "engine/card/apdu.h"

#define SW_END_OF_FILE 0x6282

void fids_done(struct fids *l)
{
	if (l == NULL)
		return;
	free(l->fid);
	*l = (struct fids){ 0 };
}

bool fids_have(const struct fids *l, uint16_t fid)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->fid[i] == fid)
			return true;
	return false;
}

enum status fids_parse(struct cur answer, struct fids *ret, struct fault *f)
{
	struct fids l = { .fid = calloc(answer.n / 2 + 1, sizeof(uint16_t)) };
	uint8_t *seen = calloc(1, 0x10000 / 8);
	uint16_t fid;

	if (l.fid == NULL || seen == NULL) {
		free(seen);
		fids_done(&l);
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	while (l.n < FIDS_MAX && cur_u16(&answer, &fid)) {
		uint8_t *byte = &seen[fid >> 3], bit = (uint8_t)(1u << (fid & 7));

		if (*byte & bit)
			l.damaged = true;
		else
			l.fid[l.n++] = fid;
		*byte |= bit;
	}
	l.damaged |= answer.n > 0;
	free(seen);
	*ret = l;
	return ST_OK;
}

enum status card_enumerate(struct card *c, struct fids *ret, struct fault *f)
{
	enum status st;

	apdu_start(c, CMD_ENUMERATE, 0x00, 0x00);
	st = apdu_do(c, 0, f);
	if (st != ST_OK)
		return st;
	/* A whole short answer that is full is most likely one that was cut. */
	if (c->link == LINK_SHORT && c->answer.n >= APDU_SHORT_ANSWER - 1)
		return fault_set(f, ST_UNSUPPORTED,
				 "There is more on this device than this reader can carry in one answer. Nothing was changed. Use "
				 "another reader: one that takes extended APDUs.");
	st = fids_parse(c->answer, ret, f);
	/* Every list seen has the device's own key, behind all files: one that was cut, or is no list, would hide keys. */
	if (st != ST_OK || fids_have(ret, fid_of(FID_KEY, 0)))
		return st;
	fids_done(ret);
	return fault_set(f, ST_BAD_REPLY,
			 "The device's list of what is on it did not arrive whole: the device's own key is missing in it. Nothing was "
			 "changed. Take the device out, put it back, and try again.");
}

static int free_number(const struct fids *l, unsigned from, const uint16_t *kinds, size_t n_kinds)
{
	bool used[256] = { false };

	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < n_kinds; k++)
			if ((l->fid[i] & 0xff00) == kinds[k])
				used[l->fid[i] & 0xff] = true;
	for (unsigned i = from; i < 256; i++)
		if (!used[i])
			return (int)i;
	return -1;
}

uint8_t card_free_key_ref(const struct fids *l)
{
	static const uint16_t kinds[] = { FID_KEY, FID_KEY_DESCRIPTION, FID_KEY_CERT };
	int n = free_number(l, 1, kinds, 3);

	return n > 0 ? (uint8_t)n : 0;
}

int card_free_cert_number(const struct fids *l)
{
	static const uint16_t kinds[] = { FID_CERT_DESCRIPTION, FID_CA_CERT };

	return free_number(l, 0, kinds, 2);
}

int card_free_data_number(const struct fids *l)
{
	static const uint16_t kinds[] = { FID_DATA_DESCRIPTION, FID_PRIVATE_DATA, FID_PUBLIC_DATA };

	return free_number(l, 0, kinds, 3);
}

/* The answer stands in c->answer. *ret_last: the file ends here. */
static enum status read_piece(struct card *c, uint16_t fid, size_t offset, bool *ret_last, size_t *ret_asked,
			      struct fault *f)
{
	const uint8_t data[] = { 0x54, 0x02, (uint8_t)(offset >> 8), (uint8_t)offset };
	size_t want = apdu_answer_room(c, APDU_READ_MAX);
	enum status st;

	apdu_start(c, CMD_READ, (uint8_t)(fid >> 8), (uint8_t)fid);
	apdu_put(c, data, sizeof(data));
	st = apdu_send(c, want, f);
	if (st != ST_OK)
		return st;
	if (c->answer.n > want)
		return fault_set(f, ST_BAD_REPLY, "The device sent more of a file than it was asked for.");
	/* A fallback has asked for less. */
	*ret_asked = apdu_answer_room(c, want);
	*ret_last = c->sw == SW_END_OF_FILE;
	if (c->sw == 0x9000 || c->sw == SW_END_OF_FILE)
		return ST_OK;
	/* Beyond the end, when the last piece ended with the file: 6B00 or 6A86 (smartcard-hsm.md 3.4). */
	if (offset > 0 && (c->sw == 0x6b00 || c->sw == 0x6a86)) {
		*ret_last = true;
		c->answer.n = 0;
		return ST_OK;
	}
	return sw_fault(c, f);
}

/* Is there, by its own length, more of the object than these bytes? Of a reader that cuts answers (real-devices.md 7). */
static bool seems_cut(struct cur head, size_t have)
{
	struct cur c = head;
	uint8_t b, count;
	size_t len = 0;

	if (!cur_u8(&c, &b) || ((b & 0x1f) == 0x1f && !cur_u8(&c, &b)) || !cur_u8(&c, &b))
		return false;
	if (b < 0x80)
		return head.n - c.n + b > have;
	for (count = b & 0x7f; count > 0 && count <= 3; count--) {
		if (!cur_u8(&c, &b))
			return false;
		len = len << 8 | b;
	}
	return (count == 0 || count > 3) && len > 0 && head.n - c.n + len > have;
}

struct sink {
	struct buf *open;
	struct secret *secret;
};

static bool sink_put(struct sink *s, struct cur piece)
{
	if (s->secret)
		return secret_append(s->secret, piece.p, piece.n);
	buf_cur(s->open, piece);
	return !s->open->failed;
}

static struct cur sink_view(const struct sink *s, size_t start)
{
	struct cur all = s->secret ? secret_view(s->secret) : buf_view(s->open);

	return cur_of(all.p ? all.p + start : NULL, all.n - start);
}

static enum status read_all(struct card *c, uint16_t fid, struct sink *s, struct fault *f)
{
	size_t start = s->secret ? 0 : s->open->n, offset = 0;

	for (;;) {
		bool last = false;
		size_t asked = 0, n;
		enum status st = read_piece(c, fid, offset, &last, &asked, f);

		if (st != ST_OK)
			return st;
		n = c->answer.n;
		if (offset + n > FILE_MAX)
			return fault_set(f, ST_BAD_REPLY, "The device sends a file (%04X) without an end.", fid);
		if (n && !sink_put(s, c->answer))
			return fault_set(f, s->secret ? ST_BAD_REPLY : ST_NO_MEMORY,
					 s->secret ? N_("The file on the device is larger than can be kept safely in memory.") : NULL);
		offset += n;
		if (last || n == 0 || offset == FILE_MAX)
			return ST_OK;
		if (n < asked && !seems_cut(sink_view(s, start), offset))
			return ST_OK;
	}
}

enum status card_read_file(struct card *c, uint16_t fid, struct buf *ret, struct fault *f)
{
	BUF file = { 0 };
	struct sink s = { .open = &file };
	enum status st = read_all(c, fid, &s, f);

	if (st != ST_OK)
		return st;
	buf_put(ret, file.p, file.n);
	return ret->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}

enum status card_read_secret(struct card *c, uint16_t fid, struct secret *ret, struct fault *f)
{
	struct sink s = { .secret = ret };
	enum status st;

	secret_wipe(ret);
	st = read_all(c, fid, &s, f);
	apdu_wipe(c);
	if (st != ST_OK)
		secret_wipe(ret);
	return st;
}

enum status card_file_size(struct card *c, uint16_t fid, size_t *ret, struct fault *f)
{
	uint8_t data[] = { (uint8_t)(fid >> 8), (uint8_t)fid };
	struct tlv outer, size;
	struct cur answer;
	uint16_t n;
	enum status st;

	apdu_start(c, CMD_SELECT_FILE, 0x00, 0x00);
	apdu_put(c, data, sizeof(data));
	st = apdu_do(c, 0, f);
	if (st != ST_OK)
		return st;
	answer = c->answer;
	if (!tlv_next(&answer, &outer) || (outer.tag != 0x6f && outer.tag != 0x62) ||
	    (!tlv_find(outer.value, 0x80, &size) && !tlv_find(outer.value, 0x81, &size)) || !cur_u16(&size.value, &n))
		return fault_set(f, ST_BAD_REPLY, "The device does not say how large a file (%04X) is.", fid);
	*ret = n;
	return ST_OK;
}

enum status card_delete(struct card *c, uint16_t fid, struct fault *f)
{
	uint8_t data[] = { (uint8_t)(fid >> 8), (uint8_t)fid };

	apdu_start(c, CMD_DELETE, 0x02, 0x00);
	apdu_put(c, data, sizeof(data));
	return apdu_do(c, 0, f);
}

enum status card_delete_key(struct card *c, uint8_t key_ref, unsigned *ret_gone, struct fault *f)
{
	static const unsigned kinds[] = { FID_KEY, FID_KEY_CERT, FID_KEY_DESCRIPTION };

	*ret_gone = 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		enum status st = card_delete(c, fid_of(kinds[i], key_ref), f);

		if (st != ST_OK && st != ST_NOT_FOUND)
			return st;
		*ret_gone += st == ST_OK;
	}
	return ST_OK;
}
