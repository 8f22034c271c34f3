// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Evaluation
import Foundation
import SelectorKit

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the selectors and benchmarks that experiments can name.",
        discussion: "Example:\n  bestofn list")

    func run() throws {
        print("Selectors (in experiment files under 'selectors:')")
        let width = (selectors.all.map { $0.name.count }.max() ?? 0) + 2
        let indent = String(repeating: " ", count: width + 4)
        for plugin in selectors.all {
            let options = try plugin.makeSelector(givenOptions: nil).options
            let descriptor = try plugin.makeSelector(givenOptions: nil).selector.descriptor
            print("  \(plugin.name.padding(toLength: width, withPad: " ", startingAt: 0))\(plugin.summary)")
            if options != "{}" { print("\(indent)options: \(options)") }
            if !descriptor.requirements.isEmpty {
                print(
                    "\(indent)needs: \(descriptor.requirements.sorted().map(\.description).joined(separator: ", "))"
                )
            }
        }
        print("\nReference rows of every table: random (the pool's mean), oracle (any candidate passes)")
        print("\nBenchmarks (under 'benchmark:')")
        for benchmark in Benchmark.allCases { print("  \(benchmark.rawValue)") }
    }
}
