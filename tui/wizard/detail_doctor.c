/* What doctor.h finds, as a list. */
#include "engine/base/error.h"
#include "tui/wizard/detail.h"
#include "tui/wizard/doctor.h"

void detail_of_doctor(const struct doctor_place *place, bool (*stopped)(void *ctx), void *ctx, struct detail *ret)
{
	static const struct {
		enum detail_kind kind;
		int64_t order;
	} looks[] = {
		[FINDING_FINE] = { DETAIL_GOOD, 2 }, [FINDING_NOTE] = { DETAIL_NOTE, 1 }, [FINDING_BAD] = { DETAIL_WARNING, 0 },
	};

	for (size_t i = 0; i < doctor_count() && !stopped(ctx); i++) {
		struct finding f;

		doctor_check(i, place, &f);
		detail_row(ret, looks[f.verdict].kind);
		if (ret->failed)
			return;
		detail_cell(ret, DOCTOR_VERDICT, looks[f.verdict].order, "%s", "");
		detail_cell(ret, DOCTOR_CHECK, 0, "%s", translated(doctor_name(i)));
		detail_cell(ret, DOCTOR_FOUND, 0, "%s%s%s", f.words, f.fix != NULL ? "\n" : "", f.fix != NULL ? f.fix : "");
		ret->bad += f.verdict == FINDING_BAD;
	}
}
