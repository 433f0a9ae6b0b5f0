DELETE FROM tuf_metadata
WHERE (repository || ' ' || role || ' ' || version, digest) IN (
  SELECT key, digest
  FROM temp.leaving
  WHERE kind = 'tuf-metadata'
)
