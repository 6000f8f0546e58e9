#include "tui/command/ask.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/base/words.h"
#include "tui/command/given.h"
#include "tui/command/print.h"
#include "tui/command/questions.h"
#include "tui/command/result.h"
#include "tui/command/tty.h"
#include "tui/wizard/fleet.h"

#define TRIES_AT_A_PROMPT 3   /* of a value's form or a share's password; a card's PIN is never asked twice by itself */

/* What the prompt says: the words, what may be typed, what an empty line takes. */
static void prompt_of(const struct question *q, const char *proposal, bool again, char *out, size_t cap)
{
	const char *words = translated(q->words);
	size_t n = (size_t)(again ? snprintf(out, cap, _("%s, once more"), words) : snprintf(out, cap, "%s", words));

	if (q->ask == ASK_SENTENCE && n < cap)
		n += (size_t)snprintf(out + n, cap - n, _(" (type: %s)"), translated(q->choices[0].words));
	if (proposal[0] != '\0' && n < cap)
		n += (size_t)snprintf(out + n, cap - n, " [%s]", proposal);
	if (n < cap)
		snprintf(out + n, cap - n, ": ");
}

static void print_choices(const struct run *r, const struct question *q)
{
	struct choices several = { 0 };
	struct fault f;

	for (const struct choice *c = q->choices; q->ask != ASK_SENTENCE && c != NULL && c->value != NULL; c++)
		fprintf(stderr, "  %-14s %s\n", c->value, translated(c->words));
	if (q->choices_of == NULL || q->choices_of(r, &several, &f) != ST_OK)
		return;
	for (size_t i = 0; i < several.n; i++)
		fprintf(stderr, "  %-14s %s\n", several.c[i].value, several.c[i].words);
}

static enum status type_secret(struct run *r, const struct question *q, unsigned index, struct fault *f)
{
	struct secret *s = run_secret(r, q->name, index);
	char prompt[400];
	enum status st;

