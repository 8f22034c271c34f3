// SPDX-License-Identifier: Apache-2.0
import Foundation

/// EvalPlus' directory form: a folder per problem, named like its id with `_` for `/`, and in it a file per sample, `0.py`, `1.py`, ….
struct ProgramDirectory {
    private let directory: URL

    init(_ directory: URL) { self.directory = directory }

    func read(_ body: (CandidateRows.Place, Result<CandidateRows.Row, DataError>) -> Void) {
        var found = 0
        do {
            for folder in try contents(of: directory) where folder.hasDirectoryPath {
                // Only the first underscore stands for the slash of an id such as HumanEval/3.
                let id = folder.lastPathComponent.replacingFirst("_", by: "/")
                for file in try contents(of: folder) where file.pathExtension == "py" {
                    found += 1
                    let place = CandidateRows.Place(file: file.relativePath)
                    body(place, candidate(in: file, of: id).map { (.directory, [$0]) })
                }
            }
        } catch {
            let message = "The directory cannot be read: \(error.localizedDescription)"
            body(
                .init(file: directory.relativePath), .failure(DataError(file: directory.relativePath, message: message))
            )
        }
        if found == 0 {
            let message =
                "The directory holds no programs. Expected a folder per problem with files 0.py, 1.py, …, such as HumanEval_0/0.py."
            body(
                .init(file: directory.relativePath), .failure(DataError(file: directory.relativePath, message: message))
            )
        }
    }

    private func candidate(in file: URL, of id: String) -> Result<RawCandidate, DataError> {
        guard let sample = Int(file.deletingPathExtension().lastPathComponent), sample >= 0 else {
            return .failure(
                DataError(
                    file: file.relativePath, message: "The file's name is no sample number. Name it 0.py, 1.py, …."))
        }
        do {
            let data = try Data(contentsOf: file)
            guard let text = String(data: data, encoding: .utf8) else {
                return .failure(
                    DataError(
                        file: file.relativePath, message: "The program is not valid UTF-8. Convert the file to UTF-8."))
            }
            return .success(RawCandidate(problemID: id, sample: sample, text: .answer(text)))
        } catch {
            return .failure(
                DataError(file: file.relativePath, message: "The program cannot be read: \(error.localizedDescription)")
            )
        }
    }

    /// Sorted, so that the order does not depend on the file system.
    private func contents(of folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            var isDirectory: ObjCBool = false
            let path = folder.relativePath + "/" + $0
            _ = FileManager.default.fileExists(atPath: folder.path + "/" + $0, isDirectory: &isDirectory)
            return URL(fileURLWithPath: path, isDirectory: isDirectory.boolValue)
        }
    }
}
