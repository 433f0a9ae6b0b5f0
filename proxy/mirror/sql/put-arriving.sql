INSERT INTO temp.naming (digest, size, keep)
VALUES (?, ?, ?)
