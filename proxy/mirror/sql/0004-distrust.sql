-- Schema 4. What is distrusted, whatever vouches for it. `digest` is that of the entry: kind, value, reason and date as
-- canonical JSON. An entry is never changed: one with another reason is another entry.
CREATE TABLE distrust (
  digest TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  reason TEXT,
  date TEXT,
  at TEXT NOT NULL,
  source TEXT NOT NULL,
  checksum BLOB NOT NULL
) WITHOUT ROWID;
