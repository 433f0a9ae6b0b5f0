DELETE FROM run
WHERE id <= (SELECT max(id) FROM run) - ?
