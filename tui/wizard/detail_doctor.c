/* What doctor.h finds, as a page. */
#include "engine/base/error.h"
#include "tui/wizard/detail.h"
#include "tui/wizard/doctor.h"

void detail_of_doctor(const struct doctor_place *place, bool (*stopped)(void *ctx), void *ctx, struct detail *ret)
{
	static const enum detail_kind kinds[] = {
		[FINDING_FINE] = DETAIL_GOOD, [FINDING_NOTE] = DETAIL_NOTE, [FINDING_BAD] = DETAIL_WARNING,
	};
	size_t bad = 0, n = doctor_count();

	detail_begin(ret, _("Checks"));
	for (size_t i = 0; i < n && !stopped(ctx); i++) {
		struct finding f;

		doctor_check(i, place, &f);
		detail_named(ret, kinds[f.verdict], translated(doctor_name(i)), "%s", f.words);
		if (f.fix != NULL)
			detail_fact(ret, "", "%s", f.fix);
		bad += f.verdict == FINDING_BAD;
	}
	detail_begin(ret, _("In short"));
	if (bad == 0)
		detail_say(ret, DETAIL_GOOD, "%s", _("This workstation is able to work."));
	else
		detail_say(ret, DETAIL_WARNING, translated_n("%zu of %zu checks fails. Mend that before you begin.",
							     "%zu of %zu checks fail. Mend them before you begin.", bad), bad, n);
}
