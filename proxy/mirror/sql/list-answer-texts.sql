SELECT
  lower(hex(checksum))
  || CASE partial
    WHEN 0 THEN json_array(kind, question, repository, subject, state, digest, value, at, source)
    ELSE json_array(kind, question, repository, subject, state, digest, value, at, source, 'partial ' || partial)
  END
FROM answer
WHERE kind = ?
ORDER BY question
