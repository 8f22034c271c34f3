// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How much memory a program may still take.
enum AvailableMemory {
    /// Bytes without swapping, within the limits of the control group; nil where the system does not tell.
    static var bytes: Int? {
        let free = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)).flatMap(machine)
        guard let limit = number("/sys/fs/cgroup/memory.max"), let used = number("/sys/fs/cgroup/memory.current") else {
            return free
        }
        // What the group keeps of files can be dropped.
        let statistics = (try? String(contentsOfFile: "/sys/fs/cgroup/memory.stat", encoding: .utf8)) ?? ""
        let files = value("inactive_file", in: statistics) ?? 0
        return min(free ?? .max, max(0, limit - used + files))
    }

    /// What `/proc/meminfo` says.
    static func machine(_ text: String) -> Int? { value("MemAvailable:", in: text).map { $0 * 1024 } }

    private static func value(_ key: String, in text: String) -> Int? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count >= 2, words[0] == key { return Int(words[1]) }
        }
        return nil
    }

    private static func number(_ file: String) -> Int? {
        (try? String(contentsOfFile: file, encoding: .utf8)).flatMap { Int($0.split(separator: "\n").first ?? "") }
    }
}