	if (s == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	prompt_of(q, "", false, prompt, sizeof(prompt));
	st = tty_secret(prompt, s, f);
	if (st != ST_OK || !q->twice || (q->optional && secret_len(s) == 0))
		return st;
	SECRET *again = secret_new(secret_cap(s));
	if (again == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	prompt_of(q, "", true, prompt, sizeof(prompt));
	st = tty_secret(prompt, again, f);
	if (st == ST_OK && !secret_equal(s, again)) {
		secret_wipe(s);
		st = fault_set(f, ST_BAD_FORM, "The two are not the same. Nothing was changed.");
	}
	return st;
}

static bool has_control(const struct secret *s)
{
	struct cur c = secret_view(s);
	bool control = false;

	for (size_t i = 0; i < c.n; i++)
		control |= c.p[i] < ' ' || c.p[i] == 0x7f;
	return control;
}

static enum status secret_answer(const struct here *h, struct run *r, const struct question *q, unsigned index, bool *ret_typed,
				 struct fault *f)
{
	const char *file = given_value(h->args, run_procedure(r), q, index);
	struct secret *s;
	bool readable;
	enum status st;

	if (file != NULL) {
		s = run_secret(r, q->name, index);
		if (s == NULL)
			return fault_set(f, ST_NO_MEMORY, NULL);
		st = file_read_secret(file, s, &readable, f);
		if (st == ST_OK && readable)
			print_line(PROSE_WARNING, "Others on this computer can read %s, which a secret was taken from.", file);
		if (st == ST_OK && secret_len(s) == 0 && !q->optional)
			return fault_set(f, ST_BAD_FORM, "The first line of %s is empty, so there is no %s in it. Nothing was done.", file,
					 translated(q->words));
		if (st == ST_OK && has_control(s))
			print_line(PROSE_WARNING, "The first line of %s has a character that cannot be typed, a carriage return most "
						  "often. It was taken as it stands.", file);
		return st == ST_NOT_FOUND ? fault_set(f, ST_USAGE, "\"%s\" is not there.", file) : st;
	}
	if (q->optional && !tty_here())
		return ST_OK;
	if (!tty_here()) {
		char name[OPTION_NAME_MAX];

		question_option(q, name);
		if (index > 0)
			return fault_set(f, ST_NEED_SECRET, "%s %u: there is no terminal to type it at, and no --%s was given for it. "
					 "Nothing was done.", translated(q->words), index + 1, name);
		return fault_set(f, ST_NEED_SECRET, "%s: there is no terminal to type it at, and no --%s was given. Nothing was done.",
				 translated(q->words), name);
	}
	*ret_typed = true;
	return type_secret(r, q, index, f);
}

/* A second device is named as the first one is; the answer is its serial. */
static enum status other_answer(const struct here *h, struct run *r, const struct question *q, const char *which, struct fault *f)
{
	const char *confirm = h->args->confirm;
	const struct fleet_device *d;
	enum status st = fleet_scan_wait(h->fleet, which, FLEET_WHO, SCAN_TIMEOUT_MS, &d, f);

	if (st != ST_OK)
		return st;
	if (confirm != NULL && strcmp(confirm, d->serial) != 0 && strcmp(confirm, run_serial(r)) != 0)
		return fault_set(f, ST_REFUSED, "--confirm says %s, but these devices are %s and %s. Nothing was done.", confirm,
				 run_serial(r), d->serial);
	run_other_reader(r, d->reader);
	return run_set(r, q->name, 0, d->serial, f);
}

/* Takes a flag, a value, several values; *ret_given tells whether there was any. */
static enum status option_answer(const struct here *h, struct run *r, const struct question *q, unsigned index, bool *ret_given,
				 struct fault *f)
{
	const char *value = given_value(h->args, run_procedure(r), q, index);
	enum status st = ST_OK;

	*ret_given = value != NULL;
	if (value == NULL)
		return ST_OK;
	if (q->ask == ASK_OTHER)
		return other_answer(h, r, q, value, f);
	if (q->ask == ASK_YES)
		return run_set(r, q->name, index, "1", f);
	if (q->ask == ASK_SENTENCE)
		return run_set(r, q->name, index, q->choices[0].value, f);
	if (q->ask == ASK_NUMBER && value[0] == '\0')   /* which as an answer would mean that none was given */
		return fault_set(f, ST_USAGE, "--%s needs a number, and an empty word is none. Nothing was done.", q->name);
	if (q->ask != ASK_FILES && q->ask != ASK_OBJECTS)
		return run_set(r, q->name, index, value, f);
	for (unsigned i = 0; st == ST_OK && value != NULL; value = given_value(h->args, run_procedure(r), q, ++i))
		st = run_set(r, q->name, i, value, f);
	return st;
}

static enum status type_answer(const struct here *h, struct run *r, const struct question *q, unsigned index, const char *proposal,
			       struct fault *f)
{
	char prompt[240], line[1024];
	enum status st;

	print_choices(r, q);
	prompt_of(q, proposal, false, prompt, sizeof(prompt));
	st = tty_line(prompt, line, sizeof(line), f);
	if (st == ST_OK && q->ask == ASK_OTHER)
		st = other_answer(h, r, q, line, f);
	else if (st == ST_OK)
		st = run_set(r, q->name, index, line[0] != '\0' ? line : proposal[0] != '\0' ? proposal : NULL, f);
	return st;
}

/* How one page is asked: what is optional only once it turned out that something of it is needed, until one is answered. */
struct asking {
	bool all, enough;
	bool typed;   /* something was, so that it can be typed again */
	struct prose *said;   /* warnings so far */
};

/* To a person all of it; to a script the warnings, each once: what a page warned of, the review does not say again. */
static void tell(struct prose *said, const struct prose *p, bool warnings_only)
{
	PROSE fresh = { 0 };
	const size_t before = said->n;   /* of two keys in one text the same may have to be said of each */

	for (size_t i = 0; i < p->n && !tty_here(); i++) {
		bool old = p->p[i].role != PROSE_WARNING;

		for (size_t j = 0; j < before && !old; j++)
			old = strcmp(said->p[j].text, p->p[i].text) == 0;
		if (old)
			continue;
		prose_add(&fresh, PROSE_WARNING, "%s", p->p[i].text);
		prose_add(said, PROSE_WARNING, "%s", p->p[i].text);
	}
	print_prose(tty_here() ? p : &fresh, warnings_only);
}

static enum status answer(const struct here *h, struct run *r, const struct question *q, unsigned index, struct asking *a,
			  struct fault *f)
{
	char proposal[512] = "";
	bool given;
	enum status st;

	if (q->asked != NULL && !q->asked(r, index))
		return ST_OK;
	if (q->ask == ASK_DEVICE)
		return run_set(r, q->name, index, run_serial(r), f);
	if (ask_is_secret(q->ask))
		return secret_answer(h, r, q, index, &a->typed, f);
	st = option_answer(h, r, q, index, &given, f);
	if (st != ST_OK || given || (a->all && run_get(r, q->name, index)[0] != '\0'))
		return st;
	if (q->proposal != NULL)
		q->proposal(r, index, proposal, sizeof(proposal));
	if (q->unlisted || q->ask == ASK_YES || (q->optional && (!a->all || a->enough)))
		return proposal[0] != '\0' ? run_set(r, q->name, index, proposal, f) : ST_OK;
	if (!tty_here()) {
		char name[OPTION_NAME_MAX], option[OPTION_NAME_MAX + 2];

		question_option(q, name);
		snprintf(option, sizeof(option), q->positional ? "%s" : "--%s", q->positional && q->value != NULL ? q->value : name);
		return fault_set(f, ST_USAGE, "\"%s\" needs %s. See keyroom %s --help.", h->args->command->name, option,
				 h->args->command->name);
	}
	a->typed = true;
	st = type_answer(h, r, q, index, proposal, f);
	a->enough |= q->optional && run_get(r, q->name, index)[0] != '\0';
	return st;
}

static enum status answer_page(const struct here *h, struct run *r, struct asking *a, struct fault *f)
{
	unsigned index;
	const struct page *page = run_page(r, &index);
	const char *bad;
	enum status st;

	if (page->text != NULL && !a->all) {
		PROSE text = { 0 };

		page->text(r, index, &text);
		tell(a->said, &text, false);
	}
	for (const struct question *q = page->questions; q != NULL && q->name != NULL; q++) {
		PROSE warning = { 0 };

		st = answer(h, r, q, index, a, f);
		if (st != ST_OK)
			return st;
		if (q->warn != NULL && (q->asked == NULL || q->asked(r, index)))
			q->warn(r, index, &warning);
		tell(a->said, &warning, true);
	}
	return run_next(r, &bad, f);
}

static void show_progress(void *ctx, const struct run *r)
{
	struct run_progress now;
	const struct step **last = ctx;

	run_progress(r, &now);
	if (now.step == NULL)
		return;
	if (isatty(STDERR_FILENO) == 1)
		print_progress(&now);
	else if (*last != now.step)
		print_line(PROSE_PLAIN, "%s ...", translated(now.step->words));
	*last = now.step;
}

/* Set by a signal, and looked at between events. */
static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int number)
{
	(void)number;
	stop_asked = 1;
}

struct waiting {
	const struct step *last;   /* that was shown */
	struct run *run;
	bool stopping;
};

static void look_up(void *ctx, const struct run *r)
{
	struct waiting *w = ctx;

	show_progress(&w->last, r);
	if (!stop_asked || w->stopping)
		return;
	w->stopping = true;
	if (isatty(STDERR_FILENO) == 1)
		print_progress(NULL);
	print_line(PROSE_WARNING, "It stops as soon as nothing is half done. Asked a second time, it stops at once: then the same "
				  "command finds out how far it came.");
	run_cancel(w->run);
}

/* While a device is worked on, the first ^C stops it between two keys; the second ends the program, as everywhere else. */
static void wait_for(struct run *r)
{
	const struct sigaction soft = { .sa_handler = ask_to_stop, .sa_flags = (int)SA_RESETHAND };
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction before[sizeof(signals) / sizeof(signals[0])];
	struct waiting w = { .run = r };
	sigset_t stops;

	tty_keep_going(&stops);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		/* What whoever started us wants to be deaf to stays so. */
		if (sigaction(signals[i], NULL, &before[i]) == 0 && before[i].sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &soft, NULL);
	}
	run_wait(r, look_up, &w);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaction(signals[i], &before[i], NULL);
	if (w.last != NULL && isatty(STDERR_FILENO) == 1)
		print_progress(NULL);
	tty_may_stop(&stops);
}

