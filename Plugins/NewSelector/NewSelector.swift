// SPDX-License-Identifier: Apache-2.0
import Foundation
import PackagePlugin

/// `swift package --allow-writing-to-package-directory new-selector --name Foo`: writes a selector that works, its test and its method card, and enters it
/// in the manifest and in the list of compiled-in selectors.
@main
struct NewSelector: CommandPlugin {
    func performCommand(context: PluginContext, arguments: [String]) async throws {
        var extractor = ArgumentExtractor(arguments)
        guard let name = extractor.extractOption(named: "name").first, extractor.remainingArguments.isEmpty else {
            throw Refusal("Usage: swift package --allow-writing-to-package-directory new-selector --name MyIdea")
        }
        let scaffold = try Scaffold(name: name, package: context.package.directoryURL)
        for file in try scaffold.write() { print("wrote \(file)") }
        print(
            """

            The selector is called '\(scaffold.selectorName)' in experiments. Next:
              swift build && swift test --filter \(scaffold.name)
              bestofn list
            """)
    }
}

struct Refusal: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The files of a new selector.
struct Scaffold {
    let name: String
    let package: URL

    init(name: String, package: URL) throws {
        guard let first = name.first, first.isUppercase, first.isASCII,
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
        else {
            throw Refusal(
                "'\(name)' is no name for a selector: use ASCII letters and digits with a capital first, such as MyIdea."
            )
        }
        // The word is added where a type needs it.
        self.name = name.hasSuffix("Selector") && name.count > 8 ? String(name.dropLast(8)) : name
        self.package = package
    }

    /// `MyIdea` is `my-idea` in experiments.
    var selectorName: String {
        name.reduce(into: "") { text, letter in
            if letter.isUppercase, let last = text.last, last != "-", !(last.isNumber) { text += "-" }
            text += letter.lowercased()
        }
    }

    /// - Returns: the paths that were written, relative to the package.
    func write() throws -> [String] {
        let created = [
            "Plugins/\(name)/\(name)Selector.swift": selector, "Plugins/\(name)/README.md": card,
            "Tests/\(name)Tests/\(name)Tests.swift": test,
        ]
        for path in created.keys where FileManager.default.fileExists(atPath: package.appending(path: path).path) {
            throw Refusal("\(path) exists already; nothing was written.")
        }
        let changed = [
            "Package.swift": try insert("    \"\(name)\",", into: "Package.swift", after: "let contestants = ["),
            "Sources/bestofn/Selectors.swift": try registered(),
        ]
        for (path, text) in created.merging(changed, uniquingKeysWith: { $1 }) {
            let file = package.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        return (Array(created.keys) + Array(changed.keys)).sorted()
    }

    /// The text of `path` with `line` among the lines after `marker`, in their order.
    private func insert(_ line: String, into path: String, after marker: String, text: String? = nil) throws -> String {
        var lines = try (text ?? String(contentsOf: package.appending(path: path), encoding: .utf8))
            .components(separatedBy: "\n")
        guard let start = lines.firstIndex(of: marker) else {
            throw Refusal("\(path) has no line '\(marker)'; add the selector by hand. Nothing was written.")
        }
        guard !lines.contains(line) else { throw Refusal("\(path) names '\(name)' already; nothing was written.") }
        var place = start + 1
        while place < lines.count, lines[place].hasPrefix("    \""), lines[place] < line { place += 1 }
        lines.insert(line, at: place)
        return lines.joined(separator: "\n")
    }

    private func registered() throws -> String {
        let path = "Sources/bestofn/Selectors.swift"
        let text = try insert("    \(name)Plugin.self,", into: path, after: "let selectors = SelectorRegistry([")
        var lines = text.components(separatedBy: "\n")
        let imports = lines.indices.filter { lines[$0].hasPrefix("import ") }
        let place = imports.first { lines[$0] > "import \(name)" } ?? (imports.last ?? 0) + 1
        lines.insert("import \(name)", at: place)
        return lines.joined(separator: "\n")
    }

    private var selector: String {
        """
        // SPDX-License-Identifier: Apache-2.0
        public import SelectorKit

        /// Prefers programs whose number of lines is close to `lines`. Replace this with your idea; `docs/writing-a-selector.md` says what a selector can use.
        public enum \(name)Plugin: SelectorPlugin {
            public struct Options: Codable, Sendable {
                /// The number of lines that is best.
                public var lines = 20
            }

            public static let name = "\(selectorName)"
            public static let summary = "programs of about the wished length"
            public static let defaultOptions = Options()

            public static func makeSelector(options: Options) throws -> any Selector {
                guard options.lines > 0 else {
                    throw SelectorError(.invalidOption, "Selector '\\(name)': option 'lines' must be above 0.")
                }
                return \(name)Selector(lines: options.lines)
            }
        }

        struct \(name)Selector: CandidateScorer {
            let lines: Int

            var descriptor: SelectorDescriptor {
                SelectorDescriptor(
                    name: \(name)Plugin.name, version: 1, scope: .candidate, summary: \(name)Plugin.summary)
            }

            func score(
                _ candidate: Candidate, of problem: Problem, in context: SelectionContext
            ) async throws -> CandidateScore {
                guard !candidate.isBlank else { return .rejected(reason: "blank program") }
                let count = candidate.program.split(separator: "\\n", omittingEmptySubsequences: false).count
                return .value(-abs(Double(count - lines)))
            }
        }

        """
    }

    private var test: String {
        """
        // SPDX-License-Identifier: Apache-2.0
        import \(name)
        import SelectorKit
        import SelectorTesting
        import Testing

        @Suite struct \(name)Tests {
            @Test func keepsWhatEverySelectorPromises() async throws {
                let selector = try \(name)Plugin.makeSelector(options: \(name)Plugin.defaultOptions)
                let failures = await checkConformance(of: selector)
                #expect(failures.isEmpty, "\\(failures)")
            }

            @Test func prefersTheWishedLength() async throws {
                let (selector, _) = try \(name)Plugin.makeSelector(givenOptions: nil)
                let pool = ExamplePools.pool("lengths", ["a = 1", String(repeating: "a = 1\\n", count: 19), ""])
                let context = SelectionContext(for: selector.descriptor, seed: 0)
                let ranks = try await selector.score(pool, in: context).map(\\.rank)
                #expect(ranks == [-19, 0, -.infinity])
            }
        }

        """
    }

    private var card: String {
        """
        # \(selectorName)

        **Definition.** The score of a program is minus the distance of its number of lines from `lines`.

        **Source.** Say where the method comes from, and what you decided where the source is silent.

        **Needs.** Nothing but the programs. **Cost.** None.

        **When to use.** As a start for a selector of your own.

        | option | default | |
        |---|---|---|
        | `lines` | 20 | the number of lines that is best |

        """
    }
}
