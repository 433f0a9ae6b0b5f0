SELECT
  lower(hex(checksum))
  || CASE partial
    WHEN 0 THEN json_array(kind, question, repository, subject, state, digest, value, at, source)
    ELSE json_array(kind, question, repository, subject, state, digest, value, at, source, 'partial ' || partial)
  END,
  CASE WHEN kind IN ('manifest', 'blob') THEN (SELECT bytes FROM blob WHERE blob.digest = answer.digest) END
FROM answer
WHERE kind = ? AND question = ?
