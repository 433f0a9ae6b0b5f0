-- Schema 2. What an API server asked, for entries of the re-check list that have a resource: as far as it is needed to
-- decide again. `digest` is that of `request`.
CREATE TABLE admitted (
  resource TEXT PRIMARY KEY,
  digest TEXT NOT NULL,
  request TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX recheck_resource ON recheck (resource);
