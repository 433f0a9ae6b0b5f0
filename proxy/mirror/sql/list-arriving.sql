SELECT digest, size, keep
FROM temp.arriving
WHERE digest >= ?
ORDER BY digest
LIMIT 50
