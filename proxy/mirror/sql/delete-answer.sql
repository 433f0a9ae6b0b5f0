DELETE FROM answer
WHERE kind = ? AND question = ?
