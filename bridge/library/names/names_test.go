package names

import (
	"testing"

	"localcast/bridge/media"
)

func TestParse(t *testing.T) {
	p := New()
	for _, row := range []struct{ path, want string }{
		// Episodes: S01E02 and its kin.
		{"tv/Bluey/Season 1/Bluey - S01E02 - Hospital.mkv", "episode|show=Bluey|label=S01E02|title=Hospital"},
		{"tv/Bluey (2018)/Season 01/Bluey (2018) - S01E02 - Hospital.mkv", "episode|show=Bluey|label=S01E02|title=Hospital|year=2018"},
		{"tv/Bluey/Bluey.S01E02.Hospital.1080p.WEB-DL.AAC2.0.H.264-GRP.mkv", "episode|show=Bluey|label=S01E02|title=Hospital"},
		{"tv/bluey.s01e02.mkv", "episode|show=bluey|label=S01E02"},
		{"Bluey/S01E02.mp4", "episode|show=Bluey|label=S01E02"},
		{"tv/Bluey/S01E02 - Hospital.mp4", "episode|show=Bluey|label=S01E02|title=Hospital"},
		{"tv/Bluey/Season 1/S01E02 Hospital.mp4", "episode|show=Bluey|label=S01E02|title=Hospital"},
		{"tv/The.Office.US.S03E07.Branch.Closing.720p.BluRay.x264-DEMAND.mkv", "episode|show=The Office US|label=S03E07|title=Branch Closing"},
		{"tv/The Office (US)/The.Office.US.S03E07.mkv", "episode|show=The Office (US)|label=S03E07"},
		{"tv/Mr. Robot/Season 1/Mr. Robot - S01E01 - eps1.0_hellofriend.mov.mkv", "episode|show=Mr. Robot|label=S01E01|title=eps1.0 hellofriend.mov"},
		{"tv/Marvels.Agents.of.S.H.I.E.L.D.S01E01.Pilot.mkv", "episode|show=Marvels Agents of S.H.I.E.L.D|label=S01E01|title=Pilot"},
		{"tv/Doctor Who (2005)/Season 1/Doctor.Who.S01E01.Rose.mkv", "episode|show=Doctor Who|label=S01E01|title=Rose|year=2005"},
		{"tv/24/Season 1/24 - S01E01 - 12.00 A.M. - 1.00 A.M.avi", "episode|show=24|label=S01E01|title=12.00 A.M. - 1.00 A.M"},
		{"tv/30 Rock/30 Rock S02E03.mkv", "episode|show=30 Rock|label=S02E03"},
		{"tv/1923/1923.S01E01.1080p.mkv", "episode|show=1923|label=S01E01"},
		{"tv/Show/Season 10/Show s10e100 Long.mkv", "episode|show=Show|label=S10E100|title=Long"},
		{"tv/Show/Show S01.E02.mkv", "episode|show=Show|label=S01E02"},
		{"tv/Show/Show - s01 e02 - Name.mkv", "episode|show=Show|label=S01E02|title=Name"},
		{"tv/Show/Show_-_S01E02_-_Two_Words.mkv", "episode|show=Show|label=S01E02|title=Two Words"},
		{"tv/Show/Show S2024E03.mkv", "episode|show=Show|label=S2024E03"},
		{"tv/Show/Specials/Show - S00E01 - Making of.mkv", "episode|show=Show|label=S00E01|title=Making of"},
		{"tv/Show/Show.S01E02.1080p.mkv", "episode|show=Show|label=S01E02"},
		{"tv/Show/Show - S01E02 - The 4K Question (1080p).mkv", "episode|show=Show|label=S01E02|title=The 4K Question"},
		{"tv/Show/[GRP] Show - S01E02 - Name [720p][AAC].mkv", "episode|show=Show|label=S01E02|title=Name"},
		{"tv/Show {tvdb-123}/Season 02/Show - S02E01.mkv", "episode|show=Show|label=S02E01"},
		{"tv/Show.S01.1080p.WEB-DL-GRP/Show.S01E05.1080p.WEB-DL-GRP.mkv", "episode|show=Show|label=S01E05"},
		{"tv/Show/Show.S01E02.4K.mkv", "episode|show=Show|label=S01E02"},
		{"tv/Show/Show.S01E02.HDR.2160p.mkv", "episode|show=Show|label=S01E02"},
		{"tv/Show Season 2/Show 205.mkv", "episode|show=Show|label=S02E05"},
		{"tv/Show/Show S01E01 HDTV x264.mkv", "episode|show=Show|label=S01E01"},
		// Several episodes in one file.
		{"tv/Show/Show S01E01E02.mkv", "episode|show=Show|label=S01E01-E02"},
		{"tv/Show/Show S01E01-E02 - Both.mkv", "episode|show=Show|label=S01E01-E02|title=Both"},
		{"tv/Show/Show S01E01-03.mkv", "episode|show=Show|label=S01E01-E03"},
		{"tv/Show/Show.S01E01.E02.E03.mkv", "episode|show=Show|label=S01E01-E03"},
		{"tv/Show/Show S01E02-720p.mkv", "episode|show=Show|label=S01E02"},
		{"tv/Show/Show S01E05 - 12 Monkeys.mkv", "episode|show=Show|label=S01E05|title=12 Monkeys"},
		{"tv/Show/Show 1x01-1x02.avi", "episode|show=Show|label=S01E01-E02"},
		{"tv/Show/Show 1x01x02.avi", "episode|show=Show|label=S01E01-E02"},
		// 1x02.
		{"tv/Show/Show 1x02 Name.avi", "episode|show=Show|label=S01E02|title=Name"},
		{"tv/Show/1x02.avi", "episode|show=Show|label=S01E02"},
		{"tv/Show/Show - 12x105.avi", "episode|show=Show|label=S12E105"},
		{"tv/Show/Show [1x02] Name.avi", "episode|show=Show|label=S01E02|title=Name"},
		{"clips/holiday 1920x1080.mp4", "video|title=holiday 1920x1080"},
		// By day.
		{"tv/The Daily Show/The.Daily.Show.2024.03.05.Guest.Name.720p.mkv", "episode|show=The Daily Show|label=2024-03-05|title=Guest Name"},
		{"tv/Tagesschau/Tagesschau 2024-03-05.mp4", "episode|show=Tagesschau|label=2024-03-05"},
		{"tv/Show/Show 05.03.2024.mp4", "episode|show=Show|label=2024-03-05"},
		{"home/2019-07-14 Birthday.mp4", "video|title=2019-07-14 Birthday"},
		{"home/Show 2024-13-45.mp4", "video|title=Show 2024-13-45"},
		// By folder.
		{"tv/Bluey/Season 1/02 - Hospital.mkv", "episode|show=Bluey|label=S01E02|title=Hospital"},
		{"tv/Bluey/Season 1/2.mkv", "episode|show=Bluey|label=S01E02"},
		{"tv/Bluey/Season 1/E02.mkv", "episode|show=Bluey|label=S01E02"},
		{"tv/Bluey/Season 1/Episode 2 - Hospital.mkv", "episode|show=Bluey|label=S01E02|title=Hospital"},
		{"tv/Bluey/Staffel 2/Folge 3.mkv", "episode|show=Bluey|label=S02E03"},
		{"tv/Bluey/S02/Bluey Episode 3.mkv", "episode|show=Bluey|label=S02E03"},
		{"tv/Bluey Season 2/03 Hammerbarn.mkv", "episode|show=Bluey|label=S02E03|title=Hammerbarn"},
		{"tv/Bluey/Specials/01 - Pilot.mkv", "episode|show=Bluey|label=S00E01|title=Pilot"},
		{"tv/Bluey/Season 1/Disc 1/03.mkv", "episode|show=Bluey|label=S01E03"},
		{"tv/Bluey/Bluey - Episode 7.mkv", "episode|show=Bluey|label=E07"},
		// Anime.
		{"anime/[SubsPlease] Frieren - 05 (1080p) [ABCD1234].mkv", "episode|show=Frieren|label=S01E05"},
		{"anime/[Group] Mob Psycho 100 S2 - 03v2 [720p].mkv", "episode|show=Mob Psycho 100|label=S02E03"},
		{"anime/[Group]_One_Piece_-_1012_[1080p].mkv", "episode|show=One Piece|label=S01E1012"},
		// Movies.
		{"films/Heat (1995).mkv", "movie|title=Heat|year=1995"},
		{"films/Heat (1995)/Heat (1995) Bluray-1080p.mkv", "movie|title=Heat|year=1995"},
		{"x/Heat (1995)/heat.mkv", "movie|title=Heat|year=1995"},
		{"x/The.Matrix.1999.1080p.BluRay.x264.DTS-FGT.mkv", "movie|title=The Matrix|year=1999"},
		{"x/Blade.Runner.2049.2017.2160p.UHD.BluRay.mkv", "movie|title=Blade Runner 2049|year=2017"},
		{"x/2001 A Space Odyssey (1968).mkv", "movie|title=2001 A Space Odyssey|year=1968"},
		{"x/1917 (2019).mkv", "movie|title=1917|year=2019"},
		{"films/1917.mkv", "movie|title=1917"},
		{"x/2012.2009.1080p.mkv", "movie|title=2012|year=2009"},
		{"x/Amélie (2001) [1080p] {imdb-tt0211915}.mkv", "movie|title=Amélie|year=2001"},
		{"x/Blade Runner (1982) {edition-Final Cut}.mkv", "movie|title=Blade Runner|year=1982"},
		{"x/Aliens.1986.Special.Edition.mkv", "movie|title=Aliens|year=1986"},
		{"x/Charlotte's Web (2006).mp4", "movie|title=Charlotte's Web|year=2006"},
		{"films/Charlotte's Web.mp4", "movie|title=Charlotte's Web"},
		{"films/Das Boot Directors Cut 1080p.mkv", "movie|title=Das Boot"},
		{"films/Big_Buck_Bunny.mp4", "movie|title=Big Buck Bunny"},
		{"x/Se7en [1995].mkv", "movie|title=Se7en|year=1995"},
		{"x/Wall-E (2008).mkv", "movie|title=Wall-E|year=2008"},
		{"x/WALL·E (2008).mkv", "movie|title=WALL·E|year=2008"},
		{"x/(500) Days of Summer (2009).mkv", "movie|title=(500) Days of Summer|year=2009"},
		{"x/E.T. the Extra-Terrestrial (1982).mkv", "movie|title=E.T. the Extra-Terrestrial|year=1982"},
		{"x/R.I.P.D.2013.720p.mkv", "movie|title=R.I.P.D|year=2013"},
		{"x/Spider-Man - No Way Home (2021) - 2160p.mkv", "movie|title=Spider-Man - No Way Home|year=2021"},
		{"x/Kung Fury 2015 HDRip.mkv", "movie|title=Kung Fury|year=2015"},
		// Other videos.
		{"home/IMG_1234.MOV", "video|title=IMG 1234"},
		{"home/VID_20190714_120000.mp4", "video|title=VID 20190714 120000"},
		{"home/Oma Geburtstag.mp4", "video|title=Oma Geburtstag"},
		// Music.
		{"music/ABBA/Arrival/01 - Dancing Queen.mp3", "track|artist=ABBA|album=Arrival|track=1|title=Dancing Queen"},
		{"music/ABBA/Arrival (1976)/01. Dancing Queen.flac", "track|artist=ABBA|album=Arrival|track=1|title=Dancing Queen|year=1976"},
		{"music/ABBA/1976 - Arrival/01 Dancing Queen.flac", "track|artist=ABBA|album=Arrival|track=1|title=Dancing Queen|year=1976"},
		{"music/ABBA/[1976] Arrival/01_Dancing_Queen.ogg", "track|artist=ABBA|album=Arrival|track=1|title=Dancing Queen|year=1976"},
		{"music/ABBA - Arrival/01 - Dancing Queen.mp3", "track|artist=ABBA|album=Arrival|track=1|title=Dancing Queen"},
		{"music/ABBA - Arrival (1976)/01 - ABBA - Dancing Queen.mp3", "track|artist=ABBA|album=Arrival|track=1|title=Dancing Queen|year=1976"},
		{"music/ABBA/ABBA - Arrival/Dancing Queen.mp3", "track|artist=ABBA|album=Arrival|title=Dancing Queen"},
		{"music/ABBA - Dancing Queen.mp3", "track|artist=ABBA|title=Dancing Queen"},
		{"music/Dancing Queen.mp3", "track|title=Dancing Queen"},
		{"music/ABBA/Dancing Queen.mp3", "track|artist=ABBA|title=Dancing Queen"},
		{"music/Arrival/01 Dancing Queen.mp3", "track|album=Arrival|track=1|title=Dancing Queen"},
		{"music/Pink Floyd/The Wall/CD2/03 Hey You.flac", "track|artist=Pink Floyd|album=The Wall|disc=2|track=3|title=Hey You"},
		{"music/Pink Floyd/The Wall/2-03 Hey You.flac", "track|artist=Pink Floyd|album=The Wall|disc=2|track=3|title=Hey You"},
		{"music/Pink Floyd/The Wall/2.03. Hey You.flac", "track|artist=Pink Floyd|album=The Wall|disc=2|track=3|title=Hey You"},
		{"music/Prince/1984 (Remastered)/01 - Jam.mp3", "track|artist=Prince|album=1984 (Remastered)|track=1|title=Jam"},
		{"music/Prince/1999/01 - 1999.mp3", "track|artist=Prince|album=1999|track=1|title=1999"},
		{"music/Various Artists/Hits/03 - ABBA - Waterloo.mp3", "track|artist=ABBA|album=Hits|track=3|title=Waterloo"},
		{"music/The Beatles/1/05 Help!.mp3", "track|artist=The Beatles|album=1|track=5|title=Help!"},
		{"music/Blink-182/Enema/99 Problems.mp3", "track|artist=Blink-182|album=Enema|track=99|title=Problems"},
		{"music/Nena/Hits/99 Luftballons.mp3", "track|artist=Nena|album=Hits|track=99|title=Luftballons"},
		{"music/AC-DC/High Voltage/07 - T.N.T..mp3", "track|artist=AC-DC|album=High Voltage|track=7|title=T.N.T."},
		// Pictures.
		{"photos/2019 Italy/IMG_0001.JPG", "image|title=IMG 0001"},
		{"photos/Sunset.png", "image|title=Sunset"},
	} {
		if got := p.Parse(row.path).String(); got != row.want {
			t.Errorf("%s\n got %s\nwant %s", row.path, got, row.want)
		}
	}
}

