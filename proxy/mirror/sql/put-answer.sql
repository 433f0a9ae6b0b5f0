INSERT OR REPLACE INTO answer (kind, question, repository, subject, state, digest, value, at, source, checksum, partial)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
