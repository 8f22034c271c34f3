// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// Real benchmark data and reference vectors, which live beside the checkout and may be missing on a user's machine.
///
/// Tests that need them are written `@Test(.enabled(if: SharedData.isPresent, "..."))` and run wherever the data is.
public enum SharedData {
    /// `BESTOFN_SHARED`, or the folder `shared` beside the package.
    public static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["BESTOFN_SHARED"] { return URL(fileURLWithPath: path) }
        return package.deletingLastPathComponent().appendingPathComponent("shared")
    }()

    /// The package's own folder.
    public static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    public static let isPresent = FileManager.default.fileExists(atPath: folder.appendingPathComponent("vectors").path)

    /// Why a test is skipped where the data is missing.
    public static let missing = "needs the shared data pack beside the checkout (or BESTOFN_SHARED)"

    public static func data(_ path: String) -> URL { folder.appendingPathComponent("data/\(path)") }
    public static func vectors(_ path: String) -> URL { folder.appendingPathComponent("vectors/\(path)") }
}
