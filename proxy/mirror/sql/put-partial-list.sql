INSERT OR IGNORE INTO partial_list (question)
VALUES (?)
