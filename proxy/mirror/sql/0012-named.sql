-- Schema 12. Which manifests of a repository name a digest, for finding them in one look. `place` is half of the
-- checksum of repository and digest: what names much in one repository costs nothing in another. Rows are hints: a
-- manifest is read before it is believed to name something. No part of the content.
CREATE TABLE named (
  place BLOB NOT NULL,
  manifest BLOB NOT NULL,
  PRIMARY KEY (place, manifest)
) WITHOUT ROWID;

WITH
  document (repository, subject, json) AS (
    SELECT
      answer.repository,
      answer.subject,
      CASE WHEN json_valid(CAST(blob.bytes AS TEXT)) THEN CAST(blob.bytes AS TEXT) ELSE '{}' END
    FROM answer
    JOIN blob ON blob.digest = answer.digest
    WHERE answer.kind = 'manifest' AND answer.state = 'present' AND length(answer.subject) = 71
  ),
  naming (repository, subject, digest) AS (
    SELECT repository, subject, json ->> '$.config.digest' FROM document
    UNION ALL
    SELECT repository, subject, layer.value ->> '$.digest'
    FROM document, json_each(document.json, '$.layers') AS layer
    WHERE layer.type = 'object'
    UNION ALL
    SELECT repository, subject, child.value ->> '$.digest'
    FROM document, json_each(document.json, '$.manifests') AS child
    WHERE child.type = 'object'
  )
INSERT OR IGNORE INTO named (place, manifest)
SELECT substr(row_checksum(repository, digest), 1, 16), unhex(substr(subject, 8))
FROM naming
WHERE digest GLOB 'sha256:*' AND length(digest) = 71 AND unhex(substr(subject, 8)) IS NOT NULL;
