SELECT CAST(group_concat(bytes, '') AS BLOB)
FROM json_each(?)
CROSS JOIN blob ON digest = value
