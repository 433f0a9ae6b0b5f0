DELETE FROM taken
WHERE kind = ? AND key = ?
