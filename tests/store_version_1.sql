-- A store as the first version of manyeyes made it, with a run of one picture.
CREATE TABLE answers (
	sha256 VARCHAR(64) NOT NULL,
	recipe VARCHAR(32) NOT NULL,
	descriptor TEXT,
	raw TEXT NOT NULL,
	kind TEXT,
	message TEXT,
	input_tokens INTEGER,
	output_tokens INTEGER,
	created FLOAT NOT NULL,
	PRIMARY KEY (sha256, recipe),
	FOREIGN KEY(recipe) REFERENCES recipes (id)
);
INSERT INTO "answers" VALUES('0000000000000000000000000000000000000000000000000000000000000001','e52fcd646c0c22c0deb0cfd068c9007f','{"garment_type":"dress","silhouette":null,"fit":null,"neckline":null,"sleeve_length":null,"fabric":null,"finish":null,"texture":null,"pattern":null,"is_patterned":null,"color_palette":[{"name":"navy","hex":"#1b2a41","share":0.7},{"name":"white","hex":null,"share":null}],"embellishments":["buttons","lace"],"lighting":{"type":"soft","direction":null},"camera":{"angle":null,"height":null},"background":null,"pose":null,"style_labels":[{"name":"casual","score":0.9}],"is_two_piece":null,"is_garment":true,"confidence":null,"reasoning":"Émaillé, 🧵 and a ‘quote’","sharpness":null,"unrecognized":{"color_palette[2].hex":"blueish","extra":[1,{"deep":null}]}}','{"garment_type": "dress"}',NULL,NULL,263,214,1.79544559101482343677e+09);
CREATE TABLE claims (
	sha256 VARCHAR(64) NOT NULL,
	recipe VARCHAR(32) NOT NULL,
	run VARCHAR(26) NOT NULL,
	owner TEXT NOT NULL,
	expires FLOAT NOT NULL,
	PRIMARY KEY (sha256, recipe),
	FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE TABLE intents (
	id VARCHAR(26) NOT NULL,
	run VARCHAR(26) NOT NULL,
	sha256 VARCHAR(64) NOT NULL,
	recipe VARCHAR(32) NOT NULL,
	created FLOAT NOT NULL,
	cancel_after FLOAT NOT NULL,
	payer TEXT NOT NULL,
	closed BOOLEAN NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "intents" VALUES('660f2c0aa6b906a998ab2b387f','0b3193a46ce7d9031d1794c7bd','0000000000000000000000000000000000000000000000000000000000000001','e52fcd646c0c22c0deb0cfd068c9007f',1.79544559101019215582e+09,300.0,'',1);
CREATE TABLE manyeyes_store (
	version INTEGER NOT NULL
);
INSERT INTO "manyeyes_store" VALUES(1);
CREATE TABLE outcomes (
	run VARCHAR(26) NOT NULL,
	position INTEGER NOT NULL,
	picture VARCHAR(24) NOT NULL,
	kind TEXT,
	message TEXT,
	sha256 VARCHAR(64) NOT NULL,
	reused BOOLEAN NOT NULL,
	attempts INTEGER NOT NULL,
	seconds FLOAT NOT NULL,
	input_tokens INTEGER,
	output_tokens INTEGER,
	possibly_paid_twice INTEGER NOT NULL,
	PRIMARY KEY (run, position),
	FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE,
	FOREIGN KEY(picture) REFERENCES pictures (id) ON DELETE CASCADE
);
INSERT INTO "outcomes" VALUES('0b3193a46ce7d9031d1794c7bd',1,'bb304a10e88da00f755ca4f0',NULL,NULL,'0000000000000000000000000000000000000000000000000000000000000001',0,1,2.5,263,214,0);
CREATE TABLE pictures (
	id VARCHAR(24) NOT NULL,
	portfolio VARCHAR(26) NOT NULL,
	path BLOB NOT NULL,
	entry BLOB,
	name BLOB NOT NULL,
	version TEXT NOT NULL,
	size INTEGER NOT NULL,
	sha256 VARCHAR(64) NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(portfolio) REFERENCES portfolios (id) ON DELETE CASCADE
);
INSERT INTO "pictures" VALUES('bb304a10e88da00f755ca4f0','7aaac3cdff81d7e21ee5b6db49',X'2F70686F746F732F312E6A7067',NULL,X'312E6A7067','1',1001,'0000000000000000000000000000000000000000000000000000000000000001');
CREATE TABLE portfolios (
	id VARCHAR(26) NOT NULL,
	name BLOB NOT NULL,
	origin TEXT NOT NULL,
	created FLOAT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (origin)
);
INSERT INTO "portfolios" VALUES('7aaac3cdff81d7e21ee5b6db49',X'70686F746F73','["/photos"]',1.79544559099787092207e+09);
CREATE TABLE recipes (
	id VARCHAR(32) NOT NULL,
	adapter TEXT NOT NULL,
	model TEXT NOT NULL,
	recipe TEXT NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO "recipes" VALUES('e52fcd646c0c22c0deb0cfd068c9007f','scripted','eyes-1','{"adapter": "scripted", "base_url": "http://here", "model": "eyes-1", "ask": {"prompt": "What is it?", "schema": "style/1", "generation": {"max_output_tokens": 1024, "temperature": 0.0, "thinking": false}, "correction": null}, "preparation": {"longest_edge": 768, "encoding": "jpeg", "quality": 85, "version": 1}}');
CREATE TABLE runs (
	id VARCHAR(26) NOT NULL,
	portfolio VARCHAR(26) NOT NULL,
	recipe VARCHAR(32) NOT NULL,
	state VARCHAR(20) NOT NULL,
	stopped TEXT,
	owner TEXT NOT NULL,
	heartbeat FLOAT NOT NULL,
	seq INTEGER NOT NULL,
	progress TEXT NOT NULL,
	wanted VARCHAR(20),
	started FLOAT NOT NULL,
	ended FLOAT,
	PRIMARY KEY (id),
	FOREIGN KEY(portfolio) REFERENCES portfolios (id) ON DELETE CASCADE,
	FOREIGN KEY(recipe) REFERENCES recipes (id)
);
INSERT INTO "runs" VALUES('0b3193a46ce7d9031d1794c7bd','7aaac3cdff81d7e21ee5b6db49','e52fcd646c0c22c0deb0cfd068c9007f','interrupted',NULL,'here//1:1:1:1',1.79544559099787092207e+09,0,'{}',NULL,1.79544559099787092207e+09,1.79544559109083366396e+09);
CREATE TABLE tickets (
	intent VARCHAR(26) NOT NULL,
	id TEXT NOT NULL,
	created FLOAT NOT NULL,
	PRIMARY KEY (intent),
	FOREIGN KEY(intent) REFERENCES intents (id) ON DELETE CASCADE
);
CREATE INDEX pictures_portfolio ON pictures (portfolio);
CREATE INDEX runs_portfolio ON runs (portfolio);
CREATE INDEX outcomes_picture ON outcomes (picture);
CREATE INDEX intents_open ON intents (sha256, recipe) WHERE closed = 0;
CREATE INDEX intents_run ON intents (run);
