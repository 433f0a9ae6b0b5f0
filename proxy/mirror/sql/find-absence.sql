SELECT state = 'absent' AND digest IS NULL AND value IS NULL
FROM answer
WHERE kind = ? AND question = ?
