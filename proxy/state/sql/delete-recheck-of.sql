-- Of an image, or of a resource, whatever was asked about it: the first line of its key is its name.
DELETE FROM recheck
WHERE image = :what OR (resource <> '' AND :what IN (
  resource,
  substr(resource, 1, instr(resource || char(10), char(10)) - 1),
  image || ' of ' || substr(resource, 1, instr(resource || char(10), char(10)) - 1)
))
RETURNING resource
