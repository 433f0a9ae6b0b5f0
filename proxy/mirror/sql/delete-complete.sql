DELETE FROM complete
WHERE scope = ?
