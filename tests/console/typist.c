#include "tests/console/typist.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/console/scene.h"
#include "tui/console/keys.h"
#include "tui/console/wizard_screen.h"

#define PASSWORD "correct horse"

uint64_t typist_random(struct typist *t, uint64_t below)
{
	t->seed = t->seed * 6364136223846793005u + 1442695040888963407u;
	return (t->seed >> 33) % below;
}

bool typist_may(struct typist *t, unsigned percent)
{
	return typist_random(t, 100) < percent;
}

void typist_forget(struct typist *t)
{
	t->n = t->at = 0;
	t->plan_is_secret = false;
}

static void key(struct typist *t, uint32_t k)
{
	if (t->n < sizeof(t->plan) / sizeof(t->plan[0]))
		t->plan[t->n++] = k;
}

static void keys(struct typist *t, const char *text)
{
	for (; *text != '\0'; text++)
		key(t, (unsigned char)*text);
}

static void times(struct typist *t, uint32_t k, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		key(t, k);
}

/* A file below the present folder whose name contains this; "none" where there is no such file. */
static void some_file(struct typist *t, const char *part, char *out, size_t cap)
{
	struct dirent **found = NULL;
	char *fits[256];
	int n = scandir(".", &found, NULL, alphasort), left = 0;

	for (int i = 0; i < n; i++) {
		if (strstr(found[i]->d_name, part) != NULL && found[i]->d_name[0] != '.' && left < 256)
			fits[left++] = found[i]->d_name;
	}
	(void)snprintf(out, cap, "%s", left > 0 ? fits[typist_random(t, (uint64_t)left)] : "none");
	for (int i = 0; i < n; i++)
		free(found[i]);
	free(found);
}

/* Backups are files in folders that were typed: "b1", "b2". */
static void some_backup(struct typist *t, char *out, size_t cap)
{
	struct dirent **found = NULL;
	char folder[64];
	int n;

	some_file(t, "backups-", folder, sizeof(folder));
	n = scandir(folder, &found, NULL, alphasort);
	(void)snprintf(out, cap, "none");
	if (n > 2)
		(void)snprintf(out, cap, "%s/%s", folder, found[2 + typist_random(t, (uint64_t)n - 2)]->d_name);
	for (int i = 0; i < n; i++)
		free(found[i]);
	if (n >= 0)
		free(found);
}

/* Of one of the public keys that were written out. */
static void some_certificate(struct typist *t, char *out, size_t cap)
{
	char key[256];

	(void)snprintf(out, cap, "certificate-%u.pem", t->names++);
	for (int i = 0; i < 5; i++) {
		if (i == 0)
			(void)snprintf(key, sizeof(key), "%s", t->exported), t->exported[0] = '\0';
		else
			some_file(t, "new-", key, sizeof(key));
		if (scene_certify(key, out))
			return;
	}
}

static void plan_file(struct typist *t, const struct field *f, const struct procedure *p)
{
	char name[600];
	bool share = strstr(p->name, "share") != NULL || strcmp(p->name, "init") == 0;

	/* most devices get the same share, so that there are two under one DKEK */
	if (f->q->ask == ASK_NEW_FILE && share)
		(void)snprintf(name, sizeof(name), "share-%u.pbe", (unsigned)typist_random(t, typist_may(t, 70) ? 2 : 1000));
	else if (f->q->ask == ASK_NEW_FILE)
		(void)snprintf(name, sizeof(name), "new-%u", t->names++ % 4000);
	else if (strcmp(p->name, "cert import") == 0)
		typist_may(t, 50) ? some_certificate(t, name, sizeof(name)) : some_file(t, "ca-", name, sizeof(name));
	else if (strcmp(p->name, "restore") == 0)
		some_backup(t, name, sizeof(name));
	else if (share)
		some_file(t, typist_may(t, 75) ? "share-0.pbe" : ".pbe", name, sizeof(name));
	else
		some_file(t, typist_may(t, 70) ? ".pem" : "", name, sizeof(name));
	keys(t, name);
	if (strcmp(p->name, "key export") == 0)
		(void)snprintf(t->exported, sizeof(t->exported), "%.63s", name);
}

static void plan_text(struct typist *t, const struct field *f, const struct procedure *p)
{
	char text[64];

	if (f->q->ask == ASK_SENTENCE)
		(void)snprintf(text, sizeof(text), "%s", f->q->choices[0].value);
	else if (strcmp(f->q->name, "shares") == 0)
		(void)snprintf(text, sizeof(text), "%u", typist_may(t, 80) ? 1 : 2);
	else if (f->q->ask == ASK_NUMBER)
		(void)snprintf(text, sizeof(text), "%llu", 1 + (unsigned long long)typist_random(t, 9));
	else if (strcmp(f->q->name, "id") == 0)
		(void)snprintf(text, sizeof(text), "%04llx", (unsigned long long)typist_random(t, 0x10000));
	else if (strcmp(f->q->name, "out") == 0)
		(void)snprintf(text, sizeof(text), "backups-%llu", (unsigned long long)typist_random(t, 4));
	else
		(void)snprintf(text, sizeof(text), "%.9s %llu", p->name, (unsigned long long)typist_random(t, 1000));
	keys(t, text);
}

