// SPDX-License-Identifier: Apache-2.0
public import Foundation
import JSONReading

extension Benchmark {
    /// The benchmark whose problems a file seems to hold, told from the fields of its first row; nil when they tell nothing.
    ///
    /// - Throws: `DataError` when the file cannot be read.
    public static func recognised(in file: URL) throws(DataError) -> Benchmark? {
        let lines = try LineReader(file)
        do {
            let recognition = try lines.withNextLine { text in (try? JSONRow(text)).flatMap(FileRecognition.init) }
            guard case .benchmark(let benchmark)? = recognition ?? nil else { return nil }
            return benchmark
        } catch let error as DataError {
            throw error
        } catch {
            throw DataError(file: lines.file, message: "\(error)")
        }
    }
}
