// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The counters of a worker's cgroup: out-of-memory kills, and CPU time of all processes, dead or alive. Used by one thread.
final class CgroupAccounts {
    private let version: Int
    private let events: Descriptor?
    private let cpu: Descriptor?

    init(_ setup: WorkerProcess.Setup) {
        version = setup.cgroup
        let second = setup.cgroup == 2
        events = Self.open(setup.memory, second ? "memory.events" : "memory.oom_control")
        cpu = Self.open(setup.cpu, second ? "cpu.stat" : "cpuacct.usage")
    }

    private static func open(_ group: String, _ file: String) -> Descriptor? {
        guard !group.isEmpty else { return nil }
        let number = Glibc.open("\(group)/\(file)", O_RDONLY | O_CLOEXEC)
        return number < 0 ? nil : Descriptor(number)
    }

    /// How often the kernel has killed in this worker for want of memory.
    var outOfMemoryKills: Int { events.flatMap { Self.value("oom_kill", in: $0) } ?? 0 }

    /// CPU time of everything that ever ran in the worker; nil without a cgroup.
    var cpuSeconds: Double? {
        guard let cpu else { return nil }
        if version == 2 { return Self.value("usage_usec", in: cpu).map { Double($0) / 1e6 } }
        return Int(cpu.content(limit: 64).filter { !$0.isNewline }).map { Double($0) / 1e9 }
    }

    private static func value(_ name: String, in file: Descriptor) -> Int? {
        for line in file.content(limit: 1024).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == name { return Int(words[1]) }
        }
        return nil
    }
}
