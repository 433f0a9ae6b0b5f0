-- Schema 13. Rows of this side that archives bring too: they stay when the archives no longer have them. No part of the
-- content.
CREATE TABLE own (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (kind, key, digest)
) WITHOUT ROWID;

-- The last archive of each key too (`signer FINGERPRINT`), and the last one of a key that was rejected (`rejected`).
CREATE TABLE import_seen_roles (
  role TEXT PRIMARY KEY,
  sequence TEXT NOT NULL,
  statement TEXT NOT NULL,
  content_id TEXT NOT NULL,
  created TEXT NOT NULL,
  at TEXT NOT NULL,
  source TEXT NOT NULL,
  checksum BLOB NOT NULL
) WITHOUT ROWID;

INSERT INTO import_seen_roles
SELECT role, sequence, statement, content_id, created, at, source, checksum FROM import_seen;

DROP TABLE import_seen;

ALTER TABLE import_seen_roles RENAME TO import_seen;

-- Who signed is in the records of the runs.
WITH
  imports (id, started, source, json) AS (
    SELECT id, started, source, summary FROM run WHERE kind = 'import' AND json_valid(summary)
  ),
  signed (id, role, sequence, statement, content_id, created, at, source) AS (
    SELECT
      id,
      'signer ' || (json ->> '$.key'),
      CAST(json ->> '$.sequence' AS TEXT),
      json ->> '$.statement',
      json ->> '$.contentId',
      json ->> '$.signedTime',
      started,
      source
    FROM imports
  )
INSERT OR REPLACE INTO import_seen (role, sequence, statement, content_id, created, at, source, checksum)
SELECT
  role, sequence, statement, content_id, created, at, source,
  row_checksum(role, sequence, statement, content_id, created, at, source)
FROM signed
WHERE role IS NOT NULL
  AND sequence IS NOT NULL
  AND statement IS NOT NULL
  AND content_id IS NOT NULL
  AND created IS NOT NULL
ORDER BY id;

-- Spaces and percent signs within the parts of a key are escaped, so that no two rows have the same.
UPDATE OR REPLACE imported
SET key = (
  SELECT
    replace(replace(repository, '%', '%25'), ' ', '%20')
    || ' '
    || replace(replace(role, '%', '%25'), ' ', '%20')
    || ' '
    || version
  FROM tuf_metadata
  WHERE repository || ' ' || role || ' ' || version = imported.key AND tuf_metadata.digest = imported.digest
)
WHERE kind = 'tuf-metadata'
  AND EXISTS (
    SELECT 1
    FROM tuf_metadata
    WHERE repository || ' ' || role || ' ' || version = imported.key
      AND tuf_metadata.digest = imported.digest
      AND (repository || role LIKE '% %' OR repository || role LIKE '%\%%' ESCAPE '\')
  );
