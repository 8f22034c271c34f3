// SPDX-License-Identifier: Apache-2.0
public import Foundation
import SelectorKit
import Yams

extension Lattice {
    /// Reads every `.yaml` file of a folder.
    ///
    /// - Throws: `DataErrorList` with the mistakes of all files.
    public static func load(_ directory: URL) throws -> Lattice {
        var mistakes = DataErrorList()
        var problems: [LatticeProblem] = []
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".yaml") }
                .sorted()
        } catch {
            mistakes.append(
                DataError(
                    file: directory.relativePath, message: "The folder cannot be read: \(error.localizedDescription)"))
            throw mistakes
        }
        if names.isEmpty {
            mistakes.append(
                DataError(file: directory.relativePath, message: "The folder has no lattice problem (*.yaml)."))
        }
        for name in names {
            let file = URL(fileURLWithPath: directory.relativePath + "/" + name)
            do {
                problems.append(try LatticeProblem(file))
            } catch let error as DataErrorList {
                mistakes.append(contentsOf: error)
            }
        }
        guard mistakes.isEmpty else { throw mistakes }
        return Lattice(problems: problems.sorted { $0.id < $1.id })
    }
}

extension LatticeProblem {
    /// Reads one file.
    ///
    /// - Throws: `DataErrorList` with all its mistakes.
    public init(_ file: URL) throws {
        var reader: LatticeFileReader
        do {
            let text = try String(contentsOf: file, encoding: .utf8)
            guard let root = try Yams.compose(yaml: text) else { throw RowError("The file is empty.") }
            reader = LatticeFileReader(file: file.relativePath, root: root)
        } catch {
            var mistakes = DataErrorList()
            let message = (error as? RowError)?.message ?? "The file is not readable YAML: \(error)"
            mistakes.append(DataError(file: file.relativePath, message: message))
            throw mistakes
        }
        let problem = reader.problem()
        let name = file.deletingPathExtension().lastPathComponent
        if !problem.id.isEmpty, problem.id != name {
            reader.complain(
                nil, "id", "The id '\(problem.id)' differs from the file's name. Rename the file to \(problem.id).yaml."
            )
        }
        guard reader.mistakes.isEmpty else { throw reader.mistakes }
        self = problem
    }
}
