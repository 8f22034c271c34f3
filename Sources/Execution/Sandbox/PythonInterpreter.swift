// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// The interpreter that runs candidates, with everything the sandbox has to show it.
public struct PythonInterpreter: Sendable, Hashable {
    public var executable: String
    public var version: String
    /// Directories that the interpreter reads besides the system's.
    var directories: [String]
    /// Arguments that keep the user's own packages, the working directory and byte code files out.
    var flags: [String]

    private struct Facts: Decodable {
        var executable: String
        var version: [Int]
        var implementation: String
        var directories: [String]
    }

    private static let question = """
        import json, os, sys, sysconfig
        names = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]
        names += [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]
        names += [os.path.realpath(name) for name in names]
        print(json.dumps({
            "executable": sys.executable, "version": list(sys.version_info[:3]), "implementation": sys.implementation.name,
            "directories": list(dict.fromkeys(names))}))
        """

    /// Asks the command, which may be a version manager's stand-in, what it really starts. Blocks for a fraction of a second.
    ///
    /// - Throws: `SandboxError` when there is no such command, or it is not CPython 3.9 or later.
    public init(resolving command: String) throws {
        let cure = "Install Python 3.9 or later, or name one with `--python` (`execution.python` in an experiment)."
        guard let path = Self.search(command) else {
            throw SandboxError(.unavailable, "There is no Python '\(command)'.", cure: cure)
        }
        let (status, output, errors) = try runProgram(path, ["-s", "-B", "-c", Self.question], seconds: 60)
        guard status == 0, let facts = try? JSONDecoder().decode(Facts.self, from: Data(output.utf8)),
            facts.version.count == 3
        else {
            throw SandboxError(
                .unavailable, "'\(path)' does not answer as Python does (exit status \(status)).",
                step: String(errors.suffix(400)), cure: cure)
        }
        let version = facts.version.map(String.init).joined(separator: ".")
        guard facts.implementation == "cpython", facts.version[0] == 3, facts.version[1] >= 9 else {
            throw SandboxError(.unavailable, "'\(path)' is \(facts.implementation) \(version).", cure: cure)
        }
        let shared: Set<String> = ["/", "/usr", "/home", "/root", "/opt", "/var", "/etc", "/tmp", ""]
        executable = facts.executable
        self.version = version
        directories = facts.directories.filter { !shared.contains($0) && access($0, F_OK) == 0 }
        flags = facts.version[1] >= 11 ? ["-s", "-P", "-B"] : ["-s", "-B"]
    }

    private static func search(_ command: String) -> String? {
        if command.contains("/") { return access(command, X_OK) == 0 ? command : nil }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return path.split(separator: ":").map { $0 + "/" + command }.first { access($0, X_OK) == 0 }
    }
}
