/*
 * Design of the tables: facts refer to devices, keys and names by number, since the same serial, key or label stands in
 * tens of thousands of rows. What must outlive a device that is forgotten (journal, proofs, where a backup was made) has
 * the serial as text. Counts that every list shows (backups of a key, the best proof) are kept by triggers, so that no
 * code path can forget them; and what must never happen to a backup or the journal, the triggers refuse.
 */
#include "store/schema.h"

static const char rung_1[] =
	/* --- who and where --- */
	"CREATE TABLE inventory("   /* one row */
	"  one INTEGER PRIMARY KEY CHECK (one = 1),"
	"  id BLOB NOT NULL CHECK (length(id) = 16)"
	") STRICT;"
	"INSERT INTO inventory VALUES (1, randomblob(16));"

	"CREATE TABLE device("
	"  id INTEGER PRIMARY KEY,"
	"  serial TEXT NOT NULL UNIQUE CHECK (serial <> ''),"
	"  label TEXT NOT NULL DEFAULT '',"
	"  hardware TEXT NOT NULL DEFAULT '',"
	"  kept TEXT NOT NULL DEFAULT '',"
	"  fw_major INTEGER, fw_minor INTEGER,"
	"  initialised INTEGER, transport_pin INTEGER, factory_so_pin INTEGER,"
	"  pin_tries INTEGER, so_pin_tries INTEGER,"
	"  memory_free INTEGER, memory_total INTEGER,"
	"  first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,"
	"  initialised_at INTEGER, listed_at INTEGER"
	") STRICT;"

	"CREATE TABLE usual("   /* how long a step takes on this device */
	"  device INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,"
	"  name TEXT NOT NULL,"
	"  ms INTEGER NOT NULL, n INTEGER NOT NULL,"
	"  PRIMARY KEY (device, name)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX usual_name ON usual(name);"

	/* --- DKEKs and custody --- */
	"CREATE TABLE dkek("
	"  kcv BLOB PRIMARY KEY CHECK (length(kcv) = 8),"
	"  label TEXT NOT NULL DEFAULT '',"
	"  shares INTEGER,"
	"  first_seen INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE domain("   /* key domains of a device */
	"  device INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,"
	"  number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 255),"
	"  present INTEGER, shares INTEGER, missing INTEGER,"
	"  exchanged INTEGER NOT NULL DEFAULT 0,"
	"  kcv BLOB REFERENCES dkek,"
	"  seen_at INTEGER NOT NULL,"
	"  PRIMARY KEY (device, number)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX domain_kcv ON domain(kcv) WHERE kcv IS NOT NULL;"

	"CREATE TABLE share("   /* what a share is, whoever holds it; kcv: of this share alone */
	"  id INTEGER PRIMARY KEY,"
	"  kcv BLOB UNIQUE CHECK (length(kcv) = 8),"
	"  first_seen INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE dkek_share("
	"  dkek BLOB NOT NULL REFERENCES dkek,"
	"  share INTEGER NOT NULL REFERENCES share,"
	"  PRIMARY KEY (dkek, share)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX dkek_share_share ON dkek_share(share);"
	"CREATE TABLE share_file("   /* what carries it */
	"  id INTEGER PRIMARY KEY,"
	"  share INTEGER NOT NULL REFERENCES share,"
	"  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),"
	"  form TEXT NOT NULL,"
	"  file TEXT NOT NULL DEFAULT '',"
	"  custodian TEXT NOT NULL DEFAULT '',"
	"  place TEXT NOT NULL DEFAULT '',"
	"  threshold INTEGER, parts INTEGER,"
	"  first_seen INTEGER NOT NULL,"
	"  made_at INTEGER, checked_at INTEGER, gone_at INTEGER,"
	"  UNIQUE (sha256, form)"
	") STRICT;"
	"CREATE INDEX share_file_share ON share_file(share);"
	"CREATE TABLE share_part("   /* of its password, where that is divided */
	"  file INTEGER NOT NULL REFERENCES share_file,"
	"  number INTEGER NOT NULL,"
	"  custodian TEXT NOT NULL DEFAULT '',"
	"  form TEXT NOT NULL DEFAULT '',"
	"  place TEXT NOT NULL DEFAULT '',"
	"  checked_at INTEGER, gone_at INTEGER,"
	"  PRIMARY KEY (file, number)"
	") STRICT, WITHOUT ROWID;"

	/* --- keys and the things on devices --- */
	"CREATE TABLE name("   /* labels of keys and backups: a list is filtered by these, each of which stands here once */
	"  id INTEGER PRIMARY KEY,"
	"  text TEXT NOT NULL"
	") STRICT;"
	"CREATE UNIQUE INDEX name_text ON name(text COLLATE NOCASE, text);"

	"CREATE TABLE key("
	"  id INTEGER PRIMARY KEY,"
	"  identity BLOB NOT NULL UNIQUE CHECK (length(identity) IN (16, 32)),"
	"  algorithm TEXT NOT NULL DEFAULT '',"
	"  size INTEGER,"
	"  curve TEXT NOT NULL DEFAULT '',"
	"  name INTEGER NOT NULL REFERENCES name,"
	"  spki BLOB,"
	"  first_seen INTEGER NOT NULL,"
	"  backups INTEGER NOT NULL DEFAULT 0,"   /* these two: by triggers */
	"  proof INTEGER NOT NULL DEFAULT 0 CHECK (proof BETWEEN 0 AND 4)"
	") STRICT;"
	"CREATE INDEX key_name ON key(name);"
	"CREATE INDEX key_no_backup ON key(id) WHERE backups = 0;"

	"CREATE TABLE object("
	"  id INTEGER PRIMARY KEY,"
	"  device INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,"
	"  type INTEGER NOT NULL CHECK (type BETWEEN 0 AND 2),"
	"  fid INTEGER NOT NULL CHECK (fid BETWEEN 0 AND 65535),"
	"  key_ref INTEGER, domain INTEGER,"
	"  cka_id BLOB,"
	"  label TEXT NOT NULL DEFAULT '',"
	"  key INTEGER REFERENCES key,"   /* of a key */
	"  backed INTEGER NOT NULL DEFAULT 0,"   /* by triggers: its key has a backup */
	"  certifies BLOB CHECK (length(certifies) IN (16, 32)),"   /* of a certificate: the key's identity */
	"  algorithm TEXT NOT NULL DEFAULT '',"
	"  size INTEGER,"
	"  curve TEXT NOT NULL DEFAULT '',"
	"  flags INTEGER NOT NULL DEFAULT 0,"
	"  use_counter INTEGER,"
	"  subject TEXT NOT NULL DEFAULT '',"
	"  not_after INTEGER,"
	"  sha256 BLOB CHECK (length(sha256) = 32),"
	"  first_seen INTEGER NOT NULL,"
	"  gone_at INTEGER,"
	"  gone_how TEXT NOT NULL DEFAULT '',"
	"  CHECK ((gone_at IS NULL) = (gone_how = ''))"
	") STRICT;"
	"CREATE UNIQUE INDEX object_present ON object(device, type, fid) WHERE gone_at IS NULL;"
	"CREATE INDEX object_now ON object(device, type, key) WHERE gone_at IS NULL;"
	"CREATE INDEX object_bare ON object(device) WHERE type = 0 AND gone_at IS NULL AND backed = 0;"
	"CREATE INDEX object_device ON object(device);"
	"CREATE INDEX object_key ON object(key, device) WHERE key IS NOT NULL AND gone_at IS NULL;"
	"CREATE INDEX object_key_all ON object(key) WHERE key IS NOT NULL;"

	/* --- backups --- */
	"CREATE TABLE backup("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),"
	"  blob_sha256 BLOB NOT NULL CHECK (length(blob_sha256) = 32),"
	"  bytes INTEGER NOT NULL,"
	"  kcv BLOB NOT NULL REFERENCES dkek,"
	"  key INTEGER REFERENCES key,"
	"  algorithm TEXT NOT NULL DEFAULT '',"
	"  size INTEGER,"
	"  curve TEXT NOT NULL DEFAULT '',"
	"  name INTEGER NOT NULL REFERENCES name,"
	"  cka_id BLOB,"
	"  made_on TEXT,"
	"  made_at INTEGER,"
	"  file TEXT NOT NULL DEFAULT '',"
	"  form TEXT NOT NULL DEFAULT '',"
	"  added_at INTEGER NOT NULL,"
	"  proof INTEGER NOT NULL DEFAULT 0 CHECK (proof BETWEEN 0 AND 4),"
	"  proof_at INTEGER,"
	"  proof_device TEXT"
	") STRICT;"
	"CREATE INDEX backup_blob ON backup(blob_sha256);"
	"CREATE INDEX backup_kcv ON backup(kcv);"
	"CREATE INDEX backup_key ON backup(key, kcv) WHERE key IS NOT NULL;"
	"CREATE INDEX backup_name ON backup(name, proof);"
	"CREATE INDEX backup_made_on ON backup(made_on) WHERE made_on IS NOT NULL;"
	"CREATE INDEX backup_unproven ON backup(id) WHERE proof < 3;"
	"CREATE TABLE wrapped("   /* apart, so that a list of backups does not read through the keys */
	"  backup INTEGER PRIMARY KEY REFERENCES backup,"
	"  data BLOB NOT NULL"
	") STRICT;"
	"CREATE TABLE proof("
	"  id INTEGER PRIMARY KEY,"
	"  backup INTEGER NOT NULL REFERENCES backup,"
	"  level INTEGER NOT NULL CHECK (level BETWEEN 1 AND 4),"
	"  device TEXT,"
	"  at INTEGER NOT NULL"
	") STRICT;"
	"CREATE INDEX proof_backup ON proof(backup);"

	"CREATE TRIGGER backup_added AFTER INSERT ON backup WHEN NEW.key IS NOT NULL BEGIN"
	"  UPDATE key SET backups = backups + 1, proof = max(proof, NEW.proof) WHERE id = NEW.key; END;"
	"CREATE TRIGGER backup_key_learnt AFTER UPDATE OF key ON backup WHEN OLD.key IS NULL AND NEW.key IS NOT NULL BEGIN"
	"  UPDATE key SET backups = backups + 1, proof = max(proof, NEW.proof) WHERE id = NEW.key; END;"
	"CREATE TRIGGER backup_proven AFTER UPDATE OF proof ON backup WHEN NEW.key IS NOT NULL BEGIN"
	"  UPDATE key SET proof = max(proof, NEW.proof) WHERE id = NEW.key; END;"
	"CREATE TRIGGER key_backed AFTER UPDATE OF backups ON key WHEN OLD.backups = 0 AND NEW.backups > 0 BEGIN"
	"  UPDATE object SET backed = 1 WHERE key = NEW.id; END;"
	"CREATE TRIGGER object_added AFTER INSERT ON object WHEN NEW.key IS NOT NULL BEGIN"
	"  UPDATE object SET backed = (SELECT backups > 0 FROM key WHERE id = NEW.key) WHERE id = NEW.id; END;"
	"CREATE TRIGGER object_key_learnt AFTER UPDATE OF key ON object BEGIN"
	"  UPDATE object SET backed = coalesce((SELECT backups > 0 FROM key WHERE id = NEW.key), 0) WHERE id = NEW.id; END;"
	"CREATE TRIGGER backup_same_key BEFORE UPDATE OF key ON backup WHEN OLD.key IS NOT NULL AND NEW.key IS NOT OLD.key BEGIN"
	"  SELECT RAISE(ABORT, 'a backup does not become one of another key'); END;"
	"CREATE TRIGGER backup_proof_stays BEFORE UPDATE OF proof ON backup WHEN NEW.proof < OLD.proof BEGIN"
	"  SELECT RAISE(ABORT, 'a proof is never lowered'); END;"
	"CREATE TRIGGER backup_stays BEFORE DELETE ON backup BEGIN"
	"  SELECT RAISE(ABORT, 'a backup is never forgotten'); END;"

	/* --- what happened, and what is happening --- */
	"CREATE TABLE journal("
	"  number INTEGER PRIMARY KEY,"
	"  at INTEGER NOT NULL,"
	"  what TEXT NOT NULL,"
	"  text TEXT NOT NULL,"
	"  device TEXT NOT NULL,"
	"  key BLOB NOT NULL,"   /* the identity; empty: none */
	"  person TEXT NOT NULL,"
	"  run INTEGER NOT NULL,"
	"  before BLOB NOT NULL CHECK (length(before) = 32),"
	"  hash BLOB NOT NULL CHECK (length(hash) = 32)"
	") STRICT;"
	"CREATE INDEX journal_device ON journal(device) WHERE device <> '';"
	"CREATE INDEX journal_key ON journal(key) WHERE key <> x'';"
	"CREATE INDEX journal_person ON journal(person) WHERE person <> '';"
	"CREATE INDEX journal_run ON journal(run) WHERE run <> 0;"
	"CREATE TRIGGER journal_added BEFORE INSERT ON journal"
	"  WHEN NEW.number IS NOT coalesce((SELECT max(number) FROM journal), 0) + 1"
	"    OR NEW.before IS NOT coalesce((SELECT hash FROM journal WHERE number = NEW.number - 1), zeroblob(32)) BEGIN"
	"  SELECT RAISE(ABORT, 'a journal entry follows the one before'); END;"
	"CREATE TRIGGER journal_stays BEFORE UPDATE ON journal BEGIN"
	"  SELECT RAISE(ABORT, 'the journal is never changed'); END;"
	"CREATE TRIGGER journal_kept BEFORE DELETE ON journal BEGIN"
	"  SELECT RAISE(ABORT, 'the journal is never shortened'); END;"

	"CREATE TABLE run("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  procedure TEXT NOT NULL,"
	"  device TEXT NOT NULL DEFAULT '',"
	"  step INTEGER NOT NULL DEFAULT 0,"
	"  repetition INTEGER NOT NULL DEFAULT 0,"
	"  step_name TEXT NOT NULL DEFAULT '',"
	"  kcv BLOB CHECK (length(kcv) = 8),"
	"  answers TEXT NOT NULL DEFAULT '{}',"
	"  facts TEXT NOT NULL DEFAULT '{}',"
	"  started INTEGER NOT NULL, updated INTEGER NOT NULL,"
	"  state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2)"
	") STRICT;"
	"CREATE INDEX run_open ON run(device) WHERE state = 0;";

