// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// A tier that is not to be had names the failing step and its cure.
@Suite struct ProbeFailureTests {
    private static let shell = "/usr/bin/unshare"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: shell), "needs \(shell)"))
    func switchedOffNamespacesAreNamed() throws {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let launcher = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("bonbox").path
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: Self.shell)
        // The limit of a user namespace of its own leaves the machine's alone.
        process.arguments = [
            "--user", "--map-root-user", "sh", "-c",
            "echo 0 > /proc/sys/user/max_user_namespaces || exit 77; exec \"$0\" --probe", launcher,
        ]
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        // Machines without user namespaces cannot simulate their absence.
        guard process.terminationStatus == 0 else { return }
        struct Tier: Decodable {
            var ok: Bool
            var step: String?
            var cure: String?
        }
        struct Report: Decodable {
            var T1: Tier
            var T2: Tier
            var userNamespace: Tier
        }
        let report = try JSONDecoder().decode(Report.self, from: data)
        for tier in [report.T2, report.userNamespace] {
            #expect(!tier.ok && tier.step?.contains("namespace") == true)
            #expect(tier.cure?.contains("user.max_user_namespaces") == true)
        }
    }
}
