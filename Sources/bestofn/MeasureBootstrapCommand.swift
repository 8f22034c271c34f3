// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Statistics

/// For `make bench`: how long intervals and p-values of several selectors take.
struct MeasureBootstrapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure-bootstrap",
        abstract: "Times the paired bootstrap on made-up outcomes, and prints seconds.",
        shouldDisplay: false)

    @Option var problems = 1000
    @Option var selectors = 10
    @Option var resamples = 10_000
    @Option var times = 5

    func validate() throws {
        guard problems > 1, selectors > 0, resamples > 0, times > 0 else {
            throw ValidationError("There must be at least two problems, and one of everything else.")
        }
    }

    func run() {
        var random = SeededNumbers(seed: 1)
        let columns = (0..<selectors).map { _ in (0..<problems).map { _ in random.nextUnit() < 0.6 ? 1.0 : 0.0 } }
        for time in 0..<times {
            let start = clock()
            let estimates = Bootstrap(resamples: resamples, seed: UInt64(time)).estimates(ofMeans: columns)
            let seconds = Double(clock() - start) / Double(CLOCKS_PER_SEC)
            let widths = estimates.compactMap { $0.map { $0.interval.upperBound - $0.interval.lowerBound } }
            print(String(format: "%.4f %.5f", seconds, widths.reduce(0, +) / Double(max(widths.count, 1))))
        }
    }
}
