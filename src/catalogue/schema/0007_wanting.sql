-- Where a folder has become wanted, or its patterns are others: behind which directory and name its paths have not been looked at yet for whether
-- they are needs. Null: all have.
ALTER TABLE folders ADD COLUMN wanting_directory INTEGER;
ALTER TABLE folders ADD COLUMN wanting_name TEXT NOT NULL DEFAULT '';
