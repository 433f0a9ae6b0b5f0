-- Schema 8. Lists of referrers that came from layouts: there may be more, until a claim says otherwise or a registry is
-- asked. So far every list came from a layout.
CREATE TABLE partial_list (question TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO partial_list
SELECT question
FROM answer
WHERE kind = 'referrers' AND state = 'present';
