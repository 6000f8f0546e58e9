/* From page to page: what is shown, what is left out, and the work that is done on the way. */
#include "tui/wizard/runner.h"

static unsigned repeats(const struct run *r, const struct page *page)
{
	return page->repeat ? page->repeat(r) : 1;
}

/* Nothing on it is to be read or answered. */
static bool is_silent(const struct run *r, const struct page *page, unsigned index)
{
	if (page->text)
		return false;
	for (const struct question *q = page->questions; q && q->name; q++) {
		if (question_is_asked(r, q, index))
			return false;
	}
	return true;
}

/* The pages of a script are worked on together where that can be done side by side. */
static bool is_put_off(const struct run *r, const struct page *page, unsigned index)
{
	return page->work && page->work->parallel && page->repeat && r->env.script && index + 1 < repeats(r, page);
}

static enum status work(struct run *r, const struct page *page, struct fault *f)
{
	unsigned first = r->page_index, count = 1;
	enum status st;

	if (page->repeat && page->work->parallel && r->env.script) {
		first = 0;
		count = repeats(r, page);
	} else if (!page->repeat && page->work->repeat) {
		count = page->work->repeat(r);
	}
	if (count == 0)
		return ST_OK;
	r->phase = RUN_WORKING;
	st = tasks_start(r, page->work, first, count, f);
	if (st != ST_OK) {
		r->phase = RUN_ASKING;
	} else if (r->phase != RUN_WORKING) {
		/* Over before it was begun, which only a failure is: the device is not here. The page stays. */
		*f = r->fault;
		st = f->st;
	}
	return st;
}

/* The page after this one; false: it was the last. */
static bool step_forward(struct run *r)
{
	const struct page *pages = r->p->pages;

	if (pages[r->page].name && r->page_index + 1 < repeats(r, &pages[r->page])) {
		r->page_index++;
		return true;
	}
	r->page_index = 0;
	while (pages[r->page].name && pages[++r->page].name) {
		if (repeats(r, &pages[r->page]) > 0)
			return true;
	}
	return false;
}

/* Here, where there is something to be asked; else on, doing the work of pages that are not shown. */
static void settle(struct run *r)
{
	r->phase = RUN_ASKING;
	while (r->p->pages[r->page].name) {
		const struct page *page = &r->p->pages[r->page];

		if (!is_silent(r, page, r->page_index))
			return;
		if (page->work && !is_put_off(r, page, r->page_index)) {
			enum status st = work(r, page, &r->fault);

			if (st != ST_OK || r->phase != RUN_ASKING)
				return;
		}
		if (!step_forward(r))
			break;
	}
	r->phase = RUN_REVIEW;
}

void pages_begin(struct run *r)
{
	r->page = 0;
	r->page_index = 0;
	r->phase = RUN_ASKING;
	r->confirmed = false;
	r->fault = (struct fault){ .tries_left = -1 };   /* of another device, perhaps */
	if (!r->p->pages || !r->p->pages[0].name)
		r->phase = RUN_REVIEW;
	else if (repeats(r, &r->p->pages[0]) == 0 && !step_forward(r))
		r->phase = RUN_REVIEW;
	else
		settle(r);
}

void pages_work_over(struct run *r, const struct task *failed)
{
	const struct page *page = &r->p->pages[r->page];

	r->phase = RUN_ASKING;
	if (failed) {
		r->fault = failed->fault;
		if (page->repeat)
			r->page_index = failed->index;
		return;
	}
	if (step_forward(r))
		settle(r);
	else
		r->phase = RUN_REVIEW;
}

const struct page *run_page(const struct run *r, unsigned *ret_index)
{
	if (ret_index)
		*ret_index = r->page_index;
	return r->p->pages ? &r->p->pages[r->page] : NULL;
}

enum status run_check(struct run *r, const struct question *q, unsigned index, struct fault *f)
{
	return answer_check(r, q, index, f);
}

enum status run_next(struct run *r, const char **ret_bad, struct fault *f)
{
	const struct page *page = &r->p->pages[r->page];

	if (r->phase != RUN_ASKING)
		return ST_OK;
	r->fault = (struct fault){ .tries_left = -1 };
	for (const struct question *q = page->questions; q && q->name; q++) {
		enum status st = answer_check(r, q, r->page_index, f);

		if (st != ST_OK) {
			*ret_bad = q->name;
			return st;
		}
	}
	r->cancelling = false;
	if (page->work && !is_put_off(r, page, r->page_index)) {
		enum status st = work(r, page, f);

		if (st != ST_OK || r->phase != RUN_ASKING) {
			*ret_bad = NULL;
			return st;
		}
	}
	if (step_forward(r))
		settle(r);
	else
		r->phase = RUN_REVIEW;
	return ST_OK;
}

static bool step_back(const struct run *r, size_t *io_page, unsigned *io_index)
{
	if (*io_index > 0) {
		--*io_index;
		return true;
	}
	while (*io_page > 0) {
		unsigned n = repeats(r, &r->p->pages[--*io_page]);

		if (n > 0) {
			*io_index = n - 1;
			return true;
		}
	}
	return false;
}

/* To the page before that was shown. */
static bool shown_before(const struct run *r, size_t *io_page, unsigned *io_index)
{
	while (step_back(r, io_page, io_index)) {
		if (!is_silent(r, &r->p->pages[*io_page], *io_index))
			return true;
	}
	return false;
}

bool pages_at_first(const struct run *r)
{
	size_t page = r->page;
	unsigned index = r->page_index;

	return (r->phase == RUN_ASKING || r->phase == RUN_REVIEW) && !shown_before(r, &page, &index);
}

bool run_back(struct run *r)
{
	size_t page = r->page;
	unsigned index = r->page_index;

	if ((r->phase != RUN_ASKING && r->phase != RUN_REVIEW) || !shown_before(r, &page, &index))
		return false;
	r->page = page;
	r->page_index = index;
	r->phase = RUN_ASKING;
	r->confirmed = false;
	r->fault = (struct fault){ .tries_left = -1 };
	return true;
}
