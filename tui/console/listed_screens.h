/* The screens of the inventory's listings, and what is opened from them. NULL: memory, or ui_say_fault() was called. */
#ifndef TUI_CONSOLE_LISTED_SCREENS_H
#define TUI_CONSOLE_LISTED_SCREENS_H

#include "tui/console/lists.h"
#include "tui/console/ui.h"

struct screen *keys_screen_new(struct ui *ui);
struct screen *backups_screen_new(struct ui *ui);
struct screen *journal_screen_new(struct ui *ui);

/* One of them in sentences, by its number in the inventory. */
struct screen *key_screen_new(struct ui *ui, int64_t number);
struct screen *backup_screen_new(struct ui *ui, int64_t number);
struct screen *entry_screen_new(struct ui *ui, int64_t number);

#endif
