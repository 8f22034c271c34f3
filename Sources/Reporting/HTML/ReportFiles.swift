// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Puts a report's files into a folder that may hold an older report, and files of other origin.
enum ReportFiles {
    /// Marks pages as ours.
    static let generator = "BestOfN"

    /// Writes every file under a temporary name and renames it, in order, then removes pages in `problems/` that an older report left behind. Files
    /// that are not a report's pages are never removed.
    static func write(_ files: [(path: String, data: Data)], to directory: URL) throws {
        let manager = FileManager.default
        try manager.createDirectory(at: directory, withIntermediateDirectories: true)
        for (path, data) in files {
            let file = directory.appendingPathComponent(path)
            try manager.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data.write(to: file, options: .atomic)
        }
        let pages = directory.appendingPathComponent("problems")
        let current = Set(files.map(\.path))
        for name in (try? manager.contentsOfDirectory(atPath: pages.path)) ?? []
        where name.hasSuffix(".html") && !current.contains("problems/\(name)") {
            let file = pages.appendingPathComponent(name)
            if isOurs(file) { try manager.removeItem(at: file) }
        }
        // Fails, as it should, unless the folder is empty.
        if !current.contains(where: { $0.hasPrefix("problems/") }) { rmdir(pages.path) }
    }

    private static func isOurs(_ file: URL) -> Bool {
        guard let handle = try? FileHandle(forReadingFrom: file), let head = try? handle.read(upToCount: 2000) else {
            return false
        }
        return head.range(of: Data("content=\"\(generator)\"".utf8)) != nil
    }

    /// A file name of letters, digits and hyphens that no other page has.
    static func uniqueName(_ text: String, among names: inout Set<String>) -> String {
        var name = ""
        for scalar in text.lowercased().unicodeScalars {
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(Character(scalar)))
            if isPlain { name.unicodeScalars.append(scalar) } else if !name.isEmpty, name.last != "-" { name += "-" }
        }
        // File systems end at 255 bytes.
        if name.count > 100 { name = String(name.prefix(60) + "-" + name.suffix(39)) }
        if name.isEmpty { name = "problems" }
        var unique = name
        var copy = 2
        while !names.insert(unique).inserted {
            unique = "\(name)-\(copy)"
            copy += 1
        }
        return unique
    }
}
