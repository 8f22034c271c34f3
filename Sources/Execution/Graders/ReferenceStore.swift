// SPDX-License-Identifier: Apache-2.0
import ContentHash
package import Foundation
import Glibc

/// What reference runs gave, kept on disk: later runs need not repeat them, and their time limits are the same.
///
/// One file per test set: a line that names the format, the SHA-256 of the rest, and the rest. A file that is damaged, cut off or of another format is as
/// good as none. References are measured on one kind of machine by one interpreter, so these are part of the key.
package struct ReferenceStore: Sendable {
    private static let format = "bestofn reference 1\n"
    /// Beyond this size a reference is not kept.
    private static let largestFile = 64 << 20

    package let directory: URL
    private let machine: [String]
    private let largestTotal: Int

    /// - Parameters:
    ///   - python: the interpreter's version.
    ///   - processor: the processor's model.
    ///   - largestTotal: bytes of all files together; beyond it, the oldest go.
    package init(directory: URL, python: String, processor: String, largestTotal: Int = 512 << 20) {
        self.directory = directory
        machine = [python, processor]
        self.largestTotal = largestTotal
    }

    /// The user's store; nil where there is no `CacheDirectory`.
    package static func standard(
        python: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> ReferenceStore? {
        CacheDirectory.standard(environment: environment).map {
            ReferenceStore(directory: $0, python: python, processor: processorModel())
        }
    }

    /// The processor as the kernel names it.
    private static func processorModel() -> String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let names = ["model name", "CPU implementer", "CPU part", "CPU variant"]
        let lines = text.split(separator: "\n").prefix(64)
        return names.compactMap { name in lines.first { $0.hasPrefix(name) } }.joined(separator: "; ")
    }

    private struct Description: Codable {
        var seconds: [Double]
        var inputs: Int
        var frames: [Int]
    }

    private func file(_ key: String) -> URL {
        var hash = ContentHash()
        for field in machine + [Self.format, key] { hash.add(field) }
        return directory.appendingPathComponent(hash.hexDigest() + ".reference")
    }

    /// What was kept under this key; nil when there is nothing sound.
    func result(_ key: String) -> EvalPlusReferenceRun.Result? {
        guard let data = try? Data(contentsOf: file(key)) else { return nil }
        let head = Data(Self.format.utf8)
        guard data.starts(with: head), data.count > head.count + 65 + 8 else { return nil }
        let digest = data.dropFirst(head.count).prefix(64)
        let content = data.dropFirst(head.count + 65)
        guard Array(digest) == Array(Self.digest(of: content).utf8) else { return nil }
        let size = content.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        var rest = content.dropFirst(8)
        func take(_ count: Int) -> Data? {
            guard count >= 0, count <= rest.count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return Data(rest.prefix(count))
        }
        guard let json = take(size), let description = try? JSONDecoder().decode(Description.self, from: json),
            let inputs = take(description.inputs)
        else { return nil }
        var frames: [Data] = []
        for size in description.frames {
            guard let frame = take(size) else { return nil }
            frames.append(frame)
        }
        guard rest.isEmpty else { return nil }
        return EvalPlusReferenceRun.Result(inputs: inputs, expected: frames, seconds: description.seconds)
    }

    /// Keeps a result. A store that cannot be written to is no error: the next run does the work again.
    func save(_ result: EvalPlusReferenceRun.Result, _ key: String) {
        // Values that cannot leave the interpreter would have to be pickled, and pickles are not read from disk.
        guard !result.isInProcess, let content = Self.content(result), content.count <= Self.largestFile else { return }
        try? FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        var data = Data(Self.format.utf8)
        data.append(Data((Self.digest(of: content) + "\n").utf8))
        data.append(content)
        let temporary = directory.appendingPathComponent(".\(getpid())-\(UInt64.random(in: .min ... .max))")
        do {
            try data.write(to: temporary)
        } catch {
            unlink(temporary.path)
            return
        }
        if rename(temporary.path, file(key).path) != 0 { unlink(temporary.path) }
        makeRoom()
    }

    private static func digest(of content: Data) -> String {
        var hash = ContentHash()
        hash.add(content)
        return hash.hexDigest()
    }

    private static func content(_ result: EvalPlusReferenceRun.Result) -> Data? {
        let description = Description(
            seconds: result.seconds, inputs: result.inputs.count, frames: result.expected.map(\.count))
        guard let json = try? JSONEncoder().encode(description) else { return nil }
        var content = Data()
        withUnsafeBytes(of: UInt64(json.count).littleEndian) { content.append(contentsOf: $0) }
        content.append(json)
        content.append(result.inputs)
        for frame in result.expected { content.append(frame) }
        return content
    }

    private func makeRoom() {
        let keys: Set<URLResourceKey> = [.fileSizeKey, .contentModificationDateKey]
        let found = try? FileManager.default.contentsOfDirectory(
            at: directory, includingPropertiesForKeys: Array(keys), options: [])
        let files = (found ?? []).compactMap { url -> (url: URL, size: Int, date: Date)? in
            guard let values = try? url.resourceValues(forKeys: keys), let size = values.fileSize,
                let date = values.contentModificationDate
            else { return nil }
            // What a killed run left half written.
            if url.lastPathComponent.hasPrefix("."), date.timeIntervalSinceNow < -3600 {
                unlink(url.path)
                return nil
            }
            return url.pathExtension == "reference" ? (url, size, date) : nil
        }
        var total = files.reduce(0) { $0 + $1.size }
        for file in files.sorted(by: { $0.date < $1.date }) {
            guard total > largestTotal else { return }
            unlink(file.url.path)
            total -= file.size
        }
    }
}
