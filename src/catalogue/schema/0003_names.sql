-- Trigrams of the names of living states, by states.id: derived, filled behind (catalogue/names.ts). Rows of states that are gone stay
-- until a sweep, so whoever reads it looks at states too. Segments are merged by hand, a few pages at a time, and never in a commit.
CREATE VIRTUAL TABLE names USING fts5(name, content='', contentless_delete=1, tokenize='trigram', detail=none);
INSERT INTO names (names, rank) VALUES ('automerge', 0);
INSERT INTO names (names, rank) VALUES ('crisismerge', 1000);
INSERT INTO names (names, rank) VALUES ('usermerge', 8);

-- The same states by what kind of file they are (core/file_kinds.ts) and by the day of their time, counted from 1970.
CREATE TABLE dated (
  class INTEGER NOT NULL,
  day INTEGER NOT NULL,
  state INTEGER NOT NULL,
  PRIMARY KEY (class, day, state)
) WITHOUT ROWID, STRICT;

-- How far both go: all states up to `upto` are in. No later state gets a number up to it. version: of core/file_kinds.ts.
-- swept_at: what `upto` was when states that are gone were last looked for.
CREATE TABLE names_progress (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  version INTEGER NOT NULL,
  upto INTEGER NOT NULL,
  swept_at INTEGER NOT NULL
) STRICT;
INSERT INTO names_progress (id, version, upto, swept_at) VALUES (1, 0, 0, 0);

-- Large files, for questions by size: few, so that writing a row costs nothing more as a rule.
CREATE INDEX states_large ON states (size) WHERE size >= 10000000;
