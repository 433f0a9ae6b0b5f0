INSERT INTO temp.arrived_manifest (repository, digest)
VALUES (?, ?)