static enum status confirm(const struct here *h, struct run *r, struct fault *f)
{
	const struct procedure *p = run_procedure(r);
	const char *wanted = p->confirm != NULL ? p->confirm(r) : NULL;
	char line[64], prompt[400];
	enum status st;

	if (wanted == NULL)
		return ST_OK;
	if (h->args->confirm == NULL && !tty_here())
		return fault_set(f, ST_REFUSED, "This needs --confirm %s, because something would be lost for good. Nothing was done.",
				 wanted);
	if (h->args->confirm == NULL) {
		snprintf(prompt, sizeof(prompt), _("Type %s to go on: "), wanted);
		st = tty_line(prompt, line, sizeof(line), f);
		if (st != ST_OK)
			return st;
	}
	if (strcmp(h->args->confirm != NULL ? h->args->confirm : line, wanted) != 0)
		return fault_set(f, ST_REFUSED, "That is not %s. Nothing was done.", wanted);
	run_confirm(r);
	return ST_OK;
}

/* Was the answer of this index taken? A run that is taken up again needs fewer secrets than the first attempt did. */
static bool is_used(const struct run *r, const struct question *q, unsigned index)
{
	if (ask_is_secret(q->ask))
		return run_is_resumed(r) || run_secret_typed(r, q->name, index) != NULL;
	return run_get(r, q->name, index)[0] != '\0';
}

