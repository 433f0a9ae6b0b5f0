INSERT INTO dropped (what, count)
VALUES (?, ?)
ON CONFLICT (what) DO UPDATE SET count = count + excluded.count
