/* The files of a card (smartcard-hsm.md 3). */
#ifndef ENGINE_CARD_FILES_H
#define ENGINE_CARD_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/base/secret.h"
#include "engine/card/card.h"

#define FILE_MAX 65536        /* by addressing */
#define FIDS_MAX 4096         /* in one answer to ENUMERATE; more is a lie */

enum {                        /* high byte of a file identifier; the low byte is the number */
	FID_DEVICE = 0x2f02,
	FID_TOKEN = 0x2f03,
	FID_WRAP_WORK = 0x2f10,
	FID_KEY_DESCRIPTION = 0xc400,
	FID_CERT_DESCRIPTION = 0xc800,
	FID_DATA_DESCRIPTION = 0xc900,
	FID_CA_CERT = 0xca00,
	FID_KEY = 0xcc00,             /* no file: only in the list, and to delete */
	FID_PRIVATE_DATA = 0xcd00,
	FID_KEY_CERT = 0xce00,
	FID_PUBLIC_DATA = 0xcf00,
};

static inline uint16_t fid_of(unsigned kind, uint8_t number)
{
	return (uint16_t)(kind | number);
}

/* What ENUMERATE says, in the card's order, each once. */
struct fids {
	uint16_t *fid;
	size_t n;
	bool damaged;                 /* an odd number of bytes, or a file named twice */
};

void fids_done(struct fids *l);   /* NULL and empty are fine */
#define FIDS CLEANUP(fids_done) struct fids   /* FIDS list = { 0 }; */

/* One APDU. No login is needed. ST_BAD_REPLY: without CC00, the device's own key, which every list has (real-devices.md 4). */
enum status card_enumerate(struct card *c, struct fids *ret, struct fault *f);
bool fids_have(const struct fids *l, uint16_t fid);

/* The answer alone, as far as it can be read. ST_NO_MEMORY. */
enum status fids_parse(struct cur answer, struct fids *ret, struct fault *f);

/* The lowest number from 1 of which no key, description or certificate is listed; 0: none is free. */
uint8_t card_free_key_ref(const struct fids *l);
/* The same for stand-alone certificates (C8, CA), from 0, and for data (C9, CD, CF), from 0. -1: none is free. */
int card_free_cert_number(const struct fids *l);
int card_free_data_number(const struct fids *l);

/*
 * The whole file, appended to ret, which is as it was on failure. One APDU where the reader takes extended ones and the
 * file has less than 1014 bytes. ST_NOT_FOUND, ST_NOT_LOGGED_IN, ST_BAD_REPLY (larger than FILE_MAX, or no end).
 */
enum status card_read_file(struct card *c, uint16_t fid, struct buf *ret, struct fault *f);
/* The same for a file that may hold a secret (private data). ST_BAD_REPLY: does not fit. */
enum status card_read_secret(struct card *c, uint16_t fid, struct secret *ret, struct fault *f);

/* From SELECT of the file. ST_NOT_FOUND. */
enum status card_file_size(struct card *c, uint16_t fid, size_t *ret, struct fault *f);

enum write_mode {
	WRITE_NEW,        /* nobody has it: not looked for. What was written is deleted again where it fails half way */
	WRITE_REPLACE,    /* the old content is read, and written back where the new one fails */
};

/*
 * Writes, reads back and compares: ST_MISMATCH. A login is needed. Since a shorter write leaves the old tail
 * (real-devices.md 4), WRITE_REPLACE deletes a longer file first. ST_CARD_FULL, ST_NOT_LOGGED_IN.
 */
enum status card_write_file(struct card *c, uint16_t fid, struct cur content, enum write_mode mode, struct fault *f);

/* Files, and keys by fid_of(FID_KEY, ref). ST_NOT_FOUND, ST_NOT_LOGGED_IN, ST_NOT_ALLOWED (the device key). */
enum status card_delete(struct card *c, uint16_t fid, struct fault *f);

/*
 * A key with all that belongs to it: key, certificate, description, in this order, so that a stop in between leaves the
 * description, by which the rest is found again. What is not there is fine. *ret_gone: how many were deleted, also on failure.
 */
enum status card_delete_key(struct card *c, uint8_t key_ref, unsigned *ret_gone, struct fault *f);

/*
 * Stand-alone certificates and data: a content, and the description by which other software finds it, written in this order
 * to numbers that are free, so that a stop in between leaves a content that nobody sees, and never a description of nothing.
 * *ret_clean, on failure: nothing of it is left.
 */
enum status card_write_described(struct card *c, uint16_t content_fid, struct cur content, uint16_t description_fid,
				 struct cur description, bool *ret_clean, struct fault *f);

/*
 * The content first, so that a stop in between leaves the description, by which the rest is found again. A fid of 0, and what
 * is not there, is fine. *ret_gone: how many were deleted, also on failure.
 */
enum status card_delete_described(struct card *c, uint16_t content_fid, uint16_t description_fid, unsigned *ret_gone,
				  struct fault *f);

#endif
