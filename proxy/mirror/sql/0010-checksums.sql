-- Schema 10. Every row that could be damaged in silence has a checksum. `row_checksum` is the program's: SHA-256 over
-- the JSON array of its arguments.

-- That a list may be partial belongs to the row itself: in a table of its own one flipped bit would make the list a
-- whole one. A row that is damaged already stays so.
ALTER TABLE answer ADD COLUMN partial INTEGER NOT NULL DEFAULT 0;
UPDATE answer
SET
  partial = 1,
  checksum = CASE
    WHEN checksum = row_checksum(kind, question, repository, subject, state, digest, value, at, source)
      THEN row_checksum(kind, question, repository, subject, state, digest, value, at, source, 'partial 1')
    ELSE checksum
  END
WHERE kind = 'referrers' AND state = 'present' AND question IN (SELECT question FROM partial_list);
DROP TABLE partial_list;

ALTER TABLE attempt ADD COLUMN checksum BLOB NOT NULL DEFAULT x'';
UPDATE attempt SET checksum = row_checksum(question, code, at, source);

ALTER TABLE checkpoint ADD COLUMN checksum BLOB NOT NULL DEFAULT x'';
UPDATE checkpoint SET checksum = row_checksum(origin, size, digest, at, source);

ALTER TABLE tuf_metadata ADD COLUMN checksum BLOB NOT NULL DEFAULT x'';
UPDATE tuf_metadata SET checksum = row_checksum(repository, role, CAST(version AS TEXT), digest);

ALTER TABLE run ADD COLUMN checksum BLOB NOT NULL DEFAULT x'';
UPDATE run SET checksum = row_checksum(kind, started, ended, source, summary);

-- Nothing ever wrote here.
DROP TABLE decision;
