SELECT 1
FROM temp.local_answer
WHERE kind = ? AND question = ?
