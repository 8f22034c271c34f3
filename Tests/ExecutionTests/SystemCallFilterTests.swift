// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Testing

/// The filters of both architectures, built by the launcher's own sources and run by a small interpreter.
@Suite struct SystemCallFilterTests {
    private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Sources/bonbox")

    /// Prints, for each policy, "policy number first-argument verdict" of the questions on the command line.
    private static let driver = """
        #include <linux/audit.h>
        #include <linux/seccomp.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include "launcher.h"
        void fail(const char *format, ...) { puts(format); exit(1); }
        static unsigned run(const struct sock_filter *code, unsigned number, unsigned architecture, unsigned argument) {
            unsigned value = 0;
            for (size_t at = 0;; at++) {
                unsigned k = code[at].k;
                switch (code[at].code) {
                case BPF_LD | BPF_W | BPF_ABS: value = k == 0 ? number : k == 4 ? architecture : argument; break;
                case BPF_RET | BPF_K: return k;
                case BPF_JMP | BPF_JEQ | BPF_K: at += value == k ? code[at].jt : code[at].jf; break;
                case BPF_JMP | BPF_JGE | BPF_K: at += value >= k ? code[at].jt : code[at].jf; break;
                case BPF_JMP | BPF_JSET | BPF_K: at += value & k ? code[at].jt : code[at].jf; break;
                case BPF_JMP | BPF_JA: at += k; break;
                case BPF_ALU | BPF_AND | BPF_K: value &= k; break;
                default: puts("unknown instruction"); exit(1);
                }
            }
        }
        int main(int count, char **words) {
            unsigned architecture = (unsigned)strtoul(words[1], 0, 16);
            for (int which = 0; which < 4; which++) {
                struct policy policy = {.may_fork = which & 1, .namespaces = which & 2};
                struct sock_filter filter[most_instructions];
                build_filter(&policy, filter);
                printf("%d foreign 0 %x\\n", which, run(filter, 0, 0x40000003, 0));
                for (int i = 2; i + 1 < count; i += 2) {
                    unsigned number = (unsigned)atoi(words[i]), argument = (unsigned)strtoul(words[i + 1], 0, 16);
                    printf("%d %u %x %x\\n", which, number, argument, run(filter, number, architecture, argument));
                }
            }
        }
        """

    struct Architecture: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var flag: String
        var audit: String
        var numbers: [String: Int]
    }

    static let architectures = [
        Architecture(
            testDescription: "x86_64", flag: "-DTABLE_X86_64", audit: "c000003e",
            numbers: [
                "read": 0, "openat": 257, "futex": 202, "exit_group": 231, "clone": 56, "clone3": 435, "execve": 59,
                "socket": 41, "connect": 42, "ptrace": 101, "unshare": 272, "mount": 165, "bpf": 321,
                "io_uring_setup": 425,
                "keyctl": 250, "kill": 62, "personality": 135, "last": 600, "x32 read": 0x4000_0000,
            ]),
        Architecture(
            testDescription: "aarch64", flag: "-DTABLE_AARCH64", audit: "c00000b7",
            numbers: [
                "read": 63, "openat": 56, "futex": 98, "exit_group": 94, "clone": 220, "clone3": 435, "execve": 221,
                "socket": 198, "connect": 203, "ptrace": 117, "unshare": 97, "mount": 40, "bpf": 280,
                "io_uring_setup": 425,
                "keyctl": 219, "kill": 129, "personality": 92, "last": 600, "x32 read": 0x4000_0000,
            ]),
    ]

    private static func tool(_ path: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    private static var canCompile: Bool {
        ["/usr/bin/cc", sources.path, "/usr/include/asm-generic/unistd.h"].allSatisfy(
            FileManager.default.fileExists(atPath:))
    }

    @Test(
        .enabled(if: canCompile, "needs a C compiler, the kernel's headers and the sources"), arguments: architectures)
    func allowsWhatTheTableNames(_ architecture: Architecture) throws {
        try withTemporaryFolder { folder in
            var flags = [architecture.flag, "-I\(Self.sources.path)"]
            if architecture.testDescription == "aarch64" {
                // That architecture has the generic numbers, with these additions.
                let asm = folder.appendingPathComponent("asm")
                try FileManager.default.createDirectory(at: asm, withIntermediateDirectories: true)
                let wanted = [
                    "RENAMEAT", "NEW_STAT", "SET_GET_RLIMIT", "TIME32_SYSCALLS", "SYS_CLONE3", "MEMFD_SECRET",
                ]
                let text = wanted.map { "#define __ARCH_WANT_\($0)\n" }.joined() + "#include <asm-generic/unistd.h>\n"
                try text.write(to: asm.appendingPathComponent("unistd.h"), atomically: true, encoding: .utf8)
                flags.append("-I\(folder.path)")
            }
            let (source, program) = (folder.appendingPathComponent("driver.c"), folder.appendingPathComponent("driver"))
            try Self.driver.write(to: source, atomically: true, encoding: .utf8)
            let files =
                [source.path] + ["syscalls.c", "seccomp.c"].map { Self.sources.appendingPathComponent($0).path }
            let compiled = try Self.tool("/usr/bin/cc", flags + ["-D_GNU_SOURCE", "-o", program.path] + files)
            try #require(compiled.status == 0, "\(compiled.output)")

            let (newThread, newProcess, newNamespace) = ("10f00", "11", "10000011")
            var questions: [(name: String, argument: String)] = architecture.numbers.keys.sorted().filter {
                !["clone", "socket"].contains($0)
            }.map { ($0, "0") }
            questions +=
                [newThread, newProcess, newNamespace].map { ("clone", $0) } + [("socket", "2"), ("socket", "26")]
            let numbers = questions.flatMap { [String(architecture.numbers[$0.name] ?? -1), $0.argument] }
            let (status, output) = try Self.tool(program.path, [architecture.audit] + numbers)
            try #require(status == 0, "\(output)")

            let (allow, deny, missing, kill) = ("7fff0000", "50001", "50026", "80000000")
            var verdicts: [String: String] = [:]
            for line in output.split(separator: "\n") {
                let words = line.split(separator: " ").map(String.init)
                verdicts[words.dropLast().joined(separator: " ")] = words.last
            }
            for which in 0..<4 {
                let (forks, isolated) = (which & 1 != 0, which & 2 != 0)
                #expect(verdicts["\(which) foreign 0"] == kill)
                for (name, argument) in questions {
                    let expected =
                        switch (name, argument) {
                        case ("read", _), ("openat", _), ("futex", _), ("exit_group", _): allow
                        case ("clone", newThread): allow
                        case ("clone", newProcess), ("execve", _): forks ? allow : deny
                        case ("clone3", _): missing
                        case ("connect", _), ("socket", "2"), ("kill", _): isolated ? allow : deny
                        case ("socket", _): isolated ? "50061" : deny
                        default: deny
                        }
                    let number = architecture.numbers[name] ?? -1
                    #expect(
                        verdicts["\(which) \(number) \(argument)"] == expected,
                        "\(name)(\(argument)), may fork: \(forks), namespaces: \(isolated)")
                }
            }
        }
    }
}
