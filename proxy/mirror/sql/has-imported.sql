SELECT 1
FROM imported
WHERE kind = ? AND key = ? AND digest = ?
