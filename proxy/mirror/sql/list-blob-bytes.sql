SELECT digest, CASE WHEN length(bytes) <= 65536 THEN CAST(bytes AS TEXT) ELSE bytes END
FROM blob
WHERE digest IN (SELECT value FROM json_each(?))
ORDER BY digest