/* PINs of the length that the card has tries for, and that differ, so that a change is one. */
static void new_pin(struct typist *t, enum ask ask, char out[static WATCH_PIN_MAX])
{
	if (ask == ASK_SO_PIN)
		(void)snprintf(out, WATCH_PIN_MAX, "%s", typist_may(t, 50) ? "0123456789abcdef" : "fedcba9876543210");
	else
		(void)snprintf(out, WATCH_PIN_MAX, "%s", typist_may(t, 50) ? "648219" : "739146");
}

static void plan_secret(struct typist *t, const struct wizard_screen *w, const struct field *f)
{
	char user[WATCH_PIN_MAX], so[WATCH_PIN_MAX];
	bool is_new = f->q->twice;

	t->plan_is_secret = true;
	if (f->again) {
		struct cur first = secret_view(run_secret(w->run, f->q->name, f->index));

		for (size_t i = 0; i < first.n; i++)
			key(t, first.p[i]);
		return;
	}
	if (f->q->ask == ASK_PASSWORD) {
		keys(t, !is_new && !t->careful && typist_may(t, 20) ? "wrong horse" : PASSWORD);
		return;
	}
	watch_pins(t->watch, strcmp(f->q->name, "to-pin") == 0 ? run_other(w->run) : run_serial(w->run), user, so);
	if (so[0] == '\0')
		(void)snprintf(so, sizeof(so), "3537363231383830");   /* smartcard-hsm.md: as devices leave the factory */
	if (is_new)
		new_pin(t, f->q->ask, f->q->ask == ASK_PIN ? user : so);
	if (!is_new && !t->careful && typist_may(t, f->q->ask == ASK_PIN ? 15 : 5))
		(void)snprintf(f->q->ask == ASK_PIN ? user : so, WATCH_PIN_MAX, f->q->ask == ASK_PIN ? "9%05u" : "%016u",
			       t->wrong_pins++);
	keys(t, f->q->ask == ASK_PIN ? user : so);
}

static void plan_list(struct typist *t, const struct field *f)
{
	if (f->choices.n == 0)
		return;
	if (strcmp(f->q->name, "type") == 0 && f->choices.n > 5 && !t->slow_keys) {
		key(t, 'g');
		times(t, 'j', 3 + typist_random(t, f->choices.n - 3));
	} else {
		times(t, typist_may(t, 50) ? 'j' : 'k', typist_random(t, f->choices.n < 6 ? f->choices.n : 6));
	}
	if (f->kind == FIELD_SOME)
		key(t, ' ');
}

/* Of flags most are left alone, but for those without which much would never be seen. */
static unsigned chance_of_leaving_out(const struct question *q)
{
	if (strcmp(q->name, "private") == 0 || strcmp(q->name, "stand-alone") == 0)
		return 30;
	if (strcmp(q->name, "out") == 0)
		return 20;
	return q->ask == ASK_SENTENCE || q->ask == ASK_YES ? 85 : 40;
}

static void plan_page(struct typist *t, const struct wizard_screen *w)
{
	const struct field *f = fields_now(&w->fields);
	bool filled = f == NULL || !field_is_empty(&w->fields, f);
	/* the certificate is of the key that was written out, most often the first one of the list: the_same */
	bool more = f != NULL && f->q->ask == ASK_FILES && f->index > 0;   /* than one file */
	bool the_same = strcmp(w->p->name, "key export") == 0 || strcmp(w->p->name, "cert import") == 0;
	bool leave_out = f != NULL && (f->q->optional || f->q->ask == ASK_YES || more) && typist_may(t, chance_of_leaving_out(f->q));

	if (f != NULL && field_is_list(f) && typist_may(t, the_same ? 10 : 70)) {
		plan_list(t, f);
	} else if (f != NULL && f->kind == FIELD_YES && !leave_out) {
		key(t, ' ');
	} else if (!filled && !leave_out) {
		if (f->kind == FIELD_SECRET)
			plan_secret(t, w, f);
		else if (f->q->ask == ASK_FILE || f->q->ask == ASK_NEW_FILE || f->q->ask == ASK_FILES)
			plan_file(t, f, w->p);
		else
			plan_text(t, f, w->p);
	} else if (filled && w->fault.st != ST_OK && f != NULL && typist_may(t, 60)) {
		key(t, K_CTRL('u'));   /* it was refused: something else */
		return;
	}
	key(t, w->fields.at + 1 < w->fields.n && typist_may(t, the_same ? 85 : 50) ? K_TAB : K_ENTER);
}

