DELETE FROM pin
WHERE kind = ? AND name = ?
