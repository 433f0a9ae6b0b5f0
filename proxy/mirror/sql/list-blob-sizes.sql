SELECT digest, length(bytes)
FROM blob
WHERE digest IN (SELECT value FROM json_each(?))
ORDER BY digest
