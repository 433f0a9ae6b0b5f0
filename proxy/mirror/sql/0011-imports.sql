-- Schema 11. What came by archives, row by row as content ids count it: a later archive takes away only what an earlier
-- one brought. `trust` is 1 for what an archive of trust alone brought, which no delta is based on.
CREATE TABLE imported (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  digest TEXT NOT NULL,
  trust INTEGER NOT NULL,
  PRIMARY KEY (kind, key, digest, trust)
) WITHOUT ROWID;

-- Archives that were imported: the last one of any kind, and the one that a delta may be based on.
CREATE TABLE import_seen (
  role TEXT PRIMARY KEY CHECK (role IN ('last', 'base')),
  sequence TEXT NOT NULL,
  statement TEXT NOT NULL,
  content_id TEXT NOT NULL,
  created TEXT NOT NULL,
  at TEXT NOT NULL,
  source TEXT NOT NULL,
  checksum BLOB NOT NULL
) WITHOUT ROWID;

-- Public keys whose archives are accepted. They are of this side, and no part of the content id.
CREATE TABLE import_key (
  fingerprint TEXT PRIMARY KEY,
  pem TEXT NOT NULL,
  at TEXT NOT NULL,
  source TEXT NOT NULL,
  checksum BLOB NOT NULL
) WITHOUT ROWID;
