DELETE FROM imported
WHERE kind = ? AND key = ? AND digest = ? AND trust = 0
