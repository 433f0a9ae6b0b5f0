INSERT OR IGNORE INTO temp.leaving
SELECT kind, key, digest
FROM imported
WHERE trust >= ?
