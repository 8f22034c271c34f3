// SPDX-License-Identifier: Apache-2.0

/// What a running pipeline tells whoever watches.
public enum ProgressEvent: Sendable {
    /// A stage begins: `total` units of work, of which `cached` are done already.
    case began(stage: String, total: Int, cached: Int, unit: String)
    /// One more unit is done; `failed` counts as a failure of ours (not of a candidate).
    case advanced(failed: Bool)
    /// What the stage has used so far, to be shown beside its progress.
    case detail(String)
    case finished(stage: String, seconds: Double)
    /// Something the user should know; never fatal.
    case note(String)
}

/// Receives progress. Called from many tasks at once.
public protocol ProgressSink: Sendable {
    func report(_ event: ProgressEvent)
}

/// Tells nobody.
public struct SilentProgress: ProgressSink {
    public init() {}
    public func report(_ event: ProgressEvent) {}
}
