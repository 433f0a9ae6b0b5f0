INSERT OR IGNORE INTO own
SELECT kind, key, digest
FROM imported
WHERE kind = ? AND key = ? AND digest = ?
LIMIT 1
