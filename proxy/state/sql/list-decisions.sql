SELECT id, at, subject, allowed
FROM decision
ORDER BY at DESC, id
LIMIT ?
