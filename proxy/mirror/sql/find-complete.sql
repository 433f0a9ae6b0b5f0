-- One look-up for each scope: of a list, SQLite makes a sorted table first.
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
