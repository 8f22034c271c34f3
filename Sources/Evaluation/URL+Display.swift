// SPDX-License-Identifier: Apache-2.0
public import Foundation

extension URL {
    /// The path as a user would type it: relative to the working directory for what lies below it.
    public var displayPath: String {
        let here = FileManager.default.currentDirectoryPath
        let path = standardizedFileURL.path
        return path.hasPrefix(here + "/") ? String(path.dropFirst(here.count + 1)) : path
    }
}
