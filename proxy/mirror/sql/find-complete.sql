SELECT scope, at, source, checksum
FROM complete
WHERE scope IN (?, ?, ?)
