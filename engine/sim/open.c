/* Opening a card: its options, its file, a new one from the factory. */
#include "engine/sim/card.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_SERIAL "DENK0200914"
#define DEFAULT_FIRMWARE "3.6"
#define MEMORY_MAX_KIB 1024

/* real-devices.md 2 and smartcard-hsm.md 1.1; firmware 4.1 was seen to begin 3B DE 96. */
static const struct {
	uint8_t since;
	uint8_t n;
	uint8_t bytes[24];
} atrs[] = {
	{ 4, 24, { 0x3b, 0xde, 0x96, 0xff, 0x81, 0x91, 0xfe, 0x1f, 0xc3, 0x80, 0x31, 0x81, 0x54, 0x48, 0x53, 0x4d, 0x31,
		   0x73, 0x80, 0x21, 0x40, 0x81, 0x07, 0x92 } },
	{ 3, 24, { 0x3b, 0xde, 0x18, 0xff, 0x81, 0x91, 0xfe, 0x1f, 0xc3, 0x80, 0x31, 0x81, 0x54, 0x48, 0x53, 0x4d, 0x31,
		   0x73, 0x80, 0x21, 0x40, 0x81, 0x07, 0x1c } },
	{ 0, 24, { 0x3b, 0xfe, 0x18, 0x00, 0x00, 0x81, 0x31, 0xfe, 0x45, 0x80, 0x31, 0x81, 0x54, 0x48, 0x53, 0x4d, 0x31,
		   0x73, 0x80, 0x21, 0x40, 0x81, 0x07, 0xfa } },
};

size_t sim_card_atr(const struct sim_card *c, uint8_t out[static ATR_MAX])
{
	size_t i = 0;

	while (atrs[i].since > c->major)
		i++;
	memcpy(out, atrs[i].bytes, atrs[i].n);
	return atrs[i].n;
}

static bool parse_firmware(const char *text, uint8_t *ret_major, uint8_t *ret_minor)
{
	if (text[0] < '1' || text[0] > '9' || text[1] != '.' || !isdigit((unsigned char)text[2]) ||
	    (text[3] != '\0' && (!isdigit((unsigned char)text[3]) || text[4] != '\0')))
		return false;
	*ret_major = (uint8_t)(text[0] - '0');
	*ret_minor = (uint8_t)strtoul(text + 2, NULL, 10);
	return true;
}

static bool serial_fits(const char *serial)
{
	size_t n = strlen(serial);

	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)serial[i]))
			return false;
	}
	return n >= 3 && n <= SIM_SERIAL_MAX;
}

/* Options to the beginnings of a state. */
static enum status plan(struct sim_state *s, const struct sim_options *o, struct fault *f)
{
	const char *serial = o->serial != NULL ? o->serial : DEFAULT_SERIAL;
	unsigned kib = o->memory_kib;

	if (!parse_firmware(o->firmware != NULL ? o->firmware : DEFAULT_FIRMWARE, &s->major, &s->minor))
		return fault_set(f, ST_BAD_FORM, "The firmware of a simulated card is given as 2.0, 3.6 or 4.1.");
	if (!serial_fits(serial))
		return fault_set(f, ST_BAD_FORM, "A serial number has 3 to %d letters and digits.", SIM_SERIAL_MAX);
	if (kib > MEMORY_MAX_KIB)
		return fault_set(f, ST_BAD_FORM, "A simulated card has 1 to %d KiB of memory.", MEMORY_MAX_KIB);
	if (kib == 0)
		kib = s->major < 3 ? 32 : 76;   /* section 3.2 */
	s->memory = kib * 1024;
	memcpy(s->serial, serial, strlen(serial) + 1);
	return ST_OK;
}

static enum status make(struct sim_card *c, const char *path, const struct sim_options *o, struct fault *f)
{
	BUF bytes = { 0 };
	enum status st = plan(&c->state, o, f);

	if (st != ST_OK)
		return st;
	if (!sim_factory(&c->state))
		return fault_set(f, ST_CRYPTO, NULL);
	sim_state_save(&c->state, &bytes);
	if (bytes.failed)
		return fault_set(f, ST_NO_MEMORY, NULL);
	/* The bytes of a state are more than what the card charges for: heads and lengths of up to 1024 files. */
	return sim_disk_make(&c->disk, path, !o->no_sync, 2 * (size_t)c->state.memory + 65536, buf_view(&bytes), f);
}

static enum status load(struct sim_card *c, const char *path, const struct sim_options *o, struct fault *f)
{
	BUF bytes = { 0 };
	enum status st = sim_disk_open(&c->disk, path, !o->no_sync, f);

	if (st == ST_OK)
		st = sim_disk_load(&c->disk, &bytes, f);
	if (st == ST_OK && !sim_state_load(&c->state, buf_view(&bytes)))
		st = fault_set(f, ST_DAMAGED, "The simulated card's file was written by another version of this program.");
	return st;
}

static enum status open_file(struct sim_card *c, const char *path, const struct sim_options *o, struct fault *f)
{
	enum status st = load(c, path, o, f);

	if (st == ST_NOT_FOUND) {
		st = make(c, path, o, f);
		if (st == ST_FILE_EXISTS)   /* somebody was quicker, and has it open */
			st = load(c, path, o, f);
	}
	return st;
}

static enum status open_trace(struct sim_card *c, const char *path, struct fault *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	c->trace = fd < 0 ? NULL : fdopen(fd, "a");
	if (c->trace != NULL)
		return ST_OK;
	if (fd >= 0)
		(void)close(fd);
	return fault_set(f, ST_DISK, "The trace file could not be opened: %s.", strerror(errno));
}

static bool init_locks(struct sim_card *c)
{
	pthread_condattr_t attr;
	bool done;

	if (pthread_mutex_init(&c->work, NULL) != 0 || pthread_mutex_init(&c->gate, NULL) != 0 ||
	    pthread_condattr_init(&attr) != 0)
		return false;
	done = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(&c->changed, &attr) == 0;
	(void)pthread_condattr_destroy(&attr);
	return done;
}

enum status sim_card_open(const char *path, const struct sim_options *o, struct sim_card **ret, struct fault *f)
{
	static const struct sim_options defaults;
	struct sim_card *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (!init_locks(fresh)) {
		free(fresh);
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	CLEANUP(sim_card_close_guard) struct sim_card *c = fresh;
	c->disk.fd = -1;
	if (o == NULL)
		o = &defaults;
	sim_session_clear(&c->session);
	c->realistic = o->realistic;
	c->hook = o->hook;
	c->hook_arg = o->hook_arg;
	c->plugged = true;
	st = sim_faults_parse(&c->faults, o->fault, f);
	if (st == ST_OK)
		st = open_file(c, path, o, f);
	if (st == ST_OK && o->trace != NULL)
		st = open_trace(c, o->trace, f);
	if (st != ST_OK)
		return st;
	memcpy(c->serial, c->state.serial, sizeof(c->serial));
	c->major = c->state.major;
	*ret = STEAL(c);
	return ST_OK;
}

void sim_card_close(struct sim_card *c)
{
	if (c == NULL)
		return;
	sim_state_done(&c->state);
	sim_session_clear(&c->session);
	sim_disk_close(&c->disk);
	if (c->trace != NULL)
		(void)fclose(c->trace);   /* a trace is flushed line by line */
	(void)pthread_cond_destroy(&c->changed);
	(void)pthread_mutex_destroy(&c->gate);
	(void)pthread_mutex_destroy(&c->work);
	free(c);
}
