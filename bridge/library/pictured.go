package library

import "context"

// pictureFolders notes of a folder, and of all that it lies in, that there is a picture to show for it.
func (s *scan) pictureFolders(ctx context.Context, dir int64) error {
	for range maxDepth + 1 {
		if dir <= 0 || s.pictured[dir] {
			return nil
		}
		s.pictured[dir] = true
		if _, err := s.w.exec(ctx, "UPDATE items SET picture=1 WHERE n=? AND picture=0", dir); err != nil {
			return err
		}
		above, err := s.w.number(ctx, "SELECT parent FROM dirs WHERE n=?", dir)
		if err != nil {
			return err
		}
		dir = above
	}
	return nil
}

// heldQuery marks the containers of the files in a folder and in those below it: seasons with their shows, albums and artists.
const heldQuery = `WITH held(n) AS MATERIALIZED (
	SELECT f.n FROM files f WHERE f.dir=? AND f.gone IS NULL
	UNION ALL SELECT f.n FROM dirs d JOIN files f ON f.dir = d.n AND f.gone IS NULL WHERE d.root=? AND d.parent=?),
	groups(n) AS MATERIALIZED (SELECT group_n FROM items WHERE n IN (SELECT n FROM held))
	UPDATE items SET picture=1 WHERE picture=0 AND n IN (SELECT n FROM groups
		UNION SELECT group_n FROM items WHERE n IN (SELECT n FROM groups) UNION SELECT artist_n FROM items WHERE n IN (SELECT n FROM held))`

// spread notes that the picture of a folder, or of the one above it, stands for what is in it too.
func (s *scan) spread(ctx context.Context, d dirRow, cover string) error {
	if cover == "" {
		above, err := s.w.number(ctx, "SELECT cover <> x'' FROM dirs WHERE n=? AND parent <> 0", d.parent)
		if err != nil || above == 0 {
			return err
		}
	} else if err := s.pictureFolders(ctx, d.n); err != nil {
		return err
	}
	_, err := s.w.exec(ctx, heldQuery, d.n, s.fo.root, d.n)
	return err
}
