SELECT id, at, image, allowed, recheck, digest, record
FROM decision
WHERE recheck
ORDER BY at
