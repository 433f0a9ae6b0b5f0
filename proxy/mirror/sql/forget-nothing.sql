-- That there is nothing, if it is still what was said then.
DELETE FROM answer
WHERE kind = ? AND question = ? AND at = ? AND (state = 'absent' OR value = '[]')
