DELETE FROM blob
WHERE digest = ?
