SELECT count(*) AS count
FROM imported
WHERE CASE imported.kind
    WHEN 'checkpoint' THEN imported.key NOT IN (SELECT origin FROM checkpoint)
    WHEN 'complete' THEN imported.key NOT IN (SELECT scope FROM complete)
    WHEN 'distrust' THEN imported.digest NOT IN (SELECT digest FROM distrust)
    WHEN 'partial' THEN 0
    WHEN 'pin key' THEN imported.key NOT IN (SELECT name FROM pin WHERE kind = 'key')
    WHEN 'pin trusted-root' THEN imported.key NOT IN (SELECT name FROM pin WHERE kind = 'trusted-root')
    WHEN 'pin tuf-root' THEN imported.key NOT IN (SELECT name FROM pin WHERE kind = 'tuf-root')
    WHEN 'tuf-metadata' THEN imported.digest NOT IN (SELECT digest FROM tuf_metadata)
    ELSE NOT EXISTS (SELECT 1 FROM answer WHERE answer.kind = imported.kind AND answer.question = imported.key)
  END
  AND NOT EXISTS (
    SELECT 1
    FROM taken
    WHERE taken.kind = imported.kind
      AND taken.key = imported.key
      AND (taken.digest = imported.digest OR taken.kind LIKE 'pin %')
  )
