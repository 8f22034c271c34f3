// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Metrics
import Reporting

struct ClaimsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claims",
        abstract: "Tells what published counts can and cannot show.",
        discussion: """
            From how many of the same problems each method solved, without knowing which: intervals, bounds of p-values over all \
            ways in which the counts can have come about, and how many problems a difference would take.

            Examples:
              bestofn claims --problems 131 base=101 orm=104 prm=105 funprm=106
              bestofn claims --problems 131 --against base base=101 orm=104 funprm=106 --json claims.json
              bestofn claims --published reports/published/dreamprm-code.json
            """)

    @Argument(help: ArgumentHelp("Methods with how many problems each solved.", valueName: "name=count"))
    var counts: [MethodCount] = []

    @Option(help: "How many problems there are.")
    var problems: Int?

    @Option(help: "Take problems and counts from a file of published rows (reports/published).")
    var published: String?

    @Option(help: "Compare all with this method only, instead of every two.")
    var against: String?

    @Option(help: "The level of significance.")
    var alpha = 0.05

    @Option(help: "Write everything as JSON to this file; '-' for standard output.")
    var json: OutputFile?

    func validate() throws {
        guard alpha > 0, alpha < 1 else { throw ValidationError("--alpha must lie between 0 and 1.") }
        if published != nil {
            guard counts.isEmpty, problems == nil else {
                throw ValidationError("Give either --published or --problems with counts.")
            }
            return
        }
        guard let problems else { throw ValidationError("Give --problems, such as --problems 131.") }
        guard (1...1_000_000).contains(problems) else {
            throw ValidationError("--problems must be from 1 to 1000000, not \(problems).")
        }
        guard !counts.isEmpty else { throw ValidationError("Give methods with counts, such as orm=104.") }
        for count in counts where count.method.solved > problems {
            throw ValidationError("'\(count.method.name)' solved \(count.method.solved) of \(problems) problems.")
        }
        try check(names: counts.map(\.method.name))
    }

    private func check(names: [String]) throws {
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            throw ValidationError("Two methods are called '\(name)'.")
        }
        if let against, !names.contains(against) {
            throw ValidationError(
                "--against '\(against)': there is no such method. Available: \(names.joined(separator: ", ")).")
        }
    }

    func run() async throws {
        try await reportingFailures { [self] in
            let claims = try makeClaims()
            if let json {
                try json.write(String(decoding: JSONReport.encode(claims), as: UTF8.self))
                if json.isStandardOutput { return }
            }
            print(ClaimsText.render(claims), terminator: "")
        }
    }

    private func makeClaims() throws -> Claims {
        guard let published else {
            return Claims(
                problems: problems ?? 1, methods: counts.map(\.method), reference: against, alpha: alpha)
        }
        let results = try PublishedResults(file: URL(fileURLWithPath: published))
        let methods = results.rows.compactMap { row in
            row.solved?["overall"].map { Claims.Method(name: row.method, solved: $0) }
        }
        guard let total = results.problems["overall"], methods.count > 1 else {
            throw ReportError(
                .publishedFile, "\(published): field 'rows': Fewer than two rows tell how many problems were solved.")
        }
        try check(names: methods.map(\.name))
        return Claims(problems: total, methods: methods, reference: against, alpha: alpha)
    }
}

/// A method and its count, as an argument.
struct MethodCount: ExpressibleByArgument {
    let method: Claims.Method

    init?(argument: String) {
        guard let equals = argument.lastIndex(of: "="), equals > argument.startIndex,
            let solved = Int(argument[argument.index(after: equals)...]), solved >= 0
        else { return nil }
        method = Claims.Method(name: String(argument[..<equals]), solved: solved)
    }
}
