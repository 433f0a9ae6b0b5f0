SELECT kind, question, repository, subject, state, digest, value, at, source, checksum, partial
FROM answer
WHERE repository = ?
