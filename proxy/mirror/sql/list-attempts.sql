SELECT question, code, at, source
FROM attempt
ORDER BY question
