DELETE FROM imported
WHERE kind = ? AND key = ? AND trust = ?
