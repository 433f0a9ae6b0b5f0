DELETE FROM tuf_metadata
WHERE (
  replace(replace(repository, '%', '%25'), ' ', '%20')
  || ' '
  || replace(replace(role, '%', '%25'), ' ', '%20')
  || ' '
  || version,
  digest
) IN (
  SELECT key, digest
  FROM temp.leaving
  WHERE kind = 'tuf-metadata'
)
