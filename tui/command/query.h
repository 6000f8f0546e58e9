/* The commands that show something. Each prints a table, or with --json one document; the members are COMMANDS.md's. */
#ifndef TUI_COMMAND_QUERY_H
#define TUI_COMMAND_QUERY_H

#include "tui/command/command.h"

enum status query_devices(const struct here *h, struct fault *f);
enum status query_status(const struct here *h, struct fault *f);
enum status query_objects(const struct here *h, struct fault *f);
enum status query_backups(const struct here *h, struct fault *f);
enum status query_keys(const struct here *h, struct fault *f);
enum status query_journal(const struct here *h, struct fault *f);
enum status query_journal_verify(const struct here *h, struct fault *f);

/* ST_REFUSED's sibling for a workstation: ST_CARD_ERROR with an empty sentence where a check fails, all having been said. */
enum status query_doctor(const struct here *h, struct fault *f);

#endif
