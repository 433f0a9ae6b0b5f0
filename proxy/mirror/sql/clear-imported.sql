DELETE FROM imported
WHERE trust >= ?
