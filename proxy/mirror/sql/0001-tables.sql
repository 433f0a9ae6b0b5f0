-- Schema 1. Digests are text, `sha256:` and 64 hexadecimal digits; times are RFC 3339; `source` names where something
-- is known from.
-- `checksum` is SHA-256 over the other columns of the row, so that a damaged row is noticed before it is believed.

-- Raw bytes exactly as served.
CREATE TABLE blob (
  digest TEXT PRIMARY KEY,
  bytes BLOB NOT NULL
);

-- What is known. `question` is the canonical text; `digest` is that of the bytes (manifest, blob) or of `value`; absent
-- has none.
CREATE TABLE answer (
  kind TEXT NOT NULL,
  question TEXT NOT NULL,
  repository TEXT,
  subject TEXT,
  state TEXT NOT NULL CHECK (state IN ('present', 'absent')),
  digest TEXT,
  value TEXT,
  at TEXT NOT NULL,
  source TEXT NOT NULL,
  checksum BLOB NOT NULL,
  PRIMARY KEY (kind, question)
) WITHOUT ROWID;
CREATE INDEX answer_repository ON answer (repository, kind, subject);

-- The last failed try to answer a question: for people, never for decisions.
CREATE TABLE attempt (
  question TEXT PRIMARY KEY,
  code TEXT NOT NULL,
  at TEXT NOT NULL,
  source TEXT NOT NULL
) WITHOUT ROWID;

-- Raw TUF metadata, as served.
CREATE TABLE tuf_metadata (
  repository TEXT NOT NULL,
  role TEXT NOT NULL,
  version INTEGER NOT NULL,
  digest TEXT NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (repository, role, version)
);

-- The newest checkpoint seen of each log; `size` is a decimal number.
CREATE TABLE checkpoint (
  origin TEXT PRIMARY KEY,
  size TEXT NOT NULL,
  digest TEXT NOT NULL,
  note TEXT NOT NULL,
  at TEXT NOT NULL,
  source TEXT NOT NULL
);

-- Hosts and repositories of which everything is here: what is not, is absent.
CREATE TABLE complete (
  scope TEXT PRIMARY KEY,
  at TEXT NOT NULL,
  source TEXT NOT NULL,
  checksum BLOB NOT NULL
) WITHOUT ROWID;

-- What an operator pinned: trusted roots, and keys for KMS, Secret and file references.
CREATE TABLE pin (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  bytes BLOB NOT NULL,
  at TEXT NOT NULL,
  source TEXT NOT NULL,
  checksum BLOB NOT NULL,
  PRIMARY KEY (kind, name)
);

-- Syncs, imports and other runs: what they brought, what failed.
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  started TEXT NOT NULL,
  ended TEXT,
  source TEXT NOT NULL,
  summary TEXT NOT NULL
);

-- Evidence records; `recheck` marks what was admitted on unknown and is to be decided again.
CREATE TABLE decision (
  id TEXT PRIMARY KEY,
  at TEXT NOT NULL,
  image TEXT NOT NULL,
  allowed INTEGER NOT NULL,
  recheck INTEGER NOT NULL,
  digest TEXT NOT NULL,
  record BLOB NOT NULL
);
CREATE INDEX decision_recheck ON decision (at) WHERE recheck;
