INSERT INTO temp.local_row
SELECT content.kind, content.key, content.digest
FROM (
  SELECT kind, question AS key, coalesce(digest, 'absent') AS digest
  FROM answer
  WHERE source LIKE 'layout %' OR kind IN ('trusted-root', 'key')
  UNION ALL
  SELECT 'pin ' || kind, name, digest
  FROM pin
  UNION ALL
  SELECT 'complete', scope, 'complete'
  FROM complete
  UNION ALL
  SELECT
    'tuf-metadata',
    replace(replace(repository, '%', '%25'), ' ', '%20')
    || ' '
    || replace(replace(role, '%', '%25'), ' ', '%20')
    || ' '
    || version,
    digest
  FROM tuf_metadata
) AS content
WHERE NOT EXISTS (
    SELECT 1
    FROM imported
    WHERE imported.kind = content.kind AND imported.key = content.key AND imported.digest = content.digest
  )
  OR EXISTS (
    SELECT 1
    FROM own
    WHERE own.kind = content.kind AND own.key = content.key AND own.digest = content.digest
  )
