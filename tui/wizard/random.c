/*
 * random: bytes of the device's generator, into a new file. Nobody logs in, and nothing is changed on the device. They
 * may become a key, so that they stand in secret memory until they are in the file.
 */
#include <stdio.h>
#include <string.h>

#include "engine/base/file.h"
#include "tui/wizard/procedures.h"
#include "tui/wizard/record.h"
#include "tui/wizard/session.h"
#include "tui/wizard/wizard.h"

#define BYTES_MAX 65536   /* a key file has 64; a device makes about 5 KiB a second (real-devices.md 11) */
#define PIECE 1024        /* one command */
#define BLOCK 16          /* two equal ones in a row do not come from a generator */

struct random {
	struct device_state device;
	char usual[32];
};

static size_t wanted(const struct run *r)
{
	const long n = run_number(r, "bytes", 0);

	return n > 0 && n <= BYTES_MAX ? (size_t)n : 0;
}

static enum status check_bytes(struct run *r, unsigned index, struct fault *f)
{
	(void)index;
	if (wanted(r) == 0)
		return fault_set(f, ST_BAD_FORM, "Say how many random bytes are wanted: a number from 1 to %d.", BYTES_MAX);
	return ST_OK;
}

/* A generator that is stuck gives the same again and again. */
static enum status check_generator(const uint8_t *p, size_t n, struct fault *f)
{
	for (size_t i = BLOCK; i + BLOCK <= n; i += BLOCK) {
		if (memcmp(p + i - BLOCK, p + i, BLOCK) == 0)
			return fault_set(f, ST_BAD_REPLY,
					 "The device's generator repeats itself, so that what it gives is not random. Nothing was "
					 "written. Do not make keys on this device, and do not trust those that were made on it.");
	}
	return ST_OK;
}

static enum status fill(struct step_env *e, struct secret *s, size_t n, struct fault *f)
{
	enum status st;

	for (size_t done = 0; done < n; done += PIECE) {
		const size_t piece = n - done < PIECE ? n - done : PIECE;

		job_progress(e->job, (unsigned)done, (unsigned)n, "");
		if (job_cancelled(e->job))
			return fault_set(f, ST_CANCELLED, "It was cancelled. No file was written.");
		if ((st = card_random(e->card, secret_bytes(s) + done, piece, f)) != ST_OK)
			return fault_add(f, "No file was written.");
	}
	if (!secret_set_len(s, n))
		return fault_set(f, ST_NO_MEMORY, NULL);
	return check_generator(secret_bytes(s), n, f);
}

static enum status draw(struct step_env *e, struct fault *f)
{
	struct random *state = run_state(e->run);
	const char *out = run_get(e->run, "out", 0);
	const size_t n = wanted(e->run);
	SECRET *s = secret_new(n);
	struct key_result *k;
	SESSION session = { 0 };
	enum status st;

	if (s == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	state->device.n_rows = 0;
	if ((st = file_check_new(out, f)) != ST_OK || (st = session_open(e, 0, &session, f)) != ST_OK ||
	    (st = fill(e, s, n, f)) != ST_OK || (st = file_write_new(out, secret_view(s), f)) != ST_OK)
		return st;
	if ((k = device_state_row(&state->device)) == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	snprintf(k->serial, sizeof(k->serial), "%s", session.look->serial);
	snprintf(k->file, sizeof(k->file), "%.*s", (int)sizeof(k->file) - 1, out);
	k->size = (unsigned)n;
	return record_random(e->store, session.look, n, k->file, f);
}

static void review(const struct run *r, struct prose *out)
{
	prose_add(out, PROSE_PLAIN,
		  "%zu random bytes will be drawn from the generator of %s and written to the new file %s. The device is not changed.",
		  wanted(r), run_serial(r), run_get(r, "out", 0));
}

static void outcome(const struct run *r, struct prose *out)
{
	const struct random *state = run_state(r);
	const struct key_result *k = state->device.rows;

	if (k == NULL)
		return;
	prose_add(out, PROSE_DONE, "%u random bytes from %s are in %s, which only you can read.", k->size, k->serial, k->file);
	prose_add(out, PROSE_PLAIN,
		  "If they are to be a secret, keep the file like one: whoever has copied it knows them. Nobody can draw them a "
		  "second time.");
}

/* By the number of commands. */
static const char *usual_of(const struct run *r)
{
	struct random *state = run_state(r);

	snprintf(state->usual, sizeof(state->usual), "random %zu", (wanted(r) + PIECE - 1) / PIECE);
	return state->usual;
}

static const struct question questions[] = {
	{
		.name = "bytes",
		.value = "N",
		.ask = ASK_NUMBER,
		.words = N_("Bytes"),
		.check = check_bytes,
		.help = N_("How many bytes, 1 to 65536. A key for AES 256 has 32, a key file usually 64."),
	},
	{
		.name = "out",
		.value = "FILE",
		.ask = ASK_NEW_FILE,
		.words = N_("File"),
		.help = N_("A new file, which only you can read; one that is there is never overwritten. The bytes are written as "
			   "they are, not as text."),
	},
	{ .name = NULL },
};

static const struct page pages[] = {
	{ .name = N_("Bytes"), .title = N_("How many, and where to"), .questions = questions },
	{ .name = NULL },
};

static const struct step steps[] = {
	{ .name = "draw", .words = N_("Draw the bytes, write the file"), .where = ON_DEVICE, .fn = draw, .usual_of = usual_of },
	{ .name = NULL },
};

const struct procedure procedure_random = {
	.name = "random",
	.command = "random",
	.title = N_("Random bytes"),
	.summary = N_("write random bytes of the device into a file"),
	.on_device = true,
	.one_session = true,
	.unrecorded = true,
	.pages = pages,
	.steps = steps,
	.state_size = sizeof(struct random),
	.state_done = device_state_done,
	.review = review,
	.outcome = outcome,
};
