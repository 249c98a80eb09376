-- The catalogue: what every device of the library holds. Derived: the journal is the truth (invariant 9).

-- Single values: applied_lsn, last_counter, last_stamp, own_actor, own_epoch.
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) WITHOUT ROWID, STRICT;

-- Every device that has rows or writes; id 1 is this device. (epoch, boot, lsn) is the cursor: what we have of it (R24).
-- sweeping: its announcement of this epoch was never complete; rows of older epochs are here until then, marked by a negative lsn (R25).
-- told_epoch: the last epoch that it named itself; relays are believed up to a bound beyond it.
CREATE TABLE devices (
  id INTEGER PRIMARY KEY,
  device BLOB NOT NULL UNIQUE,
  epoch INTEGER NOT NULL DEFAULT 0,
  boot BLOB,
  lsn INTEGER NOT NULL DEFAULT 0,
  sweeping INTEGER NOT NULL DEFAULT 0,
  told_epoch INTEGER NOT NULL DEFAULT 0,
  last_seen_ms INTEGER NOT NULL DEFAULT 0,
  address TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX devices_announced ON devices (id) WHERE epoch > 0;

CREATE TABLE actors (id INTEGER PRIMARY KEY, actor BLOB NOT NULL UNIQUE) STRICT;

-- Openings of this device's journal: which lsn range belongs to which boot (R24).
CREATE TABLE boots (first_lsn INTEGER PRIMARY KEY, boot BLOB NOT NULL, epoch INTEGER NOT NULL) STRICT;

-- wanted: this device keeps a replica that takes remote changes, so its needs are tracked. Totals are of its own living entries.
-- losing: needs whose mark is 1, counted by the triggers below (R38).
CREATE TABLE folders (
  id INTEGER PRIMARY KEY,
  folder BLOB NOT NULL UNIQUE,
  wanted INTEGER NOT NULL DEFAULT 0,
  files INTEGER NOT NULL DEFAULT 0,
  directories INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  losing INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Directory paths, interned. '' is a folder's root. mounted: another disk than that of what is above was mounted there when it was
-- last listed in full (R13), and the mark of that disk (folder/mount_points.ts): a device number is no use, since a reboot may give out others.
CREATE TABLE directories (
  id INTEGER PRIMARY KEY,
  folder INTEGER NOT NULL,
  path TEXT NOT NULL,
  mounted INTEGER NOT NULL DEFAULT 0,
  UNIQUE (folder, path)
) STRICT;

-- One row for each distinct (path, version, content) that anyone holds; names stand in place.
CREATE TABLE states (
  id INTEGER PRIMARY KEY,
  directory INTEGER NOT NULL,
  name TEXT NOT NULL,
  kind INTEGER NOT NULL,      -- 0 deleted, 1 file, 2 directory, 3 symlink
  size INTEGER NOT NULL,
  mtime_ms INTEGER NOT NULL,
  mode INTEGER NOT NULL,
  stamp INTEGER NOT NULL,
  writer INTEGER NOT NULL,    -- devices.id
  content BLOB,               -- 33 bytes, files
  target TEXT,                -- symlinks
  version BLOB NOT NULL       -- core/row_codec.ts "version", actors as actors.id
) STRICT;
CREATE INDEX states_by_name ON states (directory, name);
CREATE INDEX states_deleted ON states (id) WHERE kind = 0;
CREATE INDEX states_by_content ON states (substr(content, 2, 8)) WHERE content IS NOT NULL;
CREATE INDEX states_by_target ON states (target) WHERE target IS NOT NULL;

-- Who holds which state, and at which lsn of its journal it said so. flags: 1 offered (R9), 2 held (R10).
CREATE TABLE holds (
  state INTEGER NOT NULL,
  device INTEGER NOT NULL,
  lsn INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  PRIMARY KEY (state, device)
) WITHOUT ROWID, STRICT;
CREATE INDEX holds_by_lsn ON holds (device, lsn);

-- What this device's disk looked like when the state was observed or placed (R14). settled: nothing could have changed unseen.
CREATE TABLE prints (
  state INTEGER PRIMARY KEY,
  size INTEGER NOT NULL,
  mtime_ms REAL NOT NULL,
  ctime_ms REAL NOT NULL,
  birth_ms REAL NOT NULL,
  ino INTEGER NOT NULL,
  dev INTEGER NOT NULL,
  mode INTEGER NOT NULL,
  settled INTEGER NOT NULL
) STRICT;
CREATE INDEX prints_by_ino ON prints (ino);

-- Exactly the paths of wanted folders where core/reconcile.ts says something other than "none" (invariant 11).
CREATE TABLE needs (
  folder INTEGER NOT NULL,
  directory INTEGER NOT NULL,
  name TEXT NOT NULL,
  deletes INTEGER NOT NULL,   -- 1 when the path is to be deleted: done last, its bytes may be wanted elsewhere · 2 while nobody has decided
  bytes INTEGER NOT NULL,
  mark INTEGER NOT NULL DEFAULT 0,  -- 1: takes a file of ours away (R38) · 2: but its content lives on elsewhere · 3: a person agreed
  retry_ms INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  cause TEXT NOT NULL DEFAULT '',
  remedy TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (folder, directory, name)
) WITHOUT ROWID, STRICT;

CREATE INDEX needs_by_order ON needs (folder, deletes, retry_ms);
CREATE INDEX needs_losing ON needs (folder) WHERE mark = 1;

CREATE TRIGGER needs_insert AFTER INSERT ON needs WHEN new.mark = 1 BEGIN
  UPDATE folders SET losing = losing + 1 WHERE id = new.folder;
END;
CREATE TRIGGER needs_delete AFTER DELETE ON needs WHEN old.mark = 1 BEGIN
  UPDATE folders SET losing = losing - 1 WHERE id = old.folder;
END;
CREATE TRIGGER needs_update AFTER UPDATE OF mark ON needs WHEN (old.mark = 1) <> (new.mark = 1) BEGIN
  UPDATE folders SET losing = losing + (new.mark = 1) - (old.mark = 1) WHERE id = new.folder;
END;

-- Paths at which others' changes took a file of ours away within the last hour (R38), each once. files: the folder's size then.
CREATE TABLE losses (
  folder INTEGER NOT NULL,
  path TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  files INTEGER NOT NULL,
  deleted INTEGER NOT NULL,   -- 1 when it was deleted: what is lost at the path after that is another file
  PRIMARY KEY (folder, path)
) WITHOUT ROWID, STRICT;
CREATE INDEX losses_by_time ON losses (folder, at_ms);

-- Chunk lists of contents that do not travel whole and that are, or lately were, on this device.
CREATE TABLE contents (id INTEGER PRIMARY KEY, content BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, chunks BLOB NOT NULL) STRICT;

-- The least digests of each such list: two contents that share many chunks share some of these.
CREATE TABLE sketches (digest INTEGER NOT NULL, content INTEGER NOT NULL, PRIMARY KEY (digest, content)) WITHOUT ROWID, STRICT;

-- Shared records: last writer wins for each field. lsn: where our own journal has them (R25).
CREATE TABLE shared (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  field TEXT NOT NULL,
  value BLOB NOT NULL,
  stamp INTEGER NOT NULL,
  writer BLOB NOT NULL,
  lsn INTEGER NOT NULL,
  PRIMARY KEY (kind, key, field)
) WITHOUT ROWID, STRICT;
CREATE INDEX shared_by_lsn ON shared (lsn);

-- Device-owned data: each device writes its own alone (R9, R11).
CREATE TABLE facts (
  device INTEGER NOT NULL,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  lsn INTEGER NOT NULL,
  PRIMARY KEY (device, key)
) WITHOUT ROWID, STRICT;
CREATE INDEX facts_by_lsn ON facts (device, lsn);

-- What never leaves this device, such as the local path of a replica.
CREATE TABLE local (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT;

-- Placements announced and not yet recorded as done, one for each intent record (R19).
CREATE TABLE intents (lsn INTEGER PRIMARY KEY, folder INTEGER NOT NULL, block BLOB NOT NULL) STRICT;

-- Former contents in the version stores of this device's folders (R21). Derived: each store has an index of its own, from which
-- this is filled, lagging behind. line: what that index says (core/kept.ts). pinned: kept nowhere else, never evicted.
CREATE TABLE kept (
  id INTEGER PRIMARY KEY,
  folder INTEGER NOT NULL,
  file TEXT NOT NULL,
  directory INTEGER NOT NULL,
  name TEXT NOT NULL,
  segment INTEGER NOT NULL,
  kept_ms INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  pinned INTEGER NOT NULL,
  line TEXT NOT NULL,
  UNIQUE (folder, file)
) STRICT;
CREATE INDEX kept_by_path ON kept (directory, name);
CREATE INDEX kept_by_time ON kept (folder, kept_ms);
CREATE INDEX kept_by_segment ON kept (folder, segment);

-- How far each segment of such an index has been taken in.
CREATE TABLE kept_segments (
  folder INTEGER NOT NULL,
  segment INTEGER NOT NULL,
  read_bytes INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  PRIMARY KEY (folder, segment)
) WITHOUT ROWID, STRICT;
