/* A folder of cards as a source of readers, one for each. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/file.h"
#include "engine/sim/card.h"

#define READERS_MAX 64

struct sim_reader {
	char stem[NAME_MAX + 1];   /* the file's name without its suffix, which is the serial number */
	struct sim_card *card;     /* NULL while another program has the file open */
	unsigned changes;
	bool was_in;               /* at the last list */
};

struct sim_source {
	struct source base;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	bool cancelled;
	unsigned long changes, listed;   /* something changed since the last list where they differ */
	char dir[PATH_MAX];
	struct sim_options options;
	char *firmware, *fault, *trace;   /* our copies of what options points to */
	size_t n;
	struct sim_reader readers[READERS_MAX];
};

static struct sim_source *self(struct source *s)
{
	return (struct sim_source *)(void *)s;
}

static void wake(struct sim_source *s)
{
	s->changes++;
	(void)pthread_cond_broadcast(&s->woken);
}

static void reader_name(const struct sim_source *s, size_t i, char out[static READER_NAME_MAX])
{
	(void)snprintf(out, READER_NAME_MAX, "Simulated Reader %02zu 00 (%.80s)", i, s->readers[i].stem);
}

/* -1 where there is none. */
static int find(const struct sim_source *s, const char *reader)
{
	for (size_t i = 0; i < s->n; i++) {
		char name[READER_NAME_MAX];

		reader_name(s, i, name);
		if (strcmp(name, reader) == 0)
			return (int)i;
	}
	return -1;
}

static enum status open_card(struct sim_source *s, struct sim_reader *r, struct fault *f)
{
	struct sim_options o = s->options;
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s%s", s->dir, r->stem, SIM_CARD_SUFFIX) >= (int)sizeof(path))
		return fault_set(f, ST_BAD_FORM, "The name of the rehearsal's folder is too long.");
	o.serial = r->stem;
	return sim_card_open(path, &o, &r->card, f);
}

/* A reader more, and its card, made where it is not there. A card that is in use stays out of reach for now. */
static enum status add_reader(struct sim_source *s, const char *stem, struct fault *f)
{
	struct sim_reader *r = &s->readers[s->n];
	enum status st;

	if (s->n == READERS_MAX)
		return fault_set(f, ST_REFUSED, "A rehearsal has at most %d simulated readers.", READERS_MAX);
	*r = (struct sim_reader){ 0 };
	(void)snprintf(r->stem, sizeof(r->stem), "%s", stem);
	st = open_card(s, r, f);
	if (st == ST_READER_BUSY)
		st = ST_OK;
	if (st == ST_OK)
		s->n++;
	return st;
}

/* The serial number after this one: its last digits, counted up, as wide as before. */
static bool next_serial(const char *serial, char out[static SIM_SERIAL_MAX + 1])
{
	size_t n = strlen(serial);

	if (n > SIM_SERIAL_MAX)
		return false;
	memcpy(out, serial, n + 1);
	while (n-- > 0 && out[n] >= '0' && out[n] <= '9') {
		if (out[n]++ != '9')
			return true;
		out[n] = '0';
	}
	return false;
}

/* By number where both end in one, which has the same width: so by text. */
static enum status add_next(struct sim_source *s, struct fault *f)
{
	char serial[SIM_SERIAL_MAX + 1] = "DENK0200914";

	if (s->n == 0 && s->options.serial != NULL)
		(void)snprintf(serial, sizeof(serial), "%s", s->options.serial);
	for (size_t i = 0; i < s->n; i++) {
		char next[SIM_SERIAL_MAX + 1];

		if (next_serial(s->readers[i].stem, next) && (i == 0 || strcmp(next, serial) > 0))
			memcpy(serial, next, sizeof(serial));
	}
	return add_reader(s, serial, f);
}

static int is_card(const struct dirent *d)
{
	size_t n = strlen(d->d_name), suffix = strlen(SIM_CARD_SUFFIX);

	return n > suffix && strcmp(d->d_name + n - suffix, SIM_CARD_SUFFIX) == 0 && d->d_name[0] != '.';
}

static enum status scan(struct sim_source *s, struct fault *f)
{
	struct dirent **list = NULL;
	enum status st = ST_OK;
	int n = scandir(s->dir, &list, is_card, alphasort);

