DELETE FROM admitted
WHERE resource = ?
