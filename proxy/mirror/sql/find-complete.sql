-- One look-up for each scope: a list of three would be sorted into a table first.
SELECT scope, at, source, lower(hex(checksum))
FROM complete
WHERE scope = ?
UNION ALL
SELECT scope, at, source, lower(hex(checksum))
FROM complete
WHERE scope = ?
UNION ALL
SELECT scope, at, source, lower(hex(checksum))
FROM complete
WHERE scope = ?
