// SPDX-License-Identifier: Apache-2.0

/// A program that tests the sandbox and the graders: hostile, or honest but demanding.
///
/// Every program defines `f(x)`, which the tests of all channels want to be the square. Programs that try something forbidden give the
/// square only when all their attempts were refused, so that a pass proves the refusal.
package struct CorpusProgram: Sendable, Hashable {
    package enum Expectation: Sendable, Hashable {
        /// It does not solve the task; a pass would be forged.
        case fails
        /// It solves the task; not to pass would be an injustice, or show that an attempt succeeded.
        case passes
        /// It solves the task, but its behaviour may cost it the pass.
        case either
    }

    package var name: String
    package var code: String
    package var expectation: Expectation
    /// The only outcomes allowed; nil for all that fit the expectation.
    package var outcomes: Set<Outcome>?
    /// Where the program can pass all the same, because tests and program share an interpreter by nature.
    package var mayPassIn: Set<GradingChannel> = []
    /// Where it makes sense; nil for everywhere.
    package var channels: Set<GradingChannel>?
    /// The least tier that keeps the promise which the program puts to the test.
    package var tier = SandboxTier.confined
    /// Whether it waits without using the processor: its limits then count wall seconds.
    package var waits = false
    /// Whether it is an honest program, which gets the benchmark's own limits.
    package var isHonest = false
    /// Whether it reads the input and prints the answer by itself.
    package var isWhole = false
    /// Whether it uses up its limits, so that running it in every channel of every tier takes long.
    package var isCostly = false

    package init(
        _ name: String, _ expectation: Expectation, outcomes: Set<Outcome>? = nil,
        mayPassIn: Set<GradingChannel> = [], channels: Set<GradingChannel>? = nil, tier: SandboxTier = .confined,
        waits: Bool = false, isCostly: Bool = false, _ code: String
    ) {
        self.name = name
        self.code = code
        self.expectation = expectation
        self.outcomes = outcomes
        self.mayPassIn = mayPassIn
        self.channels = channels
        self.tier = tier
        self.waits = waits
        self.isCostly = isCostly
    }

    /// Gives hostile programs back what the official guards take away: the guards are no protection, and an attacker gets round them.
    static let prelude = """
        import builtins, io, os, posix, subprocess, sys
        for _name in dir(posix):
            if _name != "environ": setattr(os, _name, getattr(posix, _name))
        if getattr(builtins, "open", None) is None: builtins.open = io.open
        for _name in ("resource", "psutil"):
            if sys.modules.get(_name, 0) is None: del sys.modules[_name]

        """
}
