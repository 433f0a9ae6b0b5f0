SELECT kind, question, repository, subject, state, digest, value, at, source, checksum
FROM answer
ORDER BY kind, question
