UPDATE decision
SET recheck = 0
WHERE id = ?
