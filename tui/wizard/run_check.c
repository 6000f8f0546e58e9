/* Is an answer what its question asks for? By its kind first, then by the question's own check. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/base/words.h"
#include "engine/card/pin.h"
#include "tui/wizard/runner.h"

#define PASSWORD_MIN 6   /* what sc-hsm-tool's own prompt accepts: a share must be usable there too */

static enum status missing(const struct question *q, struct fault *f)
{
	if (ask_is_secret(q->ask))
		return fault_set(f, ST_NEED_SECRET, "\"%s\" is not filled in.", translated(q->words));
	if (q->ask == ASK_OBJECTS || q->ask == ASK_CHOICE)
		return fault_set(f, ST_USAGE, "\"%s\": nothing is chosen.", translated(q->words));
	return fault_set(f, ST_USAGE, "\"%s\" is not filled in.", translated(q->words));
}

static size_t characters(const char *text)
{
	size_t n = 0, left = strlen(text), took;
	uint32_t cp;

	while ((took = text_decode(text, left, &cp)) > 0) {
		text += took;
		left -= took;
		n++;
	}
	return n;
}

static enum status only_blanks(const struct question *q, struct fault *f)
{
	return fault_set(f, ST_BAD_FORM, "\"%s\" has only blanks, which nobody can see. Type something, or leave it empty "
			 "where it may be.", translated(q->words));
}

static bool is_blank(const char *text)
{
	return strspn(text, " ") == strlen(text);
}

static enum status check_text(const struct run *r, const struct question *q, const char *text, struct fault *f)
{
	(void)r;
	if (!text_is_clean(text))
		return fault_set(f, ST_BAD_FORM, "\"%s\" has a character that cannot be shown, or is not valid UTF-8.",
				 translated(q->words));
	if (q->ask == ASK_TEXT && is_blank(text))
		return only_blanks(q, f);
	/* Elsewhere max counts values. */
	if (q->ask == ASK_TEXT && q->max > 0 && characters(text) > q->max)
		return fault_set(f, ST_BAD_FORM, "\"%s\" is too long: it may have %zu characters.", translated(q->words), q->max);
	return ST_OK;
}

/* max counts the values, not the characters of one. */
static enum status check_object(const struct run *r, const struct question *q, const char *text, struct fault *f)
{
	(void)r;
	if (!text_is_clean(text))
		return fault_set(f, ST_BAD_FORM, "\"%s\" has a character that cannot be shown, or is not valid UTF-8.",
				 translated(q->words));
	return ST_OK;
}

static enum status check_number(const struct run *r, const struct question *q, const char *text, struct fault *f)
{
	(void)r;
	if (strspn(text, "0123456789") != strlen(text))
		return fault_set(f, ST_BAD_FORM, "\"%s\" takes a number, in digits only.", translated(q->words));
	if (strlen(text) > 9)
		return fault_set(f, ST_BAD_FORM, "\"%s\" takes a number of 9 digits at most.", translated(q->words));
	return ST_OK;
}

static bool among(const struct choice *c, const char *text)
{
	for (; c && c->value; c++) {
		if (strcmp(c->value, text) == 0)
			return true;
	}
	return false;
}

/* Only those that are always the same: what is on a device is looked at there. */
static void list_values(const struct choice *c, char *out, size_t cap)
{
	size_t n = 0;

	for (out[0] = '\0'; c && c->value && n < cap; c++)
		n += (size_t)snprintf(out + n, cap - n, "%s%s", n > 0 ? ", " : "", c->value);
}

static enum status check_choice(const struct run *r, const struct question *q, const char *text, struct fault *f)
{
	struct choices several = { 0 };
	char values[200];
	enum status st;

	if (among(q->choices, text))
		return ST_OK;
	if (q->choices_of) {
		st = q->choices_of(r, &several, f);
		if (st != ST_OK)
			return st;
		for (size_t i = 0; i < several.n; i++) {
			if (strcmp(several.c[i].value, text) == 0)
				return ST_OK;
		}
	}
	list_values(q->choices, values, sizeof(values));
	if (values[0] != '\0')
		return fault_set(f, ST_BAD_FORM, "\"%s\" is none of what \"%s\" can be. It is one of these: %s.", text,
				 translated(q->words), values);
	return fault_set(f, ST_BAD_FORM, "\"%s\" is none of what \"%s\" can be.", text, translated(q->words));
}

static enum status check_flag(const struct run *r, const struct question *q, const char *text, struct fault *f)
{
	(void)r;
	return strcmp(text, "1") == 0 ? ST_OK : fault_set(f, ST_BAD_FORM, "\"%s\" can only be said or left out.", translated(q->words));
}

static enum status check_sentence(const struct run *r, const struct question *q, const char *text, struct fault *f)
{
	if (among(q->choices, text) || (r->env.script && strcmp(text, "1") == 0))
		return ST_OK;
	return fault_set(f, ST_BAD_FORM, q->optional ? N_("Leave it empty, or type exactly: %s") : N_("To go on, type exactly: %s"),
			 translated(q->choices[0].words));
}

