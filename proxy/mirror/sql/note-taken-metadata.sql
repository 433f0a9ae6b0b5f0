INSERT OR IGNORE INTO taken
SELECT kind, key, digest
FROM imported
WHERE kind = 'tuf-metadata'
  AND digest IN (
    SELECT digest
    FROM tuf_metadata
    WHERE role <> 'root' AND digest NOT IN (SELECT value FROM json_each(?))
  )
