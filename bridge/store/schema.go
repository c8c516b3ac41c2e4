package store

// migrations bring a database from each version of the schema to the next; user_version counts those that were made. A
// released one is never changed: what is new is appended.
func migrations() []string {
	return []string{devicesAndQueues, announcements, household, plans, refusals, standsAhead}
}

// devicesAndQueues: the devices by their topic names, their queues, and what is kept once.
const devicesAndQueues = `CREATE TABLE meta (
	key   TEXT PRIMARY KEY,
	value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE device (
	topic        TEXT PRIMARY KEY,
	id           TEXT NOT NULL,
	name         TEXT NOT NULL,
	model        TEXT NOT NULL,
	host         TEXT NOT NULL,
	port         INTEGER NOT NULL,
	kind         TEXT NOT NULL,
	capabilities TEXT NOT NULL -- JSON, a list
) WITHOUT ROWID;
CREATE TABLE queue (
	number   INTEGER PRIMARY KEY,
	topic    TEXT NOT NULL UNIQUE,
	revision INTEGER NOT NULL,
	next     INTEGER NOT NULL,
	current  INTEGER NOT NULL,
	repeat   TEXT NOT NULL,
	shuffle  INTEGER NOT NULL,
	ended_at INTEGER NOT NULL,
	serial   INTEGER NOT NULL,
	position REAL NOT NULL,
	at       INTEGER NOT NULL, -- unix milliseconds
	duration REAL NOT NULL,
	playing  INTEGER NOT NULL
);
CREATE TABLE entry (
	queue    INTEGER NOT NULL REFERENCES queue (number) ON DELETE CASCADE,
	id       INTEGER NOT NULL,
	rank     INTEGER NOT NULL,
	natural  INTEGER NOT NULL,
	duration REAL NOT NULL,
	start    REAL NOT NULL,
	interval REAL NOT NULL,
	failed   INTEGER NOT NULL,
	item     TEXT NOT NULL, -- the item's id, "" for a URL
	path     TEXT NOT NULL,
	size     INTEGER NOT NULL,
	title    TEXT NOT NULL,
	details  TEXT NOT NULL, -- JSON, the rest of the item
	PRIMARY KEY (queue, id)
) WITHOUT ROWID`

// announcements: what Home Assistant was told.
const announcements = `CREATE TABLE announced (
	topic     TEXT PRIMARY KEY,
	platforms TEXT NOT NULL -- JSON, the platform of each component by its key
) WITHOUT ROWID`

// household: what was watched and played, and the playlists.
const household = `CREATE TABLE used (
	item     TEXT PRIMARY KEY,
	path     TEXT NOT NULL,
	size     INTEGER NOT NULL,
	position REAL NOT NULL,
	watched  INTEGER NOT NULL,
	plays    INTEGER NOT NULL,
	last_at  INTEGER NOT NULL -- unix seconds
) WITHOUT ROWID;
CREATE TABLE play (
	device  TEXT NOT NULL, -- the topic name
	serial  INTEGER NOT NULL,
	at      INTEGER NOT NULL, -- unix milliseconds
	item    TEXT NOT NULL,
	title   TEXT NOT NULL,
	seconds REAL NOT NULL,
	PRIMARY KEY (device, serial)
) WITHOUT ROWID;
CREATE INDEX play_at ON play (at);
CREATE TABLE playlist (
	number INTEGER PRIMARY KEY,
	id     TEXT NOT NULL UNIQUE,
	name   TEXT NOT NULL
);
CREATE TABLE listed (
	playlist INTEGER NOT NULL REFERENCES playlist (number) ON DELETE CASCADE,
	place    INTEGER NOT NULL,
	item     TEXT NOT NULL, -- the columns of entry
	path     TEXT NOT NULL,
	size     INTEGER NOT NULL,
	title    TEXT NOT NULL,
	details  TEXT NOT NULL,
	PRIMARY KEY (playlist, place)
) WITHOUT ROWID`

// plans: what follows the announcements on a device, as JSON, or nothing.
const plans = `ALTER TABLE queue ADD COLUMN plan TEXT NOT NULL DEFAULT ''`

// refusals: the formats that a device has refused, as JSON, a list.
const refusals = `ALTER TABLE device ADD COLUMN refused TEXT NOT NULL DEFAULT 'null'`

// standsAhead: what the receiver goes on with by itself.
const standsAhead = `ALTER TABLE queue ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0`
