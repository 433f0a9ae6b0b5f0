SELECT kind, key, digest
FROM imported
WHERE trust = 0
ORDER BY kind, key, digest
