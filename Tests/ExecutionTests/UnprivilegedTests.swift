// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Glibc
import Testing

/// What root can confine, an ordinary user must be able to confine as well: where the tests run as root, the corpus runs again as nobody.
@Suite struct UnprivilegedTests {
    private static let nobody = "65534"
    private static let python = "/usr/bin/python3"
    private static let launcher = "/usr/bin/setpriv"

    private static var canRun: Bool {
        geteuid() == 0 && access(launcher, X_OK) == 0 && access(python, X_OK) == 0
    }

    @Test(
        .enabled(
            if: canRun, "needs root, \(launcher) and \(python): an ordinary user's tests have run the corpus already"))
    func theCorpusHoldsForAnOrdinaryUser() async throws {
        try await withTemporaryFolder { folder in
            // The build may lie where nobody can read it.
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
            let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let build = URL(fileURLWithPath: tests).deletingLastPathComponent()
            for name in [URL(fileURLWithPath: tests).lastPathComponent, "bonbox"] {
                let copy = folder.appendingPathComponent(name)
                try FileManager.default.copyItem(at: build.appendingPathComponent(name), to: copy)
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: copy.path)
            }
            let output = folder.appendingPathComponent("output")
            try Data().write(to: output)
            let status = try await onOwnThread {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: Self.launcher)
                process.arguments = [
                    "--reuid", Self.nobody, "--regid", Self.nobody, "--clear-groups", "--",
                    folder.appendingPathComponent(URL(fileURLWithPath: tests).lastPathComponent).path,
                    "--testing-library", "swift-testing", "--filter", "ExecutionTests.CorpusTests/",
                ]
                process.environment = [
                    "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "BESTOFN_TEST_PYTHON": Self.python,
                    "BESTOFN_CORPUS": ProcessInfo.processInfo.environment["BESTOFN_CORPUS"] ?? "",
                ]
                process.currentDirectoryURL = URL(fileURLWithPath: "/")
                process.standardInput = FileHandle.nullDevice
                process.standardOutput = try FileHandle(forWritingTo: output)
                process.standardError = process.standardOutput
                try process.run()
                process.waitUntilExit()
                return process.terminationStatus
            }
            let text = try String(contentsOf: output, encoding: .utf8)
            let findings = text.split(separator: "\n").filter { $0.contains("↳") || $0.contains("recorded an issue") }
            #expect(status == 0, "\(findings.prefix(20).joined(separator: "\n"))")
            #expect(text.contains("passed after"), "\(text.suffix(500))")
        }
    }
}
