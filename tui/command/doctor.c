#include <dirent.h>
#include <langinfo.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "engine/base/clock.h"
#include "engine/base/secret.h"
#include "engine/base/words.h"
#include "engine/jobs/jobs.h"
#include "store/journal.h"
#include "store/store.h"
#include "tui/command/cells.h"
#include "tui/command/json.h"
#include "tui/command/print.h"
#include "tui/command/query.h"
#include "tui/wizard/wizard.h"

enum verdict { FINE, NOTE, BAD };

struct finding {
	enum verdict verdict;
	char words[1600];
	const char *fix;     /* NULL where nothing is to be done */
};

/* fix and words: marked; they are translated here. */
static void find(struct finding *f, enum verdict v, const char *fix, const char *words)
{
	f->verdict = v;
	f->fix = translated(fix);
	snprintf(f->words, sizeof(f->words), "%s", translated(words));
}

static void check_memory(const struct here *h, struct finding *r)
{
	SECRET *s = secret_new(1 << 16);

	(void)h;
	if (s != NULL)
		find(r, FINE, NULL, N_("PINs and shares can be kept in locked memory."));
	else
		find(r, BAD, N_("Raise the limit: put \"* - memlock 8192\" into /etc/security/limits.conf and log in again."),
		     N_("Memory cannot be locked, so no PIN or share would be read here."));
}

static void check_service(const struct here *h, struct finding *r)
{
	struct reader *list = NULL;
	struct fault f;
	size_t n;

	if (jobs_readers(h->env->jobs, &list, &n, &f) == ST_OK)
		find(r, FINE, NULL, N_("The smart card service answers."));
	else
		find(r, BAD, N_("As root: apt install pcscd, then systemctl enable --now pcscd.socket."), f.what);
	free(list);
}

static void check_readers(const struct here *h, struct finding *r)
{
	struct reader *list = NULL;
	size_t n = 0, cards = 0;
	struct fault f;

	if (jobs_readers(h->env->jobs, &list, &n, &f) != ST_OK) {
		find(r, NOTE, NULL, N_("Readers cannot be looked at without the smart card service."));
		return;
	}
	for (size_t i = 0; i < n; i++)
		cards += list[i].state == READER_CARD;
	free(list);
	find(r, cards > 0 ? FINE : NOTE, cards > 0 ? NULL : N_("Plug in a device. If it stays unseen: apt install libccid."), "");
	snprintf(r->words, sizeof(r->words), translated_n("%zu reader, %zu with a card that answers.",
		 "%zu readers, %zu with a card that answers.", n), n, cards);
}

static void check_store(const struct here *h, struct finding *r)
{
	struct fault f;

	if (h->store_fault->st != ST_OK)
		find(r, BAD, h->store_fault->st == ST_STORE_NEWER ? N_("Use the newer Keyroom, or name another one with --store.")
								  : N_("Restore it from its copy, or name another one with --store."),
		     h->store_fault->what);
	else if (store_check(h->env->store, &f) != ST_OK)
		find(r, BAD, N_("Copy it away, restore it from its copy, or name another one with --store."), f.what);
	else if (store_read_only(h->env->store))
		find(r, BAD, N_("Give yourself the file, or make its disk writable."), N_("The inventory can be read, but not written."));
	else
		find(r, FINE, NULL, N_("The inventory is whole, and can be written."));
}

static void check_modes(const struct here *h, struct finding *r)
{
	struct stat sb;

	if (stat(h->store_path, &sb) == 0 && (sb.st_mode & 077) != 0)
		find(r, BAD, N_("chmod 600 the file and 700 its folder."), N_("Others on this computer can read the inventory."));
	else
		find(r, FINE, NULL, N_("Nobody else can read the inventory."));
}

static void check_journal(const struct here *h, struct finding *r)
{
	struct journal_verdict v;
	struct fault f;

	if (h->store_fault->st != ST_OK)
		find(r, NOTE, NULL, N_("The journal cannot be read without the inventory."));
	else if (store_journal_verify(h->env->store, &v, &f) != ST_OK)
		find(r, BAD, N_("Name another inventory with --store, and keep this one."), f.what);
	else if (v.broken != 0)
		find(r, BAD, N_("Keep this inventory, and compare it with an older copy."), v.why);
	else
		find(r, FINE, NULL, N_("The journal is whole and in order."));
}

static void check_space(const struct here *h, struct finding *r)
{
	char folder[4096];
	struct statvfs vfs;
	char *slash;

	snprintf(folder, sizeof(folder), "%s", h->store_path);
	slash = strrchr(folder, '/');
	if (slash != NULL)
		*slash = '\0';
	else
		snprintf(folder, sizeof(folder), ".");
	if (statvfs(folder, &vfs) != 0 || vfs.f_bavail * vfs.f_frsize >= 16 << 20)
		find(r, FINE, NULL, N_("There is room on the inventory's disk."));
	else
		find(r, BAD, N_("Make room: at least 16 MiB."), N_("The inventory's disk is nearly full."));
}

static void check_clock(const struct here *h, struct finding *r)
{
	const struct journal_filter newest = { .page = { .limit = 1 } };
	struct journal_row *rows = NULL;
	int64_t last = 0, now = clock_wall();
	struct fault f;
	size_t n = 0;

	if (h->store_fault->st == ST_OK && store_journal_list(h->env->store, &newest, &rows, &n, &f) == ST_OK && n > 0)
		last = rows[0].at;
	free(rows);
	if (now < 1700000000 || now + 86400 < last)
		find(r, BAD, N_("Set the clock before anything is recorded: date -s \"2026-11-21 09:30\", hwclock --systohc."),
		     N_("The clock is wrong: it is behind the journal, or years back."));
	else
		find(r, FINE, NULL, N_("The clock is not behind the journal."));
}

