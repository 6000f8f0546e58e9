/* Wrapping, unwrapping and using keys (smartcard-hsm.md 8 and 9). */
#include "engine/card/keys.h"

#include <string.h>

#include "engine/base/words.h"
#include "engine/card/apdu.h"
#include "engine/card/files.h"

#define ANSWER_MAX 512   /* of a private key operation: RSA-4096 */

/* One status word stands for several conditions; the state of the DKEK, which may be asked for freely, tells them apart. */
static enum status explain_by_dkek(struct card *c, enum status st, struct fault *f)
{
	struct dkek_status dkek;
	uint16_t sw = c->sw;

	if ((sw != 0x6a88 && sw != 0x6985) || card_dkek_status(c, 0, &dkek, NULL, NULL) != ST_OK)
		return st;
	if (!dkek.present)
		st = fault_set(f, ST_NO_DKEK,
			       "The device was initialised without DKEK shares: its keys can be neither wrapped nor restored. Nothing "
			       "was changed. Only initialising it again, which erases it, can change that.");
	else if (dkek.missing)
		st = fault_set(f, ST_DKEK_INCOMPLETE,
			       translated_n("%u of the device's %u DKEK shares is still missing; until it is imported nothing can be "
					    "wrapped or restored. Nothing was changed.",
					    "%u of the device's %u DKEK shares are still missing; until they are imported nothing can "
					    "be wrapped or restored. Nothing was changed.", dkek.missing), dkek.missing, dkek.total);
	if (f)
		f->sw = sw;
	return st;
}

enum status card_wrap(struct card *c, uint8_t key_ref, struct buf *ret_blob, struct fault *f)
{
	struct blob blob;
	enum status st;

	apdu_start(c, CMD_WRAP, key_ref, CARD_WRAP);
	st = apdu_send(c, 0, f);
	if (st != ST_OK)
		return st;
	if (c->sw != 0x9000 && c->link == LINK_SHORT && c->sw != 0x6982 && c->sw != 0x6a82 && c->sw != 0x6a88 &&
	    c->sw != 0x6985 && c->sw != 0x6d00)
		return fault_set(f, ST_UNSUPPORTED,
				 "This reader cannot carry the wrapped key. The key is unharmed. Use another reader: one that takes "
				 "extended APDUs.");
	if (c->sw != 0x9000) {
		st = sw_fault(c, f);
		return explain_by_dkek(c, st, f);
	}
	st = blob_parse(c->answer, &blob, f);
	if (st == ST_NO_MEMORY)
		return st;
	if (st != ST_OK)
		return fault_set(f, c->link == LINK_SHORT ? ST_UNSUPPORTED : ST_BAD_REPLY,
				 c->link == LINK_SHORT ?
				 N_("The wrapped key did not arrive whole: this reader does not take extended APDUs; use another one. "
				    "The key on the device is unharmed, but this is no backup.") :
				 N_("The wrapped key did not arrive whole. The key on the device is unharmed, but this is no backup."));
	buf_cur(ret_blob, c->answer);
	return ret_blob->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}

static enum status send_unwrap(struct card *c, uint8_t key_ref, struct cur blob, struct fault *f)
{
	apdu_start(c, CMD_UNWRAP, key_ref, CARD_UNWRAP);
	apdu_put(c, blob.p, blob.n);
	return apdu_send(c, 0, f);
}

/* Through the work file: for readers and devices that cannot take the blob in one command. */
static enum status unwrap_by_file(struct card *c, uint8_t key_ref, struct cur blob, struct fault *f)
{
	enum status st;

	/* What an earlier, longer one left behind would stay as a tail. */
	(void)card_delete(c, FID_WRAP_WORK, NULL);
	if (c->gone)
		return fault_set(f, ST_CARD_GONE, NULL);
	st = file_write_pieces(c, FID_WRAP_WORK, blob, f);
	if (st == ST_NOT_ALLOWED || st == ST_UNSUPPORTED || st == ST_CARD_ERROR)
		return fault_set(f, ST_UNSUPPORTED,
				 "This wrapped key of %zu bytes is too large for this reader or this device. The device was not "
				 "changed. Use another reader: one that takes extended APDUs.", blob.n);
	if (st != ST_OK)
		return st;
	return send_unwrap(c, key_ref, cur_of(NULL, 0), f);
}

enum status card_unwrap(struct card *c, uint8_t key_ref, struct cur blob, struct fault *f)
{
	bool by_file = blob.n > apdu_data_room(c);
	uint16_t sw;
	enum status st;

	if (blob.n == 0 || blob.n > BLOB_MAX)
		return fault_set(f, ST_DAMAGED, "This is no wrapped key: it has %zu bytes. The device was not asked.", blob.n);
	st = by_file ? unwrap_by_file(c, key_ref, blob, f) : send_unwrap(c, key_ref, blob, f);
	if (st == ST_OK && !by_file && c->sw == 0x6700) {
		by_file = true;
		st = unwrap_by_file(c, key_ref, blob, f);
	}
	if (st != ST_OK)
		return st;
	sw = c->sw;
	if (sw != 0x9000)
		st = explain_by_dkek(c, sw_fault(c, f), f);
	if (by_file && !c->gone)
		(void)card_delete(c, FID_WRAP_WORK, NULL);
	return st;
}

enum status card_sign(struct card *c, uint8_t key_ref, enum card_algorithm algorithm, struct cur input,
		      struct buf *ret, struct fault *f)
{
	enum status st;

	apdu_start(c, CMD_SIGN, key_ref, (uint8_t)algorithm);
	apdu_put(c, input.p, input.n);
	st = apdu_do(c, ANSWER_MAX, f);
	if (st != ST_OK)
		return st;
	if (c->answer.n == 0)
		return fault_set(f, ST_BAD_REPLY, "The device said that it had signed, but gave no signature.");
	buf_cur(ret, c->answer);
	return ret->failed ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}

enum status card_decipher(struct card *c, uint8_t key_ref, struct cur input, struct secret *ret, struct fault *f)
{
	enum status st;

	apdu_start(c, CMD_DECIPHER, key_ref, CARD_RSA_DECIPHER);
	apdu_put(c, input.p, input.n);
	st = apdu_do(c, ANSWER_MAX, f);
	if (st == ST_OK && (c->answer.n == 0 || !secret_set(ret, c->answer.p, c->answer.n)))
		st = fault_set(f, ST_BAD_REPLY, "The device deciphered something of an impossible length.");
	apdu_wipe(c);
	return st;
}

enum status card_key_cmac(struct card *c, uint8_t key_ref, uint8_t ret[static BLOB_CMAC_LEN], struct fault *f)
{
	static const uint8_t zeros[16];
	enum status st;

	apdu_start(c, CMD_CIPHER, key_ref, CARD_AES_CMAC);
	apdu_put(c, zeros, sizeof(zeros));
	st = apdu_do(c, BLOB_CMAC_LEN, f);
	if (st != ST_OK)
		return st;
	if (c->answer.n != BLOB_CMAC_LEN)
		return fault_set(f, ST_BAD_REPLY, "The device made a CMAC of %zu bytes; it has %d.", c->answer.n, BLOB_CMAC_LEN);
	memcpy(ret, c->answer.p, BLOB_CMAC_LEN);
	return ST_OK;
}
