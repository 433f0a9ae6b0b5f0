DELETE FROM attempt
WHERE question = ?
