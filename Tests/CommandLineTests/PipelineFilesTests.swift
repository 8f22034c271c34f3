// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Testing
import Yams

/// The files of docs/ci.md, run as GitHub and GitLab run them. Steps that begin with `# needs the network` are left out.
@Suite struct PipelineFilesTests {
    /// What stands in the fenced blocks of docs/ci.md.
    private struct Document {
        private var blocks: [(language: String, text: String)] = []

        init() throws {
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("docs/ci.md")
            var open: (language: String, lines: [Substring])?
            for line in try String(contentsOf: file, encoding: .utf8).split(
                separator: "\n", omittingEmptySubsequences: false)
            {
                if line.hasPrefix("```") {
                    if let block = open {
                        blocks.append((block.language, block.lines.joined(separator: "\n") + "\n"))
                        open = nil
                    } else {
                        open = (String(line.dropFirst(3)), [])
                    }
                } else {
                    open?.lines.append(line)
                }
            }
        }

        /// The YAML block that begins with this file's name.
        func file(_ name: String) throws -> String {
            try #require(blocks.first { $0.language == "yaml" && $0.text.hasPrefix("# \(name)\n") }).text
        }

        func yaml(_ name: String) throws -> [String: Any] {
            try #require(try Yams.load(yaml: file(name)) as? [String: Any])
        }

        var shellBlocks: [String] { blocks.filter { $0.language == "sh" }.map(\.text) }
    }

    private struct Step {
        var name: String
        var script: String
        /// Whether it runs although a step before it failed.
        var always = false

        var needsNetwork: Bool { script.hasPrefix("# needs the network") }
    }

    private func gitHubSteps(_ document: Document) throws -> [Step] {
        let jobs = try #require(try document.yaml(".github/workflows/selectors.yml")["jobs"] as? [String: Any])
        let job = try #require(jobs["compare"] as? [String: Any])
        let steps = try #require(job["steps"] as? [[String: Any]])
        return steps.compactMap { step in
            guard let script = step["run"] as? String else { return nil }
            return Step(
                name: step["name"] as? String ?? "", script: script,
                always: (step["if"] as? String ?? "").contains("!cancelled()"))
        }
    }

    private func gitLabJob(_ document: Document) throws -> (before: [String], script: [String], junit: String) {
        let job = try #require(try document.yaml(".gitlab-ci.yml")["selectors"] as? [String: Any])
        let artifacts = try #require(job["artifacts"] as? [String: Any])
        let reports = try #require(artifacts["reports"] as? [String: Any])
        return (
            try #require(job["before_script"] as? [String]), try #require(job["script"] as? [String]),
            try #require(reports["junit"] as? String)
        )
    }

    // MARK: Running

    /// Eight problems with a right and a wrong program each; `longest` finds the right one, `shortest` the wrong one.
    private func write(_ document: Document, to folder: URL) throws {
        let problems = (0..<8).map { SmallSet.problem.replacing(#""sum""#, with: #""sum\#($0)""#) }
        let pool = (0..<8).flatMap { number in
            [SmallSet.good, SmallSet.bad].map { $0.replacing(#""sum""#, with: #""sum\#(number)""#) }
        }
        try SmallSet.write(
            to: folder, problems: problems.joined(separator: "\n"), pool: pool.joined(separator: "\n"))
        try write(document.file("experiment.yaml"), to: "experiment.yaml", in: folder)
        let (status, output) = try shell("git init --quiet .", in: folder)
        #expect(status == 0, "\(output)")
    }

    private func write(_ text: String, to name: String, in folder: URL) throws {
        try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
    }

    /// Runs a script as a step: bash stops at the first command that fails.
    private func shell(_ script: String, in folder: URL, summary: URL? = nil) throws -> (Int32, String) {
        try write(script, to: ".step.sh", in: folder)
        let log = folder.appendingPathComponent(".step.log")
        try Data().write(to: log)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-e", ".step.sh"]
        process.currentDirectoryURL = folder
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] =
            Tool.executable.deletingLastPathComponent().path + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
        environment["GITHUB_STEP_SUMMARY"] = summary?.path
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        let output = try FileHandle(forWritingTo: log)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOf: log, encoding: .utf8))
    }

    private func run(_ script: String, in folder: URL, summary: URL? = nil) throws -> String {
        let (status, output) = try shell(script, in: folder, summary: summary)
        #expect(status == 0, "\(script)\n\(output)")
        return output
    }

    private func exists(_ name: String, in folder: URL) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }

    /// Another selector under the same label: it chooses the wrong program everywhere.
    private func makeWorse(_ document: Document, in folder: URL) throws {
        let better = try document.file("experiment.yaml")
        let worse = better.replacing("{name: longest, label: mine}", with: "{name: shortest, label: mine}")
        #expect(worse != better)
        try write(worse, to: "experiment.yaml", in: folder)
    }

    // MARK: Tests

    /// Only what installs and what talks to a server is left out of the other tests.
    @Test func stepsAreWhatTheyAreTakenFor() throws {
        let document = try Document()
        let steps = try gitHubSteps(document)
        #expect(
            steps.filter(\.needsNetwork).map(\.name) == ["Build bestofn", "Comment on the pull request"])
        #expect(steps.count { $0.script.contains("bestofn compare") && !$0.needsNetwork } == 1)
        // An expression in a script would be replaced before the shell reads it, names of branches included.
        #expect(steps.allSatisfy { !$0.script.contains("${{") })
        let job = try gitLabJob(document)
        #expect(job.before.allSatisfy { !$0.contains("bestofn run") && !$0.contains("bestofn compare") })
        #expect(job.script.count == 3)
        #expect(document.shellBlocks.count == 1)
    }

    @Test func theGitHubWorkflowPassesThenFails() throws {
        let document = try Document()
        let steps = try gitHubSteps(document).filter { !$0.needsNetwork }
        try withTemporaryFolder { folder in
            try write(document, to: folder)
            for block in document.shellBlocks { _ = try run(block, in: folder) }
            #expect(exists("baseline.json", in: folder))
            let staged = try run("git status --porcelain baseline.json", in: folder)
            #expect(staged.hasPrefix("A  baseline.json"))

            let summary = folder.appendingPathComponent("summary.md")
            for step in steps { _ = try run(step.script, in: folder, summary: summary) }
            let passed = try String(contentsOf: summary, encoding: .utf8)
            #expect(passed.hasPrefix("### bestofn compare: no gate failed\n"))
            #expect(exists("compare.md", in: folder) && exists("compare.xml", in: folder))

            try makeWorse(document, in: folder)
            var failures: [String] = []
            var log = ""
            for step in steps where failures.isEmpty || step.always {
                let (status, output) = try shell(step.script, in: folder, summary: summary)
                log += output
                if status != 0 { failures.append("\(step.name): \(status)") }
            }
            #expect(failures == ["Compare with the baseline: 1"], "\(log)")
            #expect(log.contains("::error title=bestofn regression%3A ci%2C mine::Regression"))
            let junit = try String(contentsOf: folder.appendingPathComponent("compare.xml"), encoding: .utf8)
            #expect(junit.contains(#"<testcase name="ci, mine" classname="compare.regression""#))
            #expect(junit.contains(#"<failure type="regression""#))

            // The baseline of the worse run accepts it.
            for block in document.shellBlocks { _ = try run(block, in: folder) }
            for step in steps { _ = try run(step.script, in: folder, summary: summary) }
        }
    }

    @Test func theGitLabJobPassesThenFails() throws {
        let document = try Document()
        let job = try gitLabJob(document)
        try withTemporaryFolder { folder in
            try write(document, to: folder)
            for block in document.shellBlocks { _ = try run(block, in: folder) }
            _ = try run(job.script.joined(separator: "\n"), in: folder)
            #expect(exists(job.junit, in: folder) && exists("compare.md", in: folder))

            try makeWorse(document, in: folder)
            let (status, output) = try shell(job.script.joined(separator: "\n"), in: folder)
            #expect(status == 1, "\(output)")
            #expect(output.contains("FAILED regression (ci, mine)"))
            #expect(
                try String(contentsOf: folder.appendingPathComponent(job.junit), encoding: .utf8).contains(
                    "<failure type=\"regression\""))

            // Other candidates are another question.
            try write(
                String(contentsOf: folder.appendingPathComponent("pool.jsonl"), encoding: .utf8).replacing(
                    "print(3)", with: "print(4)"), to: "pool.jsonl", in: folder)
            let (refused, reason) = try shell(job.script.joined(separator: "\n"), in: folder)
            #expect(refused == 65, "\(reason)")
            #expect(reason.contains("The candidates of pool ci differ"))
        }
    }
}