func TestSkip(t *testing.T) {
	for _, row := range []struct {
		name         string
		folder, file bool
	}{
		{"Heat (1995)", false, false},
		{".hidden", true, true},
		{"._Heat.mkv", true, true},
		{"@eaDir", true, true},
		{"lost+found", true, false},
		{".Trash-1000", true, true},
		{"$RECYCLE.BIN", true, true},
		{"#recycle", true, false},
		{"System Volume Information", true, false},
		{"Sample", true, true},
		{"Extras", true, false},
		{"sample.mkv", false, true},
		{"heat-sample.mkv", false, true},
		{"Heat.1995.sample.mkv", false, true},
		{"Heat-trailer.mp4", false, true},
		{"Heat (1995)-behindthescenes.mkv", false, true},
		{"Example.mkv", false, false},
		{"Trailer Park Boys", false, false},
	} {
		if got := SkipFolder("Heat (1995)", row.name); got != row.folder {
			t.Errorf("SkipFolder(%q) = %v", row.name, got)
		}
		if got := SkipFile(row.name); got != row.file {
			t.Errorf("SkipFile(%q) = %v", row.name, got)
		}
	}
}

func TestExtrasBesideOthersAreNone(t *testing.T) {
	for _, row := range []struct {
		parent, name string
		skip         bool
	}{
		{"", "Extras", false},
		{"tv", "Extras", false},
		{"Movies", "Shorts", false},
		{"Heat (1995)", "Extras", true},
		{"Season 1", "Interviews", true},
		{"Firefly", "Extras", true},
		{"holidays", "Clips", false},
		{"tv", "Samples", true},
	} {
		if got := SkipFolder(row.parent, row.name); got != row.skip {
			t.Errorf("SkipFolder(%q, %q) = %v", row.parent, row.name, got)
		}
	}
}

