#include <stdio.h>
#include <stdlib.h>

#include "engine/base/words.h"
#include "tui/command/cells.h"
#include "tui/command/json.h"
#include "tui/command/print.h"
#include "tui/command/query.h"
#include "tui/wizard/doctor.h"
#include "tui/wizard/wizard.h"

static int checks_width(void)
{
	int wide = 19;

	for (size_t i = 0; i < doctor_count(); i++) {
		int one = cell_width(translated(doctor_name(i)));

		wide = one > wide ? one : wide;
	}
	return wide;
}

static void show_finding(const char *name, const struct finding *r, struct json_object *all)
{
	static const char *const marks[] = { [FINDING_FINE] = N_("ok"), [FINDING_NOTE] = N_("note"), [FINDING_BAD] = N_("FAIL") };
	struct json_object *o;

	if (all == NULL) {
		const int mark = 5, wide = checks_width();

		printf("%s%*s %s%*s %s\n", CELL(translated(marks[r->verdict]), mark), CELL(translated(name), wide), r->words);
		if (r->fix != NULL)
			printf("%*s %s\n", mark + wide + 1, "", r->fix);
		return;
	}
	o = json_object_new_object();
	json_text(o, "check", name);
	json_flag(o, "ok", r->verdict != FINDING_BAD);
	json_text(o, "level", marks[r->verdict]);
	json_text(o, "words", r->words);
	json_text(o, "fix", r->fix);
	json_object_array_add(all, o);
}

static void free_findings(struct finding **f)
{
	free(*f);
}

enum status query_doctor(const struct here *h, struct fault *f)
{
	const size_t n = doctor_count();
	struct doctor_place place = { .store = h->env->store, .store_path = h->store_path, .store_fault = *h->store_fault };
	CLEANUP(free_findings) struct finding *findings = calloc(n, sizeof(*findings));
	struct json_object *all = NULL;
	size_t bad = 0;

	if (findings == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	doctor_look(h->env->jobs, &place);
	for (size_t i = 0; i < n; i++) {
		doctor_check(i, &place, &findings[i]);
		bad += findings[i].verdict == FINDING_BAD;
	}
	/* On failure stdout stays empty with --json; stderr then has what a person reads. */
	if (h->args->json && bad == 0)
		all = json_object_new_array();
	for (size_t i = 0; i < n; i++) {
		if (!h->args->json || bad == 0)
			show_finding(doctor_name(i), &findings[i], all);
		else if (findings[i].verdict == FINDING_BAD)
			print_line(PROSE_WARNING, "%s: %s %s", translated(doctor_name(i)), findings[i].words, findings[i].fix);
	}
	if (all != NULL)
		return json_out(all, f);
	if (bad > 0)
		return fault_set(f, ST_CARD_ERROR, translated_n("%zu of %zu checks fails.", "%zu of %zu checks fail.", bad), bad, n);
	return ST_OK;
}
