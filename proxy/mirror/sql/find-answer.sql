SELECT kind, question, repository, subject, state, digest, value, at, source, checksum
FROM answer
WHERE kind = ? AND question = ?
