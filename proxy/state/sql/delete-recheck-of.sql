DELETE FROM recheck
WHERE image = ?
