// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import GRDB
import RunStore
import Testing

/// Files of earlier releases open, and keep their verdicts.
@Suite struct MigrationTests {
    /// The verdict table as the first release made it, with one verdict.
    private static let firstRelease = """
        CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
        INSERT INTO grdb_migrations VALUES ('1 first release');
        CREATE TABLE problem (id TEXT PRIMARY KEY NOT NULL, suite_hash TEXT NOT NULL, json TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE pool (position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, hash TEXT NOT NULL,
            verdicts_imported INTEGER NOT NULL);
        CREATE TABLE program (hash TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE candidate (pool TEXT NOT NULL, problem TEXT NOT NULL, position INTEGER NOT NULL, model TEXT NOT NULL,
            sample INTEGER NOT NULL, program_hash TEXT NOT NULL, graded_hash TEXT NOT NULL, imported_passed INTEGER,
            imported_source TEXT, PRIMARY KEY (pool, problem, position)) WITHOUT ROWID;
        CREATE TABLE condition (id TEXT PRIMARY KEY NOT NULL, json TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE verdict (graded_hash TEXT NOT NULL, suite_hash TEXT NOT NULL, condition TEXT NOT NULL,
            outcome TEXT NOT NULL, passed INTEGER NOT NULL, cpu_seconds REAL NOT NULL, wall_seconds REAL NOT NULL,
            peak_bytes INTEGER NOT NULL, tests_run INTEGER NOT NULL, tests_total INTEGER NOT NULL, message TEXT NOT NULL,
            PRIMARY KEY (graded_hash, suite_hash, condition)) WITHOUT ROWID;
        CREATE TABLE score (fingerprint TEXT NOT NULL, problem_hash TEXT NOT NULL, candidate_hash TEXT NOT NULL,
            pool_hash TEXT NOT NULL, json TEXT NOT NULL,
            PRIMARY KEY (fingerprint, problem_hash, candidate_hash, pool_hash)) WITHOUT ROWID;
        CREATE TABLE scoring (selector TEXT NOT NULL, pool TEXT NOT NULL, problem TEXT NOT NULL, json TEXT NOT NULL,
            PRIMARY KEY (selector, pool, problem)) WITHOUT ROWID;
        INSERT INTO verdict VALUES ('g', 's', 'c', 'wrongAnswer', 0, 0.5, 0.75, 1024, 2, 3, 'no');
        """

    @Test func aFileOfTheFirstReleaseKeepsItsVerdicts() throws {
        try withTemporaryFolder { folder in
            let old = try DatabaseQueue(path: folder.appendingPathComponent("run.sqlite").path)
            try old.write { try $0.execute(sql: Self.firstRelease) }
            try old.close()
            let store = try RunStore.existing(directory: folder)
            let key = VerdictKey(gradedHash: "g", suiteHash: "s")
            #expect(
                try store.verdicts(condition: "c") == [
                    key: VerdictRecord(
                        passed: false, outcome: "wrongAnswer", message: "no", cpuSeconds: 0.5, wallSeconds: 0.75,
                        peakBytes: 1024, testsRun: 2, testsTotal: 3)
                ])
            let new = VerdictRecord(passed: true, outcome: "passed", channel: "harness")
            try store.record(new, for: key, condition: "d")
            #expect(try store.verdicts(condition: "d") == [key: new])
        }
    }
}
