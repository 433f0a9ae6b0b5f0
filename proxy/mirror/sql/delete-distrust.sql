DELETE FROM distrust
WHERE digest = ?