/* What stands in certificates is public, and wanted when the device is away; by its hash: several devices hold the same. */
static const char rung_2[] =
	"ALTER TABLE device ADD COLUMN pin_max INTEGER;"
	"CREATE TABLE certificate("
	"  sha256 BLOB PRIMARY KEY CHECK (length(sha256) = 32),"
	"  content BLOB NOT NULL"
	") STRICT, WITHOUT ROWID;";

static const char *const rungs[] = { rung_1, rung_2 };   /* append only */
const struct ladder schema_ladder = { (int)(sizeof(rungs) / sizeof(*rungs)), rungs };

static enum status read_pragma(struct store *s, const char *sql, int64_t *ret, struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_prepare(&q, s, sql, f);

	if (st != ST_OK || (st = query_one(&q, f)) != ST_OK)
		return st;
	*ret = get_int(&q, INT32_MIN, INT32_MAX);
	return query_end(&q, f);
}

enum status schema_read_version(struct store *s, int *ret, struct fault *f)
{
	int64_t version = 0, app = 0, tables = 0;
	enum status st = read_pragma(s, "PRAGMA user_version", &version, f);

	if (st != ST_OK || (st = read_pragma(s, "PRAGMA application_id", &app, f)) != ST_OK)
		return st;
	if (app != SCHEMA_APPLICATION_ID) {
		if ((st = read_pragma(s, "SELECT count(*) FROM sqlite_schema", &tables, f)) != ST_OK)
			return st;
		if (app != 0 || version != 0 || tables != 0)
			return fault_set(f, ST_STORE_DAMAGED, "%s is a database, but no Keyroom inventory. It was left as it is: "
					 "name another file with --store.", s->path);
	}
	if (version > s->ladder->top)
		return fault_set(f, ST_STORE_NEWER, "The inventory %s was made by a newer Keyroom (its version is %d, this "
				 "program knows up to %d). It was left as it is, and nothing is lost: use the newer Keyroom.",
				 s->path, (int)version, s->ladder->top);
	if (version < 0 || (app == SCHEMA_APPLICATION_ID && version == 0))
		return fault_set(f, ST_STORE_DAMAGED, "The inventory %s says that it has version %d, which never was. It was "
				 "left as it is: go back to a copy of it.", s->path, (int)version);
	*ret = (int)version;
	return ST_OK;
}

enum status schema_climb(struct store *s, struct fault *f)
{
	WRITE w = { 0 };
	char stamp[96];
	int version = 0;
	enum status st = write_begin(s, &w, f);

	/* Read again now that nobody else can be climbing at the same time. */
	if (st != ST_OK || (st = schema_read_version(s, &version, f)) != ST_OK)
		return st;
	for (; version < s->ladder->top; version++) {
		snprintf(stamp, sizeof(stamp), "PRAGMA application_id = %d; PRAGMA user_version = %d;", SCHEMA_APPLICATION_ID,
			 version + 1);
		if ((st = db_exec(s, s->ladder->rungs[version], f)) != ST_OK || (st = db_exec(s, stamp, f)) != ST_OK)
			return st;
	}
	return write_commit(&w, f);
}
