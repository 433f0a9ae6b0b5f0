DELETE FROM named
WHERE 'sha256:' || lower(hex(manifest)) NOT IN (
  SELECT subject
  FROM answer
  WHERE kind = 'manifest' AND state = 'present' AND subject IS NOT NULL
)
