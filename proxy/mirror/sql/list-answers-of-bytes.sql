SELECT kind, question
FROM answer
WHERE digest = ? AND kind IN ('manifest', 'blob')
