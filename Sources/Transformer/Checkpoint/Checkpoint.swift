// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Safetensors

/// A folder as Hugging Face has it: `config.json`, `tokenizer.json`, and weights in `model.safetensors` or in parts with an index.
public final class Checkpoint: Sendable {
    public let folder: URL
    public let configuration: CheckpointConfiguration
    /// The files of the weights, by name.
    private let files: [String: MappedTensorFile]
    /// The file of each tensor.
    private let places: [String: String]
    /// What the names of the decoder's tensors begin with, where a model wraps it.
    private let wrapping: String

    /// Reads what the folder says of itself and maps the weights, whose numbers are read when they are needed.
    ///
    /// - Throws: `TransformerError` naming the file for one that is missing, cut off, damaged, or of an unsupported architecture.
    public init(folder: URL) throws(TransformerError) {
        self.folder = folder
        let name = folder.appendingPathComponent("config.json")
        guard let data = try? Data(contentsOf: name) else {
            throw TransformerError(
                "\(name.relativePath): The file cannot be read. Expected the folder of a checkpoint as it is downloaded, with config.json, "
                    + "tokenizer.json and model.safetensors.")
        }
        configuration = try CheckpointConfiguration(data, name: name.relativePath)
        (files, places) = try Self.weights(folder)
        let embeddings = places.keys.filter { $0 == Self.marker || $0.hasSuffix("." + Self.marker) }
        guard let embedding = embeddings.min(by: { $0.count < $1.count }) else {
            throw TransformerError("\(folder.relativePath): The checkpoint lacks tensor '\(Self.marker)'.")
        }
        wrapping = String(embedding.dropLast(Self.marker.count))
    }

    private static let marker = "model.embed_tokens.weight"

    private static func weights(
        _ folder: URL
    ) throws(TransformerError) -> (files: [String: MappedTensorFile], places: [String: String]) {
        func map(_ name: String) throws(TransformerError) -> MappedTensorFile {
            do {
                return try MappedTensorFile(file: folder.appendingPathComponent(name))
            } catch {
                throw TransformerError("\(error)")
            }
        }
        let index = folder.appendingPathComponent("model.safetensors.index.json")
        guard let data = try? Data(contentsOf: index) else {
            let name = "model.safetensors"
            guard FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path) else {
                throw TransformerError(
                    "\(folder.relativePath): There is neither model.safetensors nor model.safetensors.index.json. Weights in other formats are not read."
                )
            }
            let file = try map(name)
            return ([name: file], file.header.entries.mapValues { _ in name })
        }
        guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let places = object["weight_map"] as? [String: String], !places.isEmpty
        else { throw TransformerError("\(index.relativePath): field 'weight_map': Expected the file of each tensor.") }
        var files: [String: MappedTensorFile] = [:]
        for name in Set(places.values).sorted() {
            guard !name.contains("/"), name != ".." else {
                throw TransformerError("\(index.relativePath): '\(name)' is no name of a file in this folder.")
            }
            files[name] = try map(name)
        }
        for (tensor, name) in places.sorted(by: { $0.key < $1.key }) {
            guard files[name]?.header.entries[tensor] != nil else {
                throw TransformerError("\(index.relativePath): '\(name)' should hold tensor '\(tensor)', and does not.")
            }
        }
        return (files, places)
    }

    /// A tensor by its name without what wraps the decoder; nil for one that the checkpoint lacks. Its memory lives as long as this object.
    ///
    /// - Throws: `TransformerError` for other elements than F32, BF16 and F16.
    public func tensor(_ name: String) throws(TransformerError) -> WeightTensor? {
        for full in [wrapping + name, name] {
            guard let place = places[full], let file = files[place], let entry = file.header.entries[full],
                let bytes = file.bytes(of: full)
            else { continue }
            guard let tensor = WeightTensor(bytes, type: entry.type, shape: entry.shape, owner: file) else {
                throw TransformerError(
                    "\(folder.appendingPathComponent(place).relativePath): Tensor '\(full)' holds \(entry.type); F32, BF16 and F16 are read."
                )
            }
            return tensor
        }
        return nil
    }

    /// The decoder, whose weights stay in the files.
    ///
    /// - Parameter room: bytes of memory that will be needed besides the weights.
    /// - Throws: `TransformerError` for missing tensors, ones of a wrong shape or type, and where memory is too short.
    public func model(threads: Int, room: Int = 0) throws(TransformerError) -> TransformerModel {
        if let available = AvailableMemory.bytes, weightBytes + room > available {
            throw TransformerError(
                "\(folder.relativePath): The weights take \(gigabytes(weightBytes)) of memory and the work \(gigabytes(room)), but only "
                    + "\(gigabytes(available)) are available. Use a smaller checkpoint, shorter texts (maxTokens) or another machine, or serve it."
            )
        }
        do {
            return try TransformerModel(configuration.shape, threads: threads, keeping: self) { try tensor($0) }
        } catch {
            throw TransformerError("\(folder.relativePath): \(error)")
        }
    }

    /// Bytes of all files of the weights.
    public var weightBytes: Int { files.values.reduce(0) { $0 + $1.size } }

    /// Parts of the checkpoint that tell it from others: what the texts say, and of every tensor its name, type, shape, beginning and end.
    ///
    /// Not all of the weights, which would take as long as a first answer.
    public func identity(_ add: (UnsafeRawBufferPointer) -> Void) {
        for name in ["config.json", "tokenizer.json"] {
            (try? Data(contentsOf: folder.appendingPathComponent(name)))?.withUnsafeBytes { add($0) }
        }
        for (name, place) in places.sorted(by: { $0.key < $1.key }) {
            guard let file = files[place], let entry = file.header.entries[name], let bytes = file.bytes(of: name)
            else {
                continue
            }
            Array("\(name) \(entry.type) \(entry.shape)".utf8).withUnsafeBytes { add($0) }
            add(UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.sample)))
            add(UnsafeRawBufferPointer(rebasing: bytes.suffix(Self.sample)))
        }
    }

    private static let sample = 4096

    /// The first tensor that holds a number which is none, for messages; nil where all are finite.
    func firstNonFinite() -> String? {
        places.keys.sorted().first { name in (try? tensor(name)).flatMap { $0 }.map { !$0.isFinite } ?? false }
    }
}

/// Bytes as people read them.
func gigabytes(_ bytes: Int) -> String {
    let tenths = (Double(bytes) / 1e8).rounded(.up) / 10
    return "\(tenths) GB"
}
