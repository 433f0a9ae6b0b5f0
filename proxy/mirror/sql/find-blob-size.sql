SELECT length(bytes) AS size
FROM blob
WHERE digest = ?