static void plan_wizard(struct typist *t)
{
	const struct wizard_screen *w = wizard_peek(ui_top(t->ui));
	const char *confirm = wizard_confirm(w);

	t->tired = t->page == w->fields.page ? t->tired + 1 : 0;
	t->page = w->fields.page;
	if (t->tired > (w->fault.st != ST_OK ? 8u : 20u)) {   /* nothing to choose, or nothing that fits */
		t->tired = 0;
		key(t, typist_may(t, 50) ? K_CTRL('c') : K_ESC);
		return;
	}
	if (w->choosing) {
		if (w->devices.n == 0)
			key(t, K_ESC);
		times(t, 'j', typist_random(t, w->devices.n + 1));
		key(t, K_ENTER);
		return;
	}
	switch (w->phase) {
	case RUN_ASKING:
		plan_page(t, w);
		break;
	case RUN_REVIEW:
		if (typist_may(t, 5)) {
			key(t, K_ESC);
			break;
		}
		key(t, confirm != NULL ? K_CTRL('u') : K_NONE);
		keys(t, confirm != NULL ? confirm : "");
		key(t, K_ENTER);
		break;
	case RUN_DONE:
		if (strcmp(w->p->name, "key export") == 0)
			t->next = procedure_find("cert import");
		key(t, w->p->again != NULL && typist_may(t, 30) ? 'a' : K_ENTER);
		break;
	case RUN_FAILED:
		key(t, run_can_retry(w->run) && typist_may(t, 30) ? K_ENTER : K_ESC);
		break;
	default:
		break;
	}
}

static size_t count_procedures(void)
{
	size_t n = 0;

	while (procedures[n] != NULL)
		n++;
	return n;
}

static unsigned long times_done(const struct typist *t, const struct procedure *p)
{
	char name[80];

	(void)snprintf(name, sizeof(name), "%s: done", p->name);
	return visits_of(t->visits, name);
}

static const struct procedure *less_done(const struct typist *t, const struct procedure *a, const struct procedure *b)
{
	return times_done(t, a) < times_done(t, b) ? a : b;
}

static void plan_main(struct typist *t)
{
	if (t->next != NULL) {
		t->wanted = t->next;
		t->next = NULL;
		key(t, 'm');
		return;
	}
	switch (typist_random(t, 10)) {
	case 0:
		keys(t, "\t");
		times(t, 'j', typist_random(t, 5));
		key(t, K_ENTER);
		break;
	case 1:
		key(t, (uint32_t)'1' + (uint32_t)typist_random(t, 9));
		break;
	case 2:
		key(t, 'a');
		break;
	case 3:
		key(t, typist_may(t, 50) ? '?' : 'p');
		break;
	default:
		key(t, K_LEFT);
		times(t, typist_may(t, 50) ? 'j' : 'k', typist_random(t, 3));
		key(t, 'm');
		t->wanted = less_done(t, procedures[typist_random(t, count_procedures())],
				      procedures[typist_random(t, count_procedures())]);
		if (strcmp(t->wanted->name, "cert import") == 0 && t->exported[0] == '\0')
			t->wanted = procedure_find("key export");
		break;
	}
}

static void plan_menu(struct typist *t)
{
	if (t->wanted == NULL) {
		key(t, K_ESC);
		return;
	}
	key(t, '/');
	keys(t, t->wanted->title);
	key(t, K_ENTER);
	key(t, K_ENTER);
	t->wanted = NULL;
}

static void plan_other(struct typist *t)
{
	static const uint32_t some[] = { K_DOWN, K_PAGE_DOWN, 'G', 'k', '/', ' ', 's', 'j', K_ENTER, K_ENTER };

	times(t, some[typist_random(t, sizeof(some) / sizeof(some[0]))], 1 + typist_random(t, 3));
	key(t, typist_may(t, 30) ? '1' : typist_may(t, 50) ? K_ESC : K_ENTER);
}

uint32_t typist_key(struct typist *t)
{
	const char *name = ui_top(t->ui)->ops->name;

	if (t->plan_is_secret && ui_secret(t->ui) == NULL)
		typist_forget(t);
	if (t->at == t->n) {
		typist_forget(t);
		if (strcmp(name, "wizard") == 0)
			plan_wizard(t);
		else if (strcmp(name, "main") == 0)
			plan_main(t);
		else if (strcmp(name, "menu") == 0)
			plan_menu(t);
		else
			plan_other(t);
	}
	while (t->at < t->n && t->plan[t->at] == K_NONE)
		t->at++;
	return t->at < t->n ? t->plan[t->at++] : (uint32_t)K_NONE;
}
