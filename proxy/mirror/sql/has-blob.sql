SELECT 1
FROM blob
WHERE digest = ?
