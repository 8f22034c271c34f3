// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Foundation
import Generation
import Metrics
import Reporting

/// A plan for people.
enum PlanText {
    static func render(_ plan: Plan) -> String {
        var lines = ["\(plan.experiment): \(count(plan.problems)) problems of \(plan.benchmark)", ""]
        var rows = [
            [
                "stage", "to do", "known", "model", "requests", "one by one", "prompt tokens", "completion tokens",
                "cost",
            ]
        ]
        for stage in plan.stages {
            rows.append(
                ["\(stage.kind.rawValue) \(stage.name)", "\(count(stage.left)) \(stage.unit)", count(stage.known)]
                    + cells(stage.requests))
        }
        let totals = plan.totals
        for total in totals where plan.stages.count(where: { $0.requests?.role == total.role }) > 1 {
            rows.append(["all of \(total.role)", "", ""] + cells(total))
        }
        if totals.isEmpty { rows = rows.map { Array($0.prefix(3)) } }
        if totals.allSatisfy({ $0.cost == nil }) { rows = rows.map { $0.count > 8 ? Array($0.dropLast()) : $0 } }
        lines += TextGrid(rows: rows).lines(width: 160)
        let remarks = plan.stages.compactMap { stage in
            stage.note.map { "  \(stage.kind.rawValue) \(stage.name): \($0)" }
        }
        if !remarks.isEmpty { lines += [""] + remarks }
        let repeated = totals.filter { $0.countOneByOne > $0.count }
        if !repeated.isEmpty { lines.append("") }
        for total in repeated {
            var text =
                "Where '\(total.role)' gives one text per request: \(count(total.countOneByOne)) requests, \(tokens(total.promptTokensOneByOne)) prompt tokens"
            if let cost = total.costOneByOne { text += ", \(money(cost, total.currency))" }
            lines.append(text + ".")
        }
        if !plan.assumptions.isEmpty {
            lines += ["", "What the numbers rest on:"]
            lines += merged(plan.assumptions)
        }
        if !plan.notes.isEmpty { lines += [""] + plan.notes }
        return lines.joined(separator: "\n")
    }

    /// One line for all pools that share a number.
    private static func merged(_ assumptions: [Plan.Assumption]) -> [String] {
        var lines: [(text: String, pools: [String])] = []
        for assumption in assumptions {
            let text = "\(assumption.name): \(value(assumption.value)) (\(assumption.source))"
            let pools = assumption.pool.map { [$0] } ?? []
            if let place = lines.firstIndex(where: { $0.text == text }) {
                lines[place].pools += pools
            } else {
                lines.append((text, pools))
            }
        }
        return lines.map { line in
            "  " + line.text + (line.pools.isEmpty ? "" : ", of \(NumberFormat.list(line.pools))")
        }
    }

    private static func cells(_ requests: Plan.Requests?) -> [String] {
        guard let requests else { return [] }
        return [
            requests.role, count(requests.count), count(requests.countOneByOne), tokens(requests.promptTokens),
            tokens(requests.completionTokens),
            requests.cost.map { money($0, requests.currency) } ?? NumberFormat.missing,
        ]
    }

    private static func money(_ amount: Double, _ currency: String?) -> String {
        Prices(prompt: 0, completion: 0, currency: currency ?? "").text(amount)
    }

    /// A whole number with a comma at every third digit.
    static func count(_ number: Int) -> String {
        var groups: [String] = []
        var digits = Substring(String(number))
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits = digits.dropLast(3)
        }
        return ([String(digits)] + groups).joined(separator: ",")
    }

    /// Three digits are more than a plan is good for.
    static func tokens(_ number: Double) -> String {
        switch number {
        case ..<1000: "\(Int(number.rounded()))"
        case ..<1e6: String(format: "%.3g k", number / 1e3)
        case ..<1e9: String(format: "%.3g M", number / 1e6)
        default: String(format: "%.3g G", number / 1e9)
        }
    }

    private static func value(_ number: Double) -> String {
        number >= 100 ? count(Int(number.rounded())) : String(format: "%.3g", number)
    }
}
