DELETE FROM checkpoint
WHERE origin = ?
