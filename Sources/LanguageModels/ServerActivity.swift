// SPDX-License-Identifier: Apache-2.0

/// What a client has done since it was made.
public struct ServerActivity: Sendable, Hashable {
    /// Requests that were answered as asked.
    public var answered = 0
    /// Attempts that had to be repeated.
    public var retried = 0
    public var promptTokens = 0
    public var completionTokens = 0
    /// Prompts of which the middle of the problem was left out, because they were too long.
    public var shortened = 0
    /// Answers that named none of the tokens that were asked about.
    public var undecided = 0

    public init() {}
}
