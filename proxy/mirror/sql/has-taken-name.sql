SELECT 1
FROM taken
WHERE kind = ? AND key = ?
