SELECT id, at, subject, allowed, digest, record
FROM decision
WHERE id = ?
