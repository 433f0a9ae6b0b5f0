SELECT id, at, image, allowed, recheck, digest, record
FROM decision
WHERE id = ?
