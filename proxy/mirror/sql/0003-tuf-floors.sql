-- Schema 3. Versions of TUF metadata that were verified, in decimal: nothing older is believed.
CREATE TABLE tuf_floor (
  repository TEXT NOT NULL,
  role TEXT NOT NULL,
  version TEXT NOT NULL,
  checksum BLOB NOT NULL,
  PRIMARY KEY (repository, role)
) WITHOUT ROWID;
