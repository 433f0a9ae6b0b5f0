SELECT bytes
FROM blob
WHERE digest = ?
