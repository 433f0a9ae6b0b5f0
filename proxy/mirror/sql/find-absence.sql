SELECT 1
FROM answer
WHERE kind = ? AND question = ? AND state = 'absent' AND digest IS NULL AND value IS NULL