	if (n < 0)
		return fault_set(f, ST_DISK, "The folder %s could not be read: %s.", s->dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		char stem[NAME_MAX + 1];

		(void)snprintf(stem, sizeof(stem), "%.*s", (int)(strlen(list[i]->d_name) - strlen(SIM_CARD_SUFFIX)),
			       list[i]->d_name);
		if (st == ST_OK)
			st = add_reader(s, stem, f);
		if (st != ST_OK)
			fault_add(f, "The card is %s/%s.", s->dir, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	for (unsigned i = 0; st == ST_OK && n == 0 && i < s->options.cards; i++)
		st = add_next(s, f);
	return st;
}

static void describe(struct sim_source *s, size_t i, struct reader *ret)
{
	struct sim_reader *r = &s->readers[i];
	bool in;

	*ret = (struct reader){ 0 };
	reader_name(s, i, ret->name);
	if (r->card == NULL && open_card(s, r, NULL) != ST_OK) {
		ret->state = READER_IN_USE;
		return;
	}
	(void)pthread_mutex_lock(&r->card->gate);
	in = r->card->plugged;
	ret->changes = (unsigned)r->card->epoch;
	(void)pthread_mutex_unlock(&r->card->gate);
	ret->state = !in ? READER_EMPTY : sim_card_mute(r->card) ? READER_MUTE : READER_CARD;
	if (ret->state == READER_CARD)
		ret->atr_len = sim_card_atr(r->card, ret->atr);
}

static enum status op_list(struct source *base, struct reader **ret, size_t *ret_n, struct fault *f)
{
	struct sim_source *s = self(base);
	struct reader *list;

	(void)pthread_mutex_lock(&s->lock);
	list = calloc(s->n + 1, sizeof(*list));
	for (size_t i = 0; list != NULL && i < s->n; i++) {
		describe(s, i, &list[i]);
		s->readers[i].was_in = list[i].state != READER_EMPTY;
	}
	if (list != NULL) {
		*ret = list;
		*ret_n = s->n;
		s->listed = s->changes;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return list != NULL ? ST_OK : fault_set(f, ST_NO_MEMORY, NULL);
}

/* A card can also vanish by a misbehaviour of its own, which does not wake us: looked for in turns. */
static bool differs(const struct sim_source *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->readers[i].card != NULL && sim_card_plugged(s->readers[i].card) != s->readers[i].was_in)
			return true;
	}
	return s->changes != s->listed;
}

#define TURN_MS 100

static enum status op_wait(struct source *base, int timeout_ms, struct fault *f)
{
	struct sim_source *s = self(base);
	int64_t left = timeout_ms;

	(void)f;
	(void)pthread_mutex_lock(&s->lock);
	while (!s->cancelled && !differs(s) && (timeout_ms < 0 || left > 0)) {
		int64_t ms = timeout_ms >= 0 && left < TURN_MS ? left : TURN_MS;
		struct timespec until;

		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += (long)ms * 1000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		(void)pthread_cond_timedwait(&s->woken, &s->lock, &until);
		left -= ms;
	}
	s->cancelled = false;
	(void)pthread_mutex_unlock(&s->lock);
	return ST_OK;
}

static void op_cancel(struct source *base)
{
	struct sim_source *s = self(base);

	(void)pthread_mutex_lock(&s->lock);
	s->cancelled = true;
	(void)pthread_cond_broadcast(&s->woken);
	(void)pthread_mutex_unlock(&s->lock);
}

/* The card of a reader, opened where it can be. */
static enum status card_of(struct sim_source *s, const char *reader, struct sim_card **ret, struct fault *f)
{
	int i = find(s, reader);

	if (i < 0)
		return fault_set(f, ST_NO_READER, "There is no simulated reader of this name.");
	if (s->readers[i].card == NULL) {
		enum status st = open_card(s, &s->readers[i], f);

		if (st != ST_OK)
			return st;
	}
	*ret = s->readers[i].card;
	return ST_OK;
}

static enum status op_open(struct source *base, const char *reader, struct transport **ret, struct fault *f)
{
	struct sim_source *s = self(base);
	struct sim_card *card = NULL;
	enum status st;

