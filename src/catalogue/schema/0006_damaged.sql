-- Contents that devices say their disks have damaged, and at how many paths of a replica: what their facts `damaged/FOLDER` say, so that whoever
-- counts copies finds it by content.
CREATE TABLE damaged (
  content BLOB NOT NULL,
  device INTEGER NOT NULL,
  folder TEXT NOT NULL,
  paths INTEGER NOT NULL,
  PRIMARY KEY (content, device, folder)
) WITHOUT ROWID, STRICT;
CREATE INDEX damaged_by_replica ON damaged (device, folder);
