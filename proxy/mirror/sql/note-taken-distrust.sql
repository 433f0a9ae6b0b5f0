INSERT OR IGNORE INTO taken
SELECT kind, key, digest
FROM imported
WHERE kind = 'distrust' AND digest = ?
