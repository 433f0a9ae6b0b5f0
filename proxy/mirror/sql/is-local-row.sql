SELECT 1
FROM temp.local_row
WHERE kind = ? AND key = ? AND digest = ?
