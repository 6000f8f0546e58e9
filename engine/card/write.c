/*
 * Writing files. A device does not cut a longer file when a shorter one is written over it (real-devices.md 4), so the
 * longer one is deleted first; its content is kept until the new one was read back.
 */
#include <string.h>

#include "engine/card/apdu.h"
#include "engine/card/files.h"

#define PIECE_OVERHEAD 8   /* 54 02 hi lo 53 82 hi lo */

static enum status write_piece(struct card *c, uint16_t fid, size_t offset, struct cur piece, struct fault *f)
{
	uint8_t data[] = { 0x54, 0x02, (uint8_t)(offset >> 8), (uint8_t)offset };

	apdu_start(c, CMD_UPDATE, (uint8_t)(fid >> 8), (uint8_t)fid);
	apdu_put(c, data, sizeof(data));
	apdu_tlv(c, 0x53, piece.p, piece.n);
	return apdu_do(c, 0, f);
}

enum status file_write_pieces(struct card *c, uint16_t fid, struct cur content, struct fault *f)
{
	size_t offset = 0;

	do {
		size_t room = apdu_data_room(c) - PIECE_OVERHEAD, n = content.n < room ? content.n : room;
		enum link before = c->link;
		enum status st = write_piece(c, fid, offset, cur_of(content.p, n), f);

		/* Refused for its length by a reader that nothing extended went through yet: smaller pieces may do. */
		if (st != ST_OK && c->sw == 0x6700 && before == LINK_UNTRIED && n > APDU_SHORT_DATA - PIECE_OVERHEAD) {
			c->link = LINK_SHORT;
			n = APDU_SHORT_DATA - PIECE_OVERHEAD;
			st = write_piece(c, fid, offset, cur_of(content.p, n), f);
		}
		if (st != ST_OK)
			return st;
		offset += n;
		(void)cur_take(&content, n, NULL);
	} while (content.n > 0);
	return ST_OK;
}

static enum status check_secret(struct card *c, uint16_t fid, struct cur content, struct fault *f)
{
	SECRET *back = secret_new(content.n + APDU_READ_MAX);
	enum status st;

	if (back == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	st = card_read_secret(c, fid, back, f);
	if (st == ST_OK && !cur_equal(secret_view(back), content.p, content.n))
		return fault_set(f, ST_MISMATCH, "What was written to the device (%04X) does not read back the same.", fid);
	return st;
}

static enum status check_written(struct card *c, uint16_t fid, struct cur content, struct fault *f)
{
	BUF back = { 0 };
	enum status st;

	if (fid >> 8 == FID_PRIVATE_HIGH)
		return check_secret(c, fid, content, f);
	st = card_read_file(c, fid, &back, f);
	if (st == ST_OK && !cur_equal(buf_view(&back), content.p, content.n))
		return fault_set(f, ST_MISMATCH, "What was written to the device (%04X) does not read back the same.", fid);
	return st;
}

/* What stood there before, for WRITE_REPLACE. Private data goes through locked memory. */
struct before {
	bool there;
	struct buf open;
	struct secret *private;
};

static void before_done(struct before *b)
{
	buf_done(&b->open);
	secret_free(b->private);
}

static struct cur before_view(const struct before *b)
{
	return b->private ? secret_view(b->private) : buf_view(&b->open);
}

static enum status read_before(struct card *c, uint16_t fid, struct before *ret, struct fault *f)
{
	enum status st;

	if (fid >> 8 == FID_PRIVATE_HIGH) {
		ret->private = secret_new(FILE_MAX);
		if (ret->private == NULL)
			return fault_set(f, ST_NO_MEMORY, NULL);
		st = card_read_secret(c, fid, ret->private, f);
	} else {
		st = card_read_file(c, fid, &ret->open, f);
	}
	ret->there = st == ST_OK;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Best effort, after the fault was noted: f says how it ended. */
static void put_back(struct card *c, uint16_t fid, const struct before *b, struct fault *f)
{
	if (c->gone)
		return;
	(void)card_delete(c, fid, NULL);
	if (!b->there)
		return;
	if (file_write_pieces(c, fid, before_view(b), NULL) == ST_OK)
		fault_add(f, "Its old content was put back.");
	else
		fault_add(f, "Its old content could not be put back either.");
}

enum status card_write_file(struct card *c, uint16_t fid, struct cur content, enum write_mode mode, struct fault *f)
{
	CLEANUP(before_done) struct before before = { 0 };
	struct cur old;
	enum status st;

	if (content.n > FILE_MAX)
		return fault_set(f, ST_BAD_FORM, "A file on the device has at most %d bytes.", FILE_MAX);
	if (mode == WRITE_REPLACE && (st = read_before(c, fid, &before, f)) != ST_OK)
		return st;
	old = before_view(&before);
	if (before.there && old.n == content.n && cur_equal(old, content.p, content.n))
		return ST_OK;
	if (old.n > content.n && (st = card_delete(c, fid, f)) != ST_OK)
		return st;
	st = file_write_pieces(c, fid, content, f);
	/* Where the device took nothing at all there is nothing to put back, unless the old file is gone already. */
	if (st == ST_NOT_LOGGED_IN && old.n <= content.n)
		return st;
	if (st == ST_OK)
		st = check_written(c, fid, content, f);
	if (st != ST_OK)
		put_back(c, fid, &before, f);
	return st;
}

static bool take_away(struct card *c, uint16_t fid)
{
	enum status st = c->gone ? ST_CARD_GONE : card_delete(c, fid, NULL);

	return st == ST_OK || st == ST_NOT_FOUND;
}

enum status card_write_described(struct card *c, uint16_t content_fid, struct cur content, uint16_t description_fid,
				 struct cur description, bool *ret_clean, struct fault *f)
{
	enum status st = card_write_file(c, content_fid, content, WRITE_NEW, f);
	bool content_gone, description_gone;

	if (st == ST_OK)
		st = card_write_file(c, description_fid, description, WRITE_NEW, f);
	if (st == ST_OK)
		return ST_OK;
	description_gone = take_away(c, description_fid);
	content_gone = take_away(c, content_fid);
	*ret_clean = description_gone && content_gone;
	return st;
}

enum status card_delete_described(struct card *c, uint16_t content_fid, uint16_t description_fid, unsigned *ret_gone,
				  struct fault *f)
{
	const uint16_t fids[] = { content_fid, description_fid };

	*ret_gone = 0;
	for (size_t i = 0; i < sizeof(fids) / sizeof(fids[0]); i++) {
		enum status st = fids[i] != 0 ? card_delete(c, fids[i], f) : ST_NOT_FOUND;

		if (st != ST_OK && st != ST_NOT_FOUND)
			return st;
		*ret_gone += st == ST_OK;
	}
	return ST_OK;
}
