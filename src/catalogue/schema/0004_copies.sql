-- What shared fields of each kind take: their bounds are asked with every page (catalogue/quota.ts).
CREATE TABLE shared_sums (
  kind TEXT PRIMARY KEY,
  fields INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
INSERT INTO shared_sums
  SELECT kind, count(*), sum(length(key) + length(field) + length(value) + 64) FROM shared GROUP BY kind;
CREATE TRIGGER shared_insert AFTER INSERT ON shared BEGIN
  INSERT INTO shared_sums (kind, fields, bytes)
    VALUES (new.kind, 1, length(new.key) + length(new.field) + length(new.value) + 64)
    ON CONFLICT DO UPDATE SET fields = fields + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER shared_update AFTER UPDATE OF value ON shared BEGIN
  UPDATE shared_sums SET bytes = bytes + length(new.value) - length(old.value) WHERE kind = new.kind;
END;

-- What has a tag (value true, as MessagePack), by tag; and how much that is, for each tag that anything has.
CREATE INDEX shared_by_tag ON shared (field, key) WHERE kind = 'tag' AND value = x'c3';
CREATE TABLE tags (tag TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID, STRICT;
CREATE TRIGGER tags_insert AFTER INSERT ON shared WHEN new.kind = 'tag' AND new.value = x'c3' BEGIN
  INSERT INTO tags (tag, count) VALUES (new.field, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER tags_update AFTER UPDATE OF value ON shared
  WHEN new.kind = 'tag' AND (new.value = x'c3') <> (old.value = x'c3') BEGIN
  INSERT INTO tags (tag, count) VALUES (new.field, iif(new.value = x'c3', 1, -1))
    ON CONFLICT DO UPDATE SET count = count + excluded.count;
  DELETE FROM tags WHERE tag = new.field AND count <= 0;
END;

-- As what a file's content was counted last (`standings.id`): 8388608 while it was not, 1073741824 when it is in `crowds`. Always of four bytes, so
-- that a row that is counted stays where it is. All states of one content say the same, but those that came since.
ALTER TABLE states ADD COLUMN counted INTEGER NOT NULL DEFAULT 8388608;
CREATE INDEX states_at_several ON states (counted, size) WHERE counted > 1073741824;

-- Up to where a device's rows are counted, in the order of `holds_by_lsn`.
ALTER TABLE devices ADD COLUMN counted_lsn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN counted_state INTEGER NOT NULL DEFAULT 0;

-- In which ways contents stand on devices: [[folder, [device, …], paths], …] as JSON, one for each set of devices that have it at the same path.
-- contents, bytes: of all that stand so. examples: the ids of some that lately did. From 1073741825 on: those that are at several paths, which
-- `states_at_several` finds.
CREATE TABLE standings (
  id INTEGER PRIMARY KEY,
  standing TEXT NOT NULL UNIQUE,
  contents INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  examples BLOB NOT NULL DEFAULT x''
) STRICT;

-- Contents of which a device lost a row since they were counted, one behind the other as that happened. Where the last row of a state went: as
-- what it was counted, and of which size. Put in order in `recounts` before anything is counted: whoever writes rows must not wait for that.
CREATE TABLE leavings (
  id INTEGER PRIMARY KEY,
  content BLOB NOT NULL,
  size INTEGER NOT NULL,
  counted INTEGER NOT NULL
) STRICT;
CREATE TABLE recounts (
  content BLOB PRIMARY KEY,
  size INTEGER NOT NULL,
  counted INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- Contents that so many hold that they are counted in slices. changes: how often something of them changed; counted_changes: how often up to
-- the last count.
CREATE TABLE crowds (
  content BLOB PRIMARY KEY,
  size INTEGER NOT NULL,
  counted INTEGER NOT NULL,
  changes INTEGER NOT NULL,
  counted_changes INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
