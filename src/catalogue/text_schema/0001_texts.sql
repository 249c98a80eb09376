-- Words of contents (R39). Derived: it can be dropped, and is made again from files and other devices. A file of its own, so that sync
-- never waits for it.

-- index: random id of this file; numbers of records mean something together with it alone. rows/…: how far our own rows were looked at.
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) WITHOUT ROWID, STRICT;

-- Whoever read a text, or gave it to us; id 1 is this device. texts, bytes: what it gave (core/limits.ts).
CREATE TABLE devices (
  id INTEGER PRIMARY KEY,
  device BLOB NOT NULL UNIQUE,
  texts INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0
) STRICT;

-- id: in the order in which records came; never given out twice, for others ask "what came after". note: why there is no text.
-- packed: the text by raw deflate. unnamed_ms: since when no living row names the content.
CREATE TABLE texts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  content BLOB NOT NULL UNIQUE,
  origin INTEGER NOT NULL,
  giver INTEGER NOT NULL,
  version INTEGER NOT NULL,
  note TEXT,
  packed BLOB NOT NULL,
  unnamed_ms INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TRIGGER texts_insert AFTER INSERT ON texts BEGIN
  UPDATE devices SET texts = texts + 1, bytes = bytes + length(new.packed) WHERE id = new.giver;
END;
CREATE TRIGGER texts_delete AFTER DELETE ON texts BEGIN
  UPDATE devices SET texts = texts - 1, bytes = bytes - length(old.packed) WHERE id = old.giver;
END;

-- The words, by the ids of their texts. The texts themselves are in `texts`.
CREATE VIRTUAL TABLE words USING fts5(
  text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2', prefix = '3'
);
-- Segments are merged in small steps when nothing else is to be done, and in the middle of an insert only where that did not happen for long:
-- with 2,000 of them FTS5 takes no more.
INSERT INTO words (words, rank) VALUES ('automerge', 0);
INSERT INTO words (words, rank) VALUES ('crisismerge', 200);

-- Contents of ours that are to be read, as far as our rows were looked at.
CREATE TABLE waiting (
  content BLOB PRIMARY KEY,
  kind TEXT NOT NULL,
  retry_ms INTEGER NOT NULL DEFAULT 0,
  tries INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID, STRICT;
CREATE INDEX waiting_by_time ON waiting (retry_ms);

-- How far we have the records of another device's index. relist: something was passed by or dropped since it was listed from its beginning.
CREATE TABLE peers (
  device BLOB PRIMARY KEY,
  index_id BLOB NOT NULL,
  seen INTEGER NOT NULL,
  listed_ms INTEGER NOT NULL,
  relist INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID, STRICT;