func TestCoverRank(t *testing.T) {
	stems := map[string]bool{"heat": true}
	for _, row := range []struct {
		file string
		want Rank
	}{
		{"cover.jpg", BestCover},
		{"Folder.JPG", GoodCover},
		{"AlbumArtSmall.jpg", WorstCover},
		{"fanart.jpg", LastCover},
		{"landscape.jpg", LastCover},
		{"logo.png", OtherArt},
		{"artist.jpg", WorstCover},
		{"season01-poster.jpg", OtherArt},
		{"season-specials-poster.jpg", OtherArt},
		{"Season 1.jpg", OtherArt},
		{"season01-banner.jpg", OtherArt},
		{"Season of the witch.jpg", NoCover},
		{"Heat-thumb.jpg", FileCover},
		{"Heat-clearlogo.png", OtherArt},
		{"Heat.jpg", FileCover},
		{"Heat-poster.png", FileCover},
		{"Heat-fanart.jpg", OtherArt},
		{"Ronin-poster.jpg", NoCover},
		{"Sunset.jpg", NoCover},
		{"cover.txt", NoCover},
	} {
		if got := CoverRank(row.file, stems); got != row.want {
			t.Errorf("CoverRank(%q) = %d, want %d", row.file, got, row.want)
		}
	}
}

