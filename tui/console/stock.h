/*
 * The listings of the inventory (store/listing.h) that screens are made of. They are loaded on a worker's thread: once the
 * first picture is there, and anew whenever the inventory has changed; what was loaded before stays until then. So a screen
 * is there at once, and no key ever waits for the database.
 */
#ifndef TUI_CONSOLE_STOCK_H
#define TUI_CONSOLE_STOCK_H

#include "store/journal.h"
#include "store/listing.h"
#include "tui/console/ui.h"

struct stock;

struct stock *stock_new(struct ui *ui);   /* NULL: memory */
void stock_free(struct stock *s);         /* waits for what is being loaded */

void stock_begin(struct stock *s);        /* asks for all listings, where that was not done yet */
/* True where a listing came, or could not be loaded: the rows that screens have of it are not good any more. */
bool stock_event(struct stock *s, const struct job_event *e, unsigned fleet_changes);

/* NULL: not there yet, or it cannot be read: then *ret_fault says why (st is ST_OK while it is on its way). */
const struct listing *stock_listing(const struct stock *s, enum listing_kind kind, const struct fault **ret_fault);
unsigned stock_version(const struct stock *s, enum listing_kind kind);   /* another one with each listing that comes */

/* Whether the journal's chain holds: asked for by the screen that shows it, and anew with each journal that comes. */
void stock_want_verdict(struct stock *s);
/* NULL: not known yet, or it could not be read. */
const struct journal_verdict *stock_verdict(const struct stock *s);

/* Rows of a listing, in the order and with the filter of a table: what struct table_ops are made with. */
struct stocked {
	const struct stock *stock;
	enum listing_kind kind;
	unsigned version;
	uint32_t *row;         /* rows of the listing */
	size_t n;
};
void stocked_init(struct stocked *r, const struct ui *ui, enum listing_kind kind);
void stocked_done(struct stocked *r);
bool stocked_arrange(struct stocked *r, const char *filter, unsigned column, bool descending);
bool stocked_is_old(const struct stocked *r);      /* another listing has come: the table wants table_refresh() */
const struct listing *stocked_listing(const struct stocked *r);   /* NULL where there is none; then n is 0 */
size_t stocked_total(const struct stocked *r);
int64_t stocked_id(const struct stocked *r, size_t i);
/* What to say where there is no row: that it is being read, why it cannot be, or otherwise. */
const char *stocked_empty(const struct stocked *r, const char *otherwise);

/* Text from the inventory as it may be shown. Returns out. */
const char *clean_text(char *out, size_t cap, const char *text);
/* "2026-11-21", "2026-11-21 12:04", in UTC; "" where at is 0 or below. Returns out. */
const char *date_words(char out[static 20], int64_t at);
const char *minute_words(char out[static 20], int64_t at);
/* How a device is called: its label, or its serial where the fleet does not know it or it has none. "" for "". */
const char *serial_name(const struct ui *ui, const char *serial);
/* "P-256", "RSA 4096"; "" where the algorithm is not known. */
void key_type_words(const char *algorithm, unsigned size, const char *curve, char out[static STORE_NAME_MAX]);
/* "none", "2, restored": backups of a key, with the best proof of them (enum proof_level). Returns out. */
const char *backups_and_proof(char *out, size_t cap, unsigned backups, unsigned proof);
const char *proof_name(unsigned proof);   /* "not proven" to "restored" */

#endif
