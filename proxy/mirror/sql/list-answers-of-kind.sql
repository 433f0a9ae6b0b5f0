SELECT kind, question, repository, subject, state, digest, value, at, source, checksum, partial
FROM answer
WHERE kind = ?
ORDER BY question