	(void)pthread_mutex_lock(&s->lock);
	st = card_of(s, reader, &card, f);
	(void)pthread_mutex_unlock(&s->lock);
	if (st == ST_OK && sim_card_mute(card))
		return fault_set(f, ST_NO_CARD, "The card in this reader does not answer.");
	return st == ST_OK ? sim_transport_open(card, ret, f) : st;
}

static enum status op_plug(struct source *base, const char *reader, bool in, struct fault *f)
{
	struct sim_source *s = self(base);
	struct sim_card *card = NULL;
	enum status st;

	(void)pthread_mutex_lock(&s->lock);
	st = card_of(s, reader, &card, f);
	if (st == ST_OK) {
		sim_card_plug(card, in);
		wake(s);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return st;
}

static enum status op_add(struct source *base, struct fault *f)
{
	struct sim_source *s = self(base);
	enum status st;

	(void)pthread_mutex_lock(&s->lock);
	st = add_next(s, f);
	if (st == ST_OK)
		wake(s);
	(void)pthread_mutex_unlock(&s->lock);
	return st;
}

static void op_close(struct source *base)
{
	struct sim_source *s = self(base);

	for (size_t i = 0; i < s->n; i++)
		sim_card_close(s->readers[i].card);
	(void)pthread_cond_destroy(&s->woken);
	(void)pthread_mutex_destroy(&s->lock);
	free(s->firmware);
	free(s->fault);
	free(s->trace);
	free(s);
}

static bool copy_text(const char *text, char **ret, const char **ret_option)
{
	*ret = text == NULL ? NULL : strdup(text);
	*ret_option = *ret;
	return text == NULL || *ret != NULL;
}

static enum status copy_options(struct sim_source *s, const struct sim_options *o, const char *dir, struct fault *f)
{
	if (o != NULL)
		s->options = *o;
	if (!copy_text(s->options.firmware, &s->firmware, &s->options.firmware) ||
	    !copy_text(s->options.fault, &s->fault, &s->options.fault) ||
	    !copy_text(s->options.trace, &s->trace, &s->options.trace))
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (snprintf(s->dir, sizeof(s->dir), "%s", dir) >= (int)sizeof(s->dir))
		return fault_set(f, ST_BAD_FORM, "The name of the rehearsal's folder is too long.");
	return ST_OK;
}

static bool init_locks(struct sim_source *s)
{
	pthread_condattr_t attr;
	bool done;

	if (pthread_mutex_init(&s->lock, NULL) != 0 || pthread_condattr_init(&attr) != 0)
		return false;
	done = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(&s->woken, &attr) == 0;
	(void)pthread_condattr_destroy(&attr);
	return done;
}

enum status sim_source_open(const char *dir, const struct sim_options *o, struct source **ret, struct fault *f)
{
	static const struct source_ops ops = {
		.list = op_list, .wait = op_wait, .cancel = op_cancel, .open = op_open, .plug = op_plug, .add = op_add,
		.close = op_close,
	};
	struct sim_source *s;
	enum status st = file_make_dir(dir, f);

	if (st != ST_OK)
		return st;
	s = calloc(1, sizeof(*s));
	if (s == NULL || !init_locks(s)) {
		free(s);
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	s->base = (struct source){ .ops = &ops, .simulated = true };
	st = copy_options(s, o, dir, f);
	if (st == ST_OK)
		st = scan(s, f);
	s->options.serial = NULL;   /* the caller's, and of no use any more */
	if (st != ST_OK) {
		op_close(&s->base);
		return st;
	}
	*ret = &s->base;
	return ST_OK;
}

struct sim_card *sim_source_card_at(struct source *base, size_t i)
{
	struct sim_source *s = self(base);
	struct sim_card *card;

	(void)pthread_mutex_lock(&s->lock);
	card = i < s->n ? s->readers[i].card : NULL;
	(void)pthread_mutex_unlock(&s->lock);
	return card;
}

struct sim_card *sim_source_card(struct source *base, const char *reader)
{
	struct sim_source *s = self(base);
	int i;

	(void)pthread_mutex_lock(&s->lock);
	i = find(s, reader);
	(void)pthread_mutex_unlock(&s->lock);
	return i < 0 ? NULL : sim_source_card_at(base, (size_t)i);
}
