DELETE FROM recheck
WHERE image = ? AND resource = ? AND policy = ?
