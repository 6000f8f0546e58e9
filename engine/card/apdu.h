/*
 * One command and its answer, for the files of engine/card and their tests only. A card has one buffer for commands and
 * one for answers, both in locked memory; a command is erased as soon as it was sent, an answer before the next one.
 */
#ifndef ENGINE_CARD_APDU_H
#define ENGINE_CARD_APDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/secret.h"
#include "engine/card/card.h"

#define APDU_DATA_MAX 4096      /* of a command */
#define APDU_ANSWER_MAX 8192    /* without the status word */
#define APDU_READ_MAX 1014      /* bytes in one answer that every reader with extended APDUs carries */
#define APDU_SHORT_DATA 255
#define APDU_SHORT_ANSWER 256
#define APDU_SHORT_MAX 261      /* a whole short command; a reader that announces no more takes no extended ones */

#define CARD_AID 0xe8, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x81, 0xc3, 0x1f, 0x02, 0x01   /* smartcard-hsm.md 1.2 */
#define FID_PRIVATE_HIGH 0xcd

enum command {
	CMD_SELECT,
	CMD_SELECT_FILE,
	CMD_READ,
	CMD_UPDATE,
	CMD_DELETE,
	CMD_ENUMERATE,
	CMD_PIN_STATUS,
	CMD_VERIFY,
	CMD_CHANGE_PIN,
	CMD_CHANGE_SO_PIN,
	CMD_UNBLOCK,
	CMD_INITIALISE,
	CMD_MEMORY,
	CMD_DKEK_STATUS,
	CMD_DKEK_IMPORT,
	CMD_DOMAIN_CREATE,
	CMD_DOMAIN_DELETE,
	CMD_DOMAIN_CLEAR,
	CMD_GENERATE,
	CMD_GENERATE_AES,
	CMD_WRAP,
	CMD_UNWRAP,
	CMD_SIGN,
	CMD_DECIPHER,
	CMD_CIPHER,
	CMD_RANDOM,
	CMD_COUNT
};

enum link {               /* what is known of the way to the card */
	LINK_UNTRIED,
	LINK_EXTENDED,    /* an extended command went through */
	LINK_SHORT,       /* one was refused, or the reader announces too little */
};

struct select_info {
	unsigned major, minor;
	int platform, options;   /* -1 before firmware 2.0 */
};

struct card {
	struct transport *transport;
	char reader[READER_NAME_MAX];
	unsigned depth;              /* of sessions */
	bool may_be_logged_in;
	bool gone;                   /* within this session */
	enum link link;
	unsigned count;
	card_trace *trace;
	void *trace_ctx;
	struct secret *cmd, *rsp;
	bool overflow;               /* more was put into the command than it takes */
	enum command command;
	uint8_t p1, p2;
	uint16_t sw;
	struct cur answer;           /* in rsp, without the status word; valid until the next apdu_start() */
	struct select_info select;
	const struct firmware *firmware;
	bool device_read;
	struct device_cert device;
	struct buf device_file;      /* EF 2F02 */
};

/* Begins a command; class, instruction and Le form are in the table of apdu.c. */
void apdu_start(struct card *c, enum command command, uint8_t p1, uint8_t p2);
void apdu_put(struct card *c, const void *p, size_t n);
void apdu_u8(struct card *c, uint8_t v);
void apdu_tlv(struct card *c, uint8_t tag, const void *value, size_t n);   /* n up to 65535 */

/*
 * Sends it. ST_OK whatever the status word is: see c->sw and c->answer. want: bytes of answer asked for, where the
 * command's Le is a number; else not looked at. Where the reader refuses an extended command that can be short, the short
 * one is sent, and the card remembers. ST_UNSUPPORTED: the reader cannot carry it.
 */
enum status apdu_send(struct card *c, size_t want, struct fault *f);

/* apdu_send(), and a fault by the table of sw.c unless the status word is 9000. */
enum status apdu_do(struct card *c, size_t want, struct fault *f);

void apdu_wipe(struct card *c);       /* the answer, at once */

/* Bytes that one answer may carry, at most wanted. */
size_t apdu_answer_room(const struct card *c, size_t wanted);
/* Bytes of data that one command may carry. */
size_t apdu_data_room(const struct card *c);

/* What the card's status word means after this command. */
enum status sw_fault(const struct card *c, struct fault *f);

/* Content of the answer to SELECT. False: no version in it. */
bool select_parse(struct cur answer, struct select_info *ret);

/* The whole content in ascending pieces, from offset 0; nothing is read back. */
enum status file_write_pieces(struct card *c, uint16_t fid, struct cur content, struct fault *f);

/* EF 2F02 into the card, once. */
enum status card_read_device(struct card *c, struct fault *f);

#endif
