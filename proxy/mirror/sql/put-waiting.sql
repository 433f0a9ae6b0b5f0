INSERT INTO temp.waiting (digest, line)
VALUES (?, ?)
