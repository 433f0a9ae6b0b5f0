SELECT 1
FROM partial_list
WHERE question = ?
