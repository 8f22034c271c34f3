// SPDX-License-Identifier: Apache-2.0
package import Foundation

/// Where measurements that later runs can use are kept.
package enum CacheDirectory {
    /// `$BESTOFN_CACHE`, `$XDG_CACHE_HOME/bestofn` or `~/.cache/bestofn`, made if need be; nil where that is "none", or there is no home, or it cannot be made.
    package static func standard(environment: [String: String] = ProcessInfo.processInfo.environment) -> URL? {
        guard let path = path(environment) else { return nil }
        let directory = URL(fileURLWithPath: path, isDirectory: true)
        try? FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return FileManager.default.isWritableFile(atPath: path) ? directory : nil
    }

    private static func path(_ environment: [String: String]) -> String? {
        if let own = environment["BESTOFN_CACHE"], !own.isEmpty { return own == "none" ? nil : own }
        if let caches = environment["XDG_CACHE_HOME"], caches.hasPrefix("/") { return caches + "/bestofn" }
        if let home = environment["HOME"], home.hasPrefix("/") { return home + "/.cache/bestofn" }
        return nil
    }
}
