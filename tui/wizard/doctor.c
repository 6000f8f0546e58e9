#include "tui/wizard/doctor.h"

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

/* fix and words: marked; they are translated here. */
static void find(struct finding *f, enum verdict v, const char *fix, const char *words)
{
	f->verdict = v;
	f->fix = translated(fix);
	snprintf(f->words, sizeof(f->words), "%s", translated(words));
}

static void check_memory(const struct doctor_place *h, struct finding *r)
{
	SECRET *s = secret_new(1 << 16);

	(void)h;
	if (s != NULL)
		find(r, FINDING_FINE, NULL, N_("PINs and shares can be kept in locked memory."));
	else
		find(r, FINDING_BAD, N_("Raise the limit: put \"* - memlock 8192\" into /etc/security/limits.conf and log in again."),
		     N_("Memory cannot be locked, so no PIN or share would be read here."));
}

static void check_service(const struct doctor_place *h, struct finding *r)
{
	if (h->service.st == ST_OK)
		find(r, FINDING_FINE, NULL, N_("The smart card service answers."));
	else
		find(r, FINDING_BAD, N_("As root: apt install pcscd, then systemctl enable --now pcscd.socket."), h->service.what);
}

static void check_readers(const struct doctor_place *h, struct finding *r)
{
	if (h->service.st != ST_OK) {
		find(r, FINDING_NOTE, NULL, N_("Readers cannot be looked at without the smart card service."));
		return;
	}
	find(r, h->cards > 0 ? FINDING_FINE : FINDING_NOTE,
	     h->cards > 0 ? NULL : N_("Plug in a device. If it stays unseen: apt install libccid."), "");
	snprintf(r->words, sizeof(r->words), translated_n("%zu reader, %zu with a card that answers.",
		 "%zu readers, %zu with a card that answers.", h->readers), h->readers, h->cards);
}

static void check_store(const struct doctor_place *h, struct finding *r)
{
	struct fault f;

	if (h->store_fault.st != ST_OK)
		find(r, FINDING_BAD, h->store_fault.st == ST_STORE_NEWER ? N_("Use the newer Keyroom, or another inventory.")
								  : N_("Restore it from its copy, or use another inventory."),
		     h->store_fault.what);
	else if (store_check(h->store, &f) != ST_OK)
		find(r, FINDING_BAD, N_("Copy it away, then restore it from its copy, or use another inventory."), f.what);
	else if (store_read_only(h->store))
		find(r, FINDING_BAD, N_("Give yourself the file, or make its disk writable."),
		     N_("The inventory can be read, but not written."));
	else
		find(r, FINDING_FINE, NULL, N_("The inventory is whole, and can be written."));
}

static void check_modes(const struct doctor_place *h, struct finding *r)
{
	struct stat sb;

	if (stat(h->store_path, &sb) == 0 && (sb.st_mode & 077) != 0)
		find(r, FINDING_BAD, N_("chmod 600 the file and 700 its folder."), N_("Others on this computer can read the inventory."));
	else
		find(r, FINDING_FINE, NULL, N_("Nobody else can read the inventory."));
}

static void check_journal(const struct doctor_place *h, struct finding *r)
{
	struct journal_verdict v;
	struct fault f;

	if (h->store_fault.st != ST_OK)
		find(r, FINDING_NOTE, NULL, N_("The journal cannot be read without the inventory."));
	else if (store_journal_verify(h->store, &v, &f) != ST_OK)
		find(r, FINDING_BAD, N_("Use another inventory, and keep this one."), f.what);
	else if (v.broken != 0)
		find(r, FINDING_BAD, N_("Keep this inventory, and compare it with an older copy."), v.why);
	else
		find(r, FINDING_FINE, NULL, N_("The journal is whole and in order."));
}

static void check_space(const struct doctor_place *h, struct finding *r)
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
		find(r, FINDING_FINE, NULL, N_("There is room on the inventory's disk."));
	else
		find(r, FINDING_BAD, N_("Make room: at least 16 MiB."), N_("The inventory's disk is nearly full."));
}

static void check_clock(const struct doctor_place *h, struct finding *r)
{
	const struct journal_filter newest = { .page = { .limit = 1 } };
	struct journal_row *rows = NULL;
	int64_t last = 0, now = clock_wall();
	struct fault f;
	size_t n = 0;

	if (h->store_fault.st == ST_OK && store_journal_list(h->store, &newest, &rows, &n, &f) == ST_OK && n > 0)
		last = rows[0].at;
	free(rows);
	if (now < 1700000000 || now + 86400 < last)
		find(r, FINDING_BAD, N_("Set the clock before anything is recorded: date -s \"2026-11-21 09:30\", hwclock --systohc."),
		     N_("The clock is wrong: it is behind the journal, or years back."));
	else
		find(r, FINDING_FINE, NULL, N_("The clock is not behind the journal."));
}

static void check_swap(const struct doctor_place *h, struct finding *r)
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
		find(r, FINDING_NOTE, N_("swapoff -a, or encrypt the swap."),
		     N_("Swap is in use. Secrets are locked into memory all the same."));
	else
		find(r, FINDING_FINE, NULL, N_("Nothing is swapped to a disk."));
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

static void check_network(const struct doctor_place *h, struct finding *r)
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
		find(r, FINDING_NOTE, N_("Unplug it: an offline CA has no network."), N_("A network interface is up."));
	else
		find(r, FINDING_FINE, NULL, N_("No network interface is up."));
}

/* scdaemon of GnuPG takes a card exclusively and keeps it. */
static void check_rivals(const struct doctor_place *h, struct finding *r)
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
		find(r, FINDING_NOTE, "gpgconf --kill scdaemon", N_("GnuPG's scdaemon is running, and may keep a card for itself."));
	else
		find(r, FINDING_FINE, NULL, N_("No program is known to keep cards for itself."));
}

static void check_characters(const struct doctor_place *h, struct finding *r)
{
	(void)h;
	if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		find(r, FINDING_FINE, NULL, N_("The terminal is set up for UTF-8."));
	else
		find(r, FINDING_NOTE, "LANG=C.UTF-8 keyroom",
		     N_("The locale is not UTF-8: lines are drawn in ASCII, labels may show as marks."));
}

static const struct {
	const char *name;
	void (*check)(const struct doctor_place *h, struct finding *ret);
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

void doctor_look(struct jobs *jobs, struct doctor_place *p)
{
	struct reader *list = NULL;
	size_t n = 0;

	p->readers = p->cards = 0;
	p->service.st = jobs_readers(jobs, &list, &n, &p->service);
	if (p->service.st == ST_OK) {
		p->readers = n;
		for (size_t i = 0; i < n; i++)
			p->cards += list[i].state == READER_CARD;
	}
	free(list);
}

size_t doctor_count(void)
{
	return sizeof(checks) / sizeof(checks[0]);
}

const char *doctor_name(size_t i)
{
	return checks[i].name;
}

void doctor_check(size_t i, const struct doctor_place *p, struct finding *ret)
{
	*ret = (struct finding){ .verdict = FINDING_FINE };
	checks[i].check(p, ret);
}
