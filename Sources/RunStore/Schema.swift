// SPDX-License-Identifier: Apache-2.0
import GRDB

/// The tables of `run.sqlite`; documented for other readers in docs/formats.md.
enum Schema {
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 first release") { database in
            try database.execute(
                sql: """
                    CREATE TABLE problem (
                        id TEXT PRIMARY KEY NOT NULL,
                        suite_hash TEXT NOT NULL,
                        json TEXT NOT NULL
                    ) WITHOUT ROWID;
                    CREATE TABLE pool (
                        position INTEGER PRIMARY KEY,
                        name TEXT NOT NULL UNIQUE,
                        hash TEXT NOT NULL,
                        verdicts_imported INTEGER NOT NULL
                    );
                    CREATE TABLE program (
                        hash TEXT PRIMARY KEY NOT NULL,
                        text TEXT NOT NULL
                    ) WITHOUT ROWID;
                    CREATE TABLE candidate (
                        pool TEXT NOT NULL,
                        problem TEXT NOT NULL,
                        position INTEGER NOT NULL,
                        model TEXT NOT NULL,
                        sample INTEGER NOT NULL,
                        program_hash TEXT NOT NULL,
                        graded_hash TEXT NOT NULL,
                        imported_passed INTEGER,
                        imported_source TEXT,
                        PRIMARY KEY (pool, problem, position)
                    ) WITHOUT ROWID;
                    CREATE TABLE condition (
                        id TEXT PRIMARY KEY NOT NULL,
                        json TEXT NOT NULL
                    ) WITHOUT ROWID;
                    CREATE TABLE verdict (
                        graded_hash TEXT NOT NULL,
                        suite_hash TEXT NOT NULL,
                        condition TEXT NOT NULL,
                        outcome TEXT NOT NULL,
                        passed INTEGER NOT NULL,
                        cpu_seconds REAL NOT NULL,
                        wall_seconds REAL NOT NULL,
                        peak_bytes INTEGER NOT NULL,
                        tests_run INTEGER NOT NULL,
                        tests_total INTEGER NOT NULL,
                        message TEXT NOT NULL,
                        PRIMARY KEY (graded_hash, suite_hash, condition)
                    ) WITHOUT ROWID;
                    CREATE TABLE score (
                        fingerprint TEXT NOT NULL,
                        problem_hash TEXT NOT NULL,
                        candidate_hash TEXT NOT NULL,
                        pool_hash TEXT NOT NULL,
                        json TEXT NOT NULL,
                        PRIMARY KEY (fingerprint, problem_hash, candidate_hash, pool_hash)
                    ) WITHOUT ROWID;
                    CREATE TABLE scoring (
                        selector TEXT NOT NULL,
                        pool TEXT NOT NULL,
                        problem TEXT NOT NULL,
                        json TEXT NOT NULL,
                        PRIMARY KEY (selector, pool, problem)
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("2 where and how often verdicts were made") { database in
            try database.execute(
                sql: """
                    ALTER TABLE verdict ADD COLUMN channel TEXT NOT NULL DEFAULT '';
                    ALTER TABLE verdict ADD COLUMN near_limit INTEGER NOT NULL DEFAULT 0;
                    ALTER TABLE verdict ADD COLUMN first_outcome TEXT;
                    ALTER TABLE verdict ADD COLUMN first_cpu_seconds REAL;
                    ALTER TABLE verdict ADD COLUMN first_wall_seconds REAL;
                    ALTER TABLE verdict ADD COLUMN first_peak_bytes INTEGER;
                    """)
        }
        migrator.registerMigration("3 what a pool's rows were made of") { database in
            try database.execute(sql: "ALTER TABLE pool ADD COLUMN content TEXT NOT NULL DEFAULT ''")
        }
        migrator.registerMigration("4 what models answered") { database in
            try database.execute(
                sql: """
                    CREATE TABLE reward (
                        model TEXT NOT NULL,
                        problem_hash TEXT NOT NULL,
                        prefix_hash TEXT NOT NULL,
                        whole INTEGER NOT NULL,
                        problem TEXT NOT NULL,
                        json TEXT NOT NULL,
                        PRIMARY KEY (model, problem_hash, prefix_hash, whole)
                    ) WITHOUT ROWID;
                    CREATE TABLE reply (
                        model TEXT NOT NULL,
                        request_hash TEXT NOT NULL,
                        json TEXT NOT NULL,
                        PRIMARY KEY (model, request_hash)
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("5 completions of prefixes") { database in
            try database.execute(
                sql: """
                    CREATE TABLE completed_program (
                        hash TEXT PRIMARY KEY NOT NULL,
                        text TEXT NOT NULL
                    ) WITHOUT ROWID;
                    CREATE TABLE completion (
                        policy TEXT NOT NULL,
                        seed TEXT NOT NULL,
                        problem TEXT NOT NULL,
                        prefix_hash TEXT NOT NULL,
                        sample INTEGER NOT NULL,
                        program_hash TEXT NOT NULL,
                        PRIMARY KEY (policy, seed, problem, prefix_hash, sample)
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("6 choices from subsets") { database in
            try database.execute(
                sql: """
                    CREATE TABLE subset_choice (
                        selector TEXT NOT NULL,
                        pool TEXT NOT NULL,
                        problem TEXT NOT NULL,
                        key TEXT NOT NULL,
                        json TEXT NOT NULL,
                        PRIMARY KEY (selector, pool, problem)
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("7 what language models generated") { database in
            try database.execute(
                sql: """
                    CREATE TABLE generated (
                        generation TEXT NOT NULL,
                        problem TEXT NOT NULL,
                        prompt_hash TEXT NOT NULL,
                        sample INTEGER NOT NULL,
                        json TEXT NOT NULL,
                        output BLOB NOT NULL,
                        PRIMARY KEY (generation, problem, prompt_hash, sample)
                    ) WITHOUT ROWID;
                    ALTER TABLE completion ADD COLUMN details TEXT;
                    """)
        }
        migrator.registerMigration("8 what was not kept when runs were merged") { database in
            try database.execute(
                sql: """
                    CREATE TABLE other_value (
                        origin TEXT NOT NULL,
                        key TEXT NOT NULL,
                        statement TEXT NOT NULL,
                        row TEXT NOT NULL,
                        PRIMARY KEY (origin, key, statement)
                    ) WITHOUT ROWID;
                    """)
        }
        return migrator
    }()
}