func TestSeasonPoster(t *testing.T) {
	for _, row := range []struct {
		file   string
		season int
		want   bool
	}{
		{"season01-poster.jpg", 1, true},
		{"Season1.png", 1, true},
		{"season 01.webp", 1, true},
		{"Season_12-poster.jpg", 12, true},
		{"season-specials-poster.jpg", 0, true},
		{"season00-poster.jpg", 0, true},
		{"season01-poster.jpg", 2, false},
		{"season01-banner.jpg", 1, false},
		{"season-all-poster.jpg", 1, false},
		{"season01-poster.txt", 1, false},
		{"season.jpg", 0, false},
		{"poster.jpg", 1, false},
	} {
		if got := SeasonPoster(row.file, row.season); got != row.want {
			t.Errorf("SeasonPoster(%q, %d) = %v", row.file, row.season, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("tv/Bluey/Season 1/Bluey - S01E02 - Hospital.mkv")
	f.Add("music/ABBA/Arrival (1976)/01. Dancing Queen.flac")
	f.Add("x/[1995].mkv")
	f.Add("a/b/.mp3")
	p := New()
	f.Fuzz(func(t *testing.T, path string) {
		i := p.Parse(path)
		switch i.Kind {
		case media.Movie, media.Episode, media.Video, media.Track, media.Image:
		default:
			t.Errorf("kind %q", i.Kind)
		}
		if i.Year != 0 && (i.Year < 1888 || i.Year > 2099) {
			t.Errorf("year %d", i.Year)
		}
		if len(i.Title) > len(path)*4 {
			t.Errorf("a title of %d bytes from a path of %d", len(i.Title), len(path))
		}
	})
}