static enum status check_file(const struct run *r, const struct question *q, const char *text, struct fault *f)
{
	(void)r;
	(void)q;
	struct stat sb;
	char folder[1024];

	if (access(text, F_OK) != 0 && text[0] == '~')
		return fault_set(f, ST_NOT_FOUND, "There is no file %s: ~ does not stand for a folder here. Write "
				 "the whole name, beginning with /.", text);
	if (access(text, F_OK) != 0 && text[0] != '/' && getcwd(folder, sizeof(folder)))
		return fault_set(f, ST_NOT_FOUND, "There is no file %s in the folder %s.", text, folder);
	if (access(text, F_OK) != 0)
		return fault_set(f, ST_NOT_FOUND, "There is no file %s.", text);
	if (stat(text, &sb) == 0 && S_ISDIR(sb.st_mode))
		return fault_set(f, ST_DISK, "%s is a folder. Give the name of a file in it.", text);
	if (access(text, R_OK) != 0)
		return fault_set(f, ST_DISK, "The file %s cannot be read: you have no right to it.", text);
	return ST_OK;
}

static enum status check_new_file(const struct run *r, const struct question *q, const char *text, struct fault *f)
{
	(void)r;
	return is_blank(text) ? only_blanks(q, f) : file_check_new(text, f);
}

static enum status check_other(const struct run *r, const struct question *q, const char *text, struct fault *f)
{
	if (strcmp(text, r->serial) == 0)
		return fault_set(f, ST_USAGE, "%s: %s is the device itself. Another one is needed, plugged in beside it.",
				 translated(q->words), text);
	return check_text(r, q, text, f);
}

static enum status (*const kinds[])(const struct run *, const struct question *, const char *, struct fault *) = {
	[ASK_TEXT] = check_text,
	[ASK_NUMBER] = check_number,
	[ASK_CHOICE] = check_choice,
	[ASK_YES] = check_flag,
	[ASK_FILE] = check_file,
	[ASK_NEW_FILE] = check_new_file,
	[ASK_FILES] = check_file,
	[ASK_DEVICE] = check_text,
	[ASK_OTHER] = check_other,
	[ASK_OBJECTS] = check_object,
	[ASK_SENTENCE] = check_sentence,
};

static enum status check_values(const struct run *r, const struct question *q, struct fault *f)
{
	unsigned n = run_count(r, q->name);

	if (n == 0)
		return q->optional ? ST_OK : missing(q, f);
	if (q->max > 0 && n > q->max)
		return fault_set(f, ST_BAD_FORM, "\"%s\": there may be %zu at most.", translated(q->words), q->max);
	for (unsigned i = 0; i < n; i++) {
		enum status st = kinds[q->ask](r, q, run_get(r, q->name, i), f);

		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status check_so_pin(const struct secret *s, struct fault *f)
{
	SECRET *so = secret_new(PIN_SO_LEN);

	if (!so)
		return fault_set(f, ST_NO_MEMORY, NULL);
	return pin_check_so(s, so, f);
}

static enum status check_secret(struct run *r, const struct question *q, unsigned index, struct fault *f)
{
	const struct secret *s = run_secret(r, q->name, index);

	if (!s)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (secret_len(s) == 0)
		return q->optional ? ST_OK : missing(q, f);
	if (q->ask == ASK_SO_PIN)
		return check_so_pin(s, f);
	if (q->ask == ASK_PASSWORD && secret_len(s) > question_secret_max(q))
		return fault_set(f, ST_BAD_FORM, "\"%s\" has more than %zu bytes, which is more than Keyroom takes. Nothing was done.",
				 translated(q->words), question_secret_max(q));
	if (q->ask == ASK_PIN)
		return q->twice ? pin_check_user(s, 0, f) : pin_check_current(s, f);
	if (q->twice && secret_len(s) < PASSWORD_MIN)
		return fault_set(f, ST_BAD_FORM, "\"%s\" must have at least %d characters.", translated(q->words), PASSWORD_MIN);
	return ST_OK;
}

enum status answer_check(struct run *r, const struct question *q, unsigned index, struct fault *f)
{
	enum status st;

	if (!question_is_asked(r, q, index))
		return ST_OK;
	if (ask_is_secret(q->ask)) {
		st = check_secret(r, q, index, f);
	} else if (q->ask == ASK_FILES || q->ask == ASK_OBJECTS) {
		st = check_values(r, q, f);
	} else {
		const char *text = run_get(r, q->name, index);

		if (!text[0])
			st = q->optional || q->ask == ASK_YES ? ST_OK : missing(q, f);
		else
			st = kinds[q->ask](r, q, text, f);
	}
	if (st == ST_OK && q->check)
		st = q->check(r, index, f);
	return st;
}
