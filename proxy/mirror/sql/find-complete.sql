SELECT scope, at, source, checksum
FROM complete
WHERE scope IN (?, ?, ?)
ORDER BY length(scope) DESC
