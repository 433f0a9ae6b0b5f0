SELECT scope, at, source, checksum
FROM complete
ORDER BY scope
