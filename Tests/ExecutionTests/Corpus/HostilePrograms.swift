// SPDX-License-Identifier: Apache-2.0
import Execution

/// The hostile half of the corpus, beyond the short one that every user can run.
enum HostilePrograms {
    static let all = ShortCorpus.hostile + forgeries + values + resources + escapes + persistence + processes
}
