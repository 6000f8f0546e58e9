/*
 * A SmartCard-HSM in software: the card of smartcard-hsm.md, and where real-devices.md saw something else, that.
 * Written from those sheets alone, so that it can contradict the rest of the engine; it includes engine/base and OpenSSL.
 *
 * A card is one file. Every APDU that changes the card is on the disk, whole, before it is answered: a process killed at
 * any point leaves the card before or after one APDU, never between. The file holds the card's keys in clear (mode 0600);
 * PINs and SO-PIN are in it as salted hashes only.
 */
#ifndef ENGINE_SIM_SIM_H
#define ENGINE_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/transport.h"

#define SIM_SO_PIN "57621880"      /* the factory's SO-PIN, hex 3537363231383830, preset as on Nitrokey devices */
#define SIM_ROOT "UTSIMRCA100001"  /* reference of the root that every simulated device certificate chains to */
#define SIM_CARD_SUFFIX ".card"

struct sim_card;

/* Called after every APDU, when its effects are on the disk and its answer is not yet given. */
typedef void sim_hook(void *arg, unsigned long apdu, uint8_t ins);

/*
 * All members may be zero. serial, firmware and memory_kib count where a card is made; one that is there keeps its own.
 *
 * fault is a list of misbehaviours, separated by commas. N counts APDUs from 1, since the fault was set; INS is two hex
 * digits, an instruction; *COUNT (after any of the INS forms) limits how often it happens.
 *   drop@N       the card is gone after N answers (drop@0: before the first)
 *   lost@N       the N-th APDU is carried out, and the card is gone before it answers
 *   stall@N:MS   the N-th answer takes MS milliseconds longer
 *   short@N      the N-th answer is cut: half of its data is missing, or one byte of a bare status word
 *   short:INS    the same for every answer to INS
 *   wrong:INS    one bit of the answer's data is flipped
 *   garbage:INS  the data is replaced by as many random bytes
 *   sw:INS=XXXX  INS is not carried out, the answer is this status word
 *   sw@N=XXXX    the same for the N-th: with 9000 the card says that it did what it did not
 *   says:INS=XXXX  INS is carried out, and its status word is this one whatever came out
 *   else@N       the N-th arrives with the last bit of its data flipped: the card keeps something else than was sent
 *   zero-kcv     DKEK status shows a check value of zeros until login, as some cards do
 *   limit=BYTES  extended APDUs are refused with 6700 (as behind some readers); shorter ones longer than BYTES too
 *   announce=BYTES  the transport announces this limit in max_apdu
 *   mute         no ATR: the reader shows a card that does not answer
 */
struct sim_options {
	const char *serial;     /* letters and digits, 3 to 15; NULL: DENK0200914. In a source: the first card's */
	const char *firmware;   /* "1.2", "2.0", "3.6", "4.1" ...; NULL: "3.6" */
	unsigned memory_kib;    /* 1 to 1024; 0: 76, and 32 before firmware 3 */
	unsigned cards;         /* a source's folder without a card gets so many */
	bool realistic;         /* 30 ms an APDU, and key generation as long as on a device */
	bool no_sync;           /* leaves out fsync(): still safe from SIGKILL, not from a power failure */
	const char *fault;
	const char *trace;      /* file to append one line per APDU to, secrets left out */
	sim_hook *hook;
	void *hook_arg;
};

/*
 * Opens the card kept in path, or makes a factory-fresh one where nothing is. o may be NULL; nothing of it is kept but
 * hook_arg. ST_READER_BUSY: somebody has it open. ST_DAMAGED: not a card file, or broken. ST_BAD_FORM: options. ST_DISK.
 */
enum status sim_card_open(const char *path, const struct sim_options *o, struct sim_card **ret, struct fault *f);
void sim_card_close(struct sim_card *c);   /* NULL is fine; after its transports */
DEFINE_GUARD(struct sim_card, sim_card_close)

const char *sim_card_serial(const struct sim_card *c);
size_t sim_card_atr(const struct sim_card *c, uint8_t out[static ATR_MAX]);

/* Power off and on: logged out, nothing selected. */
void sim_card_reset(struct sim_card *c);

/*
 * One APDU, as struct transport_ops' transmit. Any thread, one APDU at a time. ST_CARD_GONE: unplugged, or dropped out.
 * ST_DISK: the file could not be written; the card is as before the APDU.
 */
enum status sim_card_apdu(struct sim_card *c, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t *io_rsp_len,
			  struct fault *f);

/*
 * Takes the card out, or puts it in (powered, nothing selected). Any thread, also while an APDU is under way on another:
 * that one ends with ST_CARD_GONE and leaves no trace on the card. Transports opened before stay dead.
 */
void sim_card_plug(struct sim_card *c, bool in);
bool sim_card_plugged(struct sim_card *c);
bool sim_card_mute(struct sim_card *c);   /* the misbehaviour of this name is set */

/* Replaces all misbehaviours (NULL: none) and counts APDUs from 1 again. ST_BAD_FORM. */
enum status sim_card_set_fault(struct sim_card *c, const char *spec, struct fault *f);

/* APDUs since the card was opened or the counts were cleared; of one instruction. */
unsigned long sim_card_apdus(struct sim_card *c);
unsigned long sim_card_apdus_of(struct sim_card *c, uint8_t ins);
void sim_card_clear_counts(struct sim_card *c);

/* A transport over c, which stays the caller's and must outlive it. Several on one card take turns by begin and end. */
enum status sim_transport_open(struct sim_card *c, struct transport **ret, struct fault *f);

/*
 * Readers over a folder: one for each *.card in it, by name, each with its card in, called
 * "Simulated Reader 00 00 (DENK0200914)". Makes the folder, and o->cards cards where it has none. A card file in use elsewhere
 * is a reader READER_IN_USE until a later list() can open it. add() makes SERIAL.card with the next serial number. o->fault,
 * trace and hook go to every card. Close it after its transports.
 */
enum status sim_source_open(const char *dir, const struct sim_options *o, struct source **ret, struct fault *f);

/* The card in this reader, in or out; NULL where there is none. By position, 0 the first. The source's. */
struct sim_card *sim_source_card(struct source *s, const char *reader);
struct sim_card *sim_source_card_at(struct source *s, size_t i);

/* The public point of SIM_ROOT on brainpoolP256r1, 04 || x || y. */
enum status sim_root_point(uint8_t out[static 65], struct fault *f);

#endif
