// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Facts about this machine, for provenance.
public enum MachineFacts {
    /// The processor's name, as the kernel tells it.
    public static var processor: String {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
        let name = lines.first { $0.hasPrefix("model name") }?.split(separator: ":", maxSplits: 1).last
        return
            "\(name?.trimmingCharacters(in: .whitespaces) ?? "unknown processor"), \(ProcessInfo.processInfo.activeProcessorCount) cores"
    }

    public static var operatingSystem: String {
        let lines = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8))?.split(separator: "\n") ?? []
        let name = lines.first { $0.hasPrefix("PRETTY_NAME=") }?.dropFirst("PRETTY_NAME=".count)
        return name?.trimmingCharacters(in: CharacterSet(charactersIn: "\""))
            ?? ProcessInfo.processInfo.operatingSystemVersionString
    }

    /// The time in the form of ISO 8601, in UTC.
    public static var timestamp: String { Date().formatted(.iso8601) }
}
