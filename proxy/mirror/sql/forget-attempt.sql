DELETE FROM attempt
WHERE question = ? AND at = ?