/*
 * What was given and then not asked for is a misunderstanding: three shares for a device that is to have two, a new SO-PIN
 * for one that can have none; and where a question is strict, anything else.
 */
static enum status all_files_used(const struct here *h, const struct run *r, struct fault *f)
{
	const struct question *q;

	for (size_t i = 0; (q = procedure_question(run_procedure(r), i)) != NULL; i++) {
		char name[OPTION_NAME_MAX];
		unsigned n = 0;

		if (q->spare || (q->ask != ASK_FILE && q->ask != ASK_NEW_FILE && !ask_is_secret(q->ask) && !q->strict))
			continue;
		while (given_value(h->args, run_procedure(r), q, n) != NULL)
			n++;
		if (n == 0 || is_used(r, q, n - 1))
			continue;
		question_option(q, name);
		return q->positional ? fault_set(f, ST_USAGE, "%s is given, but there is no use for it here. Nothing was done.",
						 given_value(h->args, run_procedure(r), q, n - 1)) :
				       fault_set(f, ST_USAGE, "--%s %s is given, but there is no use for it here. Nothing was done.", name,
						 given_value(h->args, run_procedure(r), q, n - 1));
	}
	return ST_OK;
}

static enum status review(const struct here *h, struct run *r, struct prose *said, struct fault *f)
{
	const struct procedure *p = run_procedure(r);
	PROSE text = { 0 };
	enum status st = all_files_used(h, r, f);

	if (st != ST_OK)
		return st;
	if (p->review != NULL)
		p->review(r, &text);
	tell(said, &text, false);
	st = confirm(h, r, f);
	return st == ST_OK ? run_start(r, f) : st;
}

/* A value or password that was typed may be typed again; what a card has refused is over. */
static bool may_ask_again(enum status st, bool typed, unsigned tries)
{
	return typed && tries + 1 < TRIES_AT_A_PROMPT && (st == ST_BAD_FORM || st == ST_PASSWORD_WRONG || st == ST_NOT_FOUND);
}

enum status ask_run(const struct here *h, struct run *r, struct fault *f)
{
	const struct procedure *p = run_procedure(r);
	PROSE said = { 0 };
	unsigned tries = 0;
	bool all = false;

	for (;;) {
		enum status st = ST_OK;
		struct asking a = { .all = all, .said = &said };
		PROSE text = { 0 };

		switch (run_phase(r)) {
		case RUN_ASKING:
			st = answer_page(h, r, &a, f);
			all = st == ST_USAGE && !all && tty_here();
			if (all)
				break;
			if (st == ST_OK && run_phase(r) == RUN_WORKING) {
				wait_for(r);
				*f = *run_fault(r);
				st = f->st;
			}
			if (st == ST_USAGE && strstr(f->what, "--help") == NULL)
				fault_add(f, "keyroom %s --help shows the options.", h->args->command->name);
			if (st != ST_OK && !may_ask_again(st, a.typed, tries++))
				return st;
			if (st != ST_OK)
				command_complain(f);
			else
				tries = 0;
			break;
		case RUN_REVIEW:
			st = review(h, r, &said, f);
			if (st != ST_OK)
				return st;
			break;
		case RUN_WORKING:
		case RUN_RUNNING:
			wait_for(r);
			break;
		case RUN_FAILED:
			*f = *run_fault(r);
			if (!result_tell_failed(r))
				command_complain(f);
			if (p->failed != NULL)
				p->failed(r, &text);
			print_prose(&text, false);
			f->what[0] = '\0';   /* said */
			return f->st;
		case RUN_DONE:
			if (p->outcome != NULL)
				p->outcome(r, &text);
			print_prose(&text, h->args->json || p->prints);
			return ST_OK;
		}
	}
}
