-- Schema 3. The namespace of what was let in, as `Kind/namespace/name` says it; empty where a registry was asked, and
-- of what is in none. Each namespace has a share of the list.
ALTER TABLE recheck ADD COLUMN namespace TEXT GENERATED ALWAYS AS (
  iif(
    resource LIKE '%/%/%',
    substr(
      resource,
      instr(resource, '/') + 1,
      instr(substr(resource, instr(resource, '/') + 1), '/') - 1
    ),
    ''
  )
) VIRTUAL;
CREATE INDEX recheck_namespace ON recheck (namespace, state, last_admitted);
