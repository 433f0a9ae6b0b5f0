SELECT kind, question AS key, coalesce(digest, 'absent') AS digest
FROM answer
UNION ALL
SELECT 'checkpoint', origin, digest
FROM checkpoint
UNION ALL
SELECT 'complete', scope, 'complete'
FROM complete
UNION ALL
SELECT 'distrust', kind || ' ' || value, digest
FROM distrust
UNION ALL
SELECT 'partial', question, 'partial'
FROM answer
WHERE kind = 'referrers' AND partial <> 0
UNION ALL
SELECT 'pin ' || kind, name, digest
FROM pin
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
ORDER BY 1, 2, 3
