-- Schema 6. The newest time that a verified signature carried, one row: a clock that is behind it is wrong. It belongs
-- to this machine and is no part of what the mirror knows.
CREATE TABLE signed_time (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  signed TEXT NOT NULL,
  at TEXT NOT NULL,
  source TEXT NOT NULL,
  checksum BLOB NOT NULL
);
