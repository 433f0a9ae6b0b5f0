SELECT question, code, at, source, checksum
FROM attempt
ORDER BY question
