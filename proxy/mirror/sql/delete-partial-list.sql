DELETE FROM partial_list
WHERE question = ?
