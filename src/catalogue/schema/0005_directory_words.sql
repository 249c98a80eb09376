-- Trigrams of the paths of directories, by directories.id: a file is found by what stands above it, too. Derived as the index of names is,
-- and filled behind it (catalogue/directory_words.ts). Directories that are gone stay until a sweep.
CREATE VIRTUAL TABLE directory_words USING fts5(path, content='', contentless_delete=1, tokenize='trigram', detail=none);
INSERT INTO directory_words (directory_words, rank) VALUES ('automerge', 0);
INSERT INTO directory_words (directory_words, rank) VALUES ('crisismerge', 1000);
INSERT INTO directory_words (directory_words, rank) VALUES ('usermerge', 8);

-- How far it goes. The number of a directory that is gone may be given to another one, where it was the last: what is above the last is not in.
ALTER TABLE names_progress ADD COLUMN directories_upto INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER directories_gone AFTER DELETE ON directories BEGIN
  UPDATE names_progress SET directories_upto = min(directories_upto, (SELECT coalesce(max(id), 0) FROM directories));
END;
