DELETE FROM own
WHERE kind = ? AND key = ?