static void check_swap(const struct here *h, struct finding *r)
{
	FILE *swaps = fopen("/proc/swaps", "re");
	char line[256];
	int lines = 0;

	(void)h;
	while (swaps != NULL && fgets(line, sizeof(line), swaps) != NULL)
		lines++;
	if (swaps != NULL)
		fclose(swaps);
	if (lines > 1)
		find(r, NOTE, N_("swapoff -a, or encrypt the swap."), N_("Swap is in use. Secrets are locked into memory all the same."));
	else
		find(r, FINE, NULL, N_("Nothing is swapped to a disk."));
}

/* By name and flags of /sys: the process may not open the socket that a list of addresses needs. */
static bool interface_up(const char *name)
{
	char path[300], text[32] = "";
	FILE *flags;

	if (name[0] == '.' || strcmp(name, "lo") == 0)
		return false;
	snprintf(path, sizeof(path), "/sys/class/net/%.200s/flags", name);
	flags = fopen(path, "re");
	if (flags == NULL)
		return false;
	if (fgets(text, sizeof(text), flags) == NULL)
		text[0] = '\0';
	fclose(flags);
	return (strtoul(text, NULL, 16) & IFF_UP) != 0;
}

static void check_network(const struct here *h, struct finding *r)
{
	DIR *all = opendir("/sys/class/net");
	struct dirent *e;
	bool up = false;

	(void)h;
	while (all != NULL && (e = readdir(all)) != NULL)
		up |= interface_up(e->d_name);
	if (all != NULL)
		closedir(all);
	if (up)
		find(r, NOTE, N_("Unplug it: an offline CA has no network."), N_("A network interface is up."));
	else
		find(r, FINE, NULL, N_("No network interface is up."));
}

/* scdaemon of GnuPG takes a card exclusively and keeps it. */
static void check_rivals(const struct here *h, struct finding *r)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	bool found = false;

	(void)h;
	while (proc != NULL && (e = readdir(proc)) != NULL) {
		char path[300], name[32] = "";
		FILE *comm;

		snprintf(path, sizeof(path), "/proc/%.200s/comm", e->d_name);
		comm = e->d_name[0] >= '0' && e->d_name[0] <= '9' ? fopen(path, "re") : NULL;
		if (comm != NULL && fgets(name, sizeof(name), comm) != NULL)
			found |= strncmp(name, "scdaemon", 8) == 0;
		if (comm != NULL)
			fclose(comm);
	}
	if (proc != NULL)
		closedir(proc);
	if (found)
		find(r, NOTE, "gpgconf --kill scdaemon", N_("GnuPG's scdaemon is running, and may keep a card for itself."));
	else
		find(r, FINE, NULL, N_("No program is known to keep cards for itself."));
}

static void check_characters(const struct here *h, struct finding *r)
{
	(void)h;
	if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		find(r, FINE, NULL, N_("The terminal is set up for UTF-8."));
	else
		find(r, NOTE, "LANG=C.UTF-8 keyroom",
		     N_("The locale is not UTF-8: lines are drawn in ASCII, labels may show as marks."));
}

static const struct {
	const char *name;
	void (*check)(const struct here *h, struct finding *ret);
} checks[] = {
	{ N_("locked memory"), check_memory },
	{ N_("smart card service"), check_service },
	{ N_("readers"), check_readers },
	{ N_("other programs"), check_rivals },
	{ N_("inventory"), check_store },
	{ N_("inventory access"), check_modes },
	{ N_("journal"), check_journal },
	{ N_("disk space"), check_space },
	{ N_("clock"), check_clock },
	{ N_("swap"), check_swap },
	{ N_("network"), check_network },
	{ N_("characters"), check_characters },
};

static int checks_width(void)
{
	int wide = 19;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		int one = cell_width(translated(checks[i].name));

		wide = one > wide ? one : wide;
	}
	return wide;
}

static void show_finding(const char *name, const struct finding *r, struct json_object *all)
{
	static const char *const marks[] = { [FINE] = N_("ok"), [NOTE] = N_("note"), [BAD] = N_("FAIL") };
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
	json_flag(o, "ok", r->verdict != BAD);
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
	const size_t n = sizeof(checks) / sizeof(checks[0]);
	CLEANUP(free_findings) struct finding *findings = calloc(n, sizeof(*findings));
	struct json_object *all = NULL;
	size_t bad = 0;

	if (findings == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	for (size_t i = 0; i < n; i++) {
		checks[i].check(h, &findings[i]);
		bad += findings[i].verdict == BAD;
	}
	/* On failure stdout stays empty with --json; stderr then has what a person reads. */
	if (h->args->json && bad == 0)
		all = json_object_new_array();
	for (size_t i = 0; i < n; i++) {
		if (!h->args->json || bad == 0)
			show_finding(checks[i].name, &findings[i], all);
		else if (findings[i].verdict == BAD)
			print_line(PROSE_WARNING, "%s: %s %s", translated(checks[i].name), findings[i].words, findings[i].fix);
	}
	if (all != NULL)
		return json_out(all, f);
	if (bad > 0)
		return fault_set(f, ST_CARD_ERROR, translated_n("%zu of %zu checks fails.", "%zu of %zu checks fail.", bad), bad, n);
	return ST_OK;
}
