-- A history as schema 1 wrote it. Never changed: files like this are on users' disks.
PRAGMA application_id = 1280265799;
PRAGMA user_version = 1;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    first_time INTEGER NOT NULL,
    event_count INTEGER NOT NULL DEFAULT 0,
    last_sequence INTEGER NOT NULL DEFAULT 0
);
INSERT INTO run VALUES(1,'20260101-000000-test',1767225600001000,11,11);
CREATE TABLE event (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (run, sequence)
) WITHOUT ROWID;
INSERT INTO event VALUES(1,1,1767225600001000,'run_queued','{"cluster":"demo","job":"name: fixture\ndataset: fashion-mnist\n"}');
INSERT INTO event VALUES(1,2,1767225600002000,'state_changed','{"state":"preparing"}');
INSERT INTO event VALUES(1,3,1767225600003000,'task_changed','{"detail":"","generation":1,"node":"node-a","state":"starting","task":"worker-0"}');
INSERT INTO event VALUES(1,4,1767225600004000,'run_prepared','{"blas":"OpenBLAS 0.3.21","class_names":["shirt","bag \"x\" ö"],"device":"cpu","micro_batch":1,"parameters":12345,"steps_total":4,"test_samples":100,"training_samples":1000}');
INSERT INTO event VALUES(1,5,1767225600005000,'membership_committed','{"base_step":0,"members":[{"generation":1,"node":"node-a","rank":0,"share":1,"task":"worker-0"},{"generation":1,"node":"node-b","rank":1,"share":1,"task":"worker-1"},{"generation":1,"node":"node-c","rank":2,"share":1,"task":"worker-2"}],"number":1,"reason":"all workers are ready","term":1}');
INSERT INTO event VALUES(1,6,1767225600006000,'state_changed','{"state":"training"}');
INSERT INTO event VALUES(1,7,1767225600007000,'task_changed','{"detail":"exit status 0","generation":1,"node":"node-a","state":"exited","task":"worker-0"}');
INSERT INTO event VALUES(1,8,1767225600008000,'evaluation_finished','{"correct":80,"epoch":0,"loss":0.25,"samples":100,"step":4}');
INSERT INTO event VALUES(1,9,1767225600009000,'incident_raised','{"action":"the run was ended","last_log":"line\none\n","node":"node-b","task":"worker-1","what":"worker-1 was killed by signal 9","why":"memory?"}');
INSERT INTO event VALUES(1,10,1767225600010000,'model_saved','{"bytes":1234567,"node":"node-a","sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}');
INSERT INTO event VALUES(1,11,1767225600011000,'run_finished','{"accuracy":0.8,"cause":"","parameter_hash":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","samples":1000,"state":"completed","steps":4}');
CREATE TABLE metric (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    membership INTEGER NOT NULL,
    step INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    applied_at INTEGER NOT NULL,
    loss REAL,
    correct INTEGER NOT NULL,
    duration_ms REAL,
    digest_low INTEGER NOT NULL,
    digest_high INTEGER NOT NULL,
    digest_count INTEGER NOT NULL,
    parameter_hash TEXT NOT NULL,
    members TEXT NOT NULL,
    PRIMARY KEY (run, membership, step)
) WITHOUT ROWID;
INSERT INTO metric VALUES(1,1,0,0,1767225601000000,2.0,128,40.0,-6259671759267070540,-1789859931309554991,256,'','[[0,30.0,5.0,40.0],[1,28.0,7.0,39.0]]');
INSERT INTO metric VALUES(1,1,1,0,1767225601040000,1.0,128,40.0,-2518335318901369357,-5619081767424362246,256,'','[[0,30.0,5.0,40.0],[1,28.0,7.0,39.0]]');
INSERT INTO metric VALUES(1,1,2,0,1767225601080000,0.66666666666666662965,128,40.0,-2108009286491660210,-3568745639093441764,256,'','[[0,30.0,5.0,40.0],[1,28.0,7.0,39.0]]');
INSERT INTO metric VALUES(1,1,3,0,1767225601120000,0.5,116,40.0,7244983147657609426,-4961159950833920975,232,'','[[0,30.0,5.0,40.0],[1,28.0,7.0,39.0]]');
INSERT INTO metric VALUES(1,2,3,0,1767225601120000,0.5,0,40.0,0,0,0,'','[]');
INSERT INTO metric VALUES(1,2,4,0,1767225601160000,0.4000000000000000222,0,40.0,0,0,0,'','[]');
INSERT INTO metric VALUES(1,2,5,0,1767225601200000,0.33333333333333331482,0,40.0,0,0,0,'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff','[]');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('run',1);
CREATE INDEX run_by_time ON run (first_time);
CREATE TRIGGER event_is_append_only BEFORE UPDATE ON event
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER metric_is_append_only BEFORE UPDATE ON metric
    BEGIN SELECT RAISE(ABORT, 'metrics are append-only'); END;
COMMIT;
