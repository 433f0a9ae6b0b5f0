DELETE FROM taken
WHERE kind = 'distrust' AND digest = ?
