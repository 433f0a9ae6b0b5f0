-- Schema 1. Times are RFC 3339. `SALS` marks the file among SQLite files.
PRAGMA application_id = 0x53414c53;

-- Images that were let in though nobody could decide about them, one row for each policy that could not. `resource` is
-- empty where a registry was asked for the image. `refuted` stays until somebody forgets it.
CREATE TABLE recheck (
  image TEXT NOT NULL,
  resource TEXT NOT NULL,
  policy TEXT NOT NULL,
  policy_digest TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('unknown', 'refuted')),
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  since TEXT NOT NULL,
  last_admitted TEXT NOT NULL,
  evaluated TEXT,
  PRIMARY KEY (image, resource, policy)
) STRICT, WITHOUT ROWID;
CREATE INDEX recheck_order ON recheck (state, last_admitted);

-- Decisions with their evidence. `digest` is that of `record`.
CREATE TABLE decision (
  id TEXT PRIMARY KEY,
  at TEXT NOT NULL,
  subject TEXT NOT NULL,
  allowed INTEGER NOT NULL,
  digest TEXT NOT NULL,
  record BLOB NOT NULL
) STRICT;
CREATE INDEX decision_order ON decision (at DESC, id);

-- How many rows made room for others.
CREATE TABLE dropped (
  what TEXT PRIMARY KEY,
  count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
