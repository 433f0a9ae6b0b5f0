-- Of an image, or of a resource.
DELETE FROM recheck
WHERE image = :what OR (resource = :what AND resource <> '') OR image || ' of ' || resource = :what
