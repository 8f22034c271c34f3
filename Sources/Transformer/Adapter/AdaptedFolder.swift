// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Safetensors

/// An adapted decoder in a folder: the adapter as peft has it and, beside it, a scalar head in `value_head.safetensors`
/// with tensors `head.weight` (`1 × width`) and `head.bias` (one number).
extension AdaptedTransformer {
    private static let headFile = "value_head.safetensors"

    /// Whether a folder holds a trained scalar head.
    public static func hasHead(in folder: URL) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(headFile).path)
    }

    /// Reads what `write` wrote.
    ///
    /// - Parameter head: what the folder must hold; a generative head needs no file.
    /// - Throws: `TransformerError` for files that cannot be read or do not fit the model.
    public init(_ model: TransformerModel, folder: URL, head: Head) throws {
        try self.init(model, LoRAAdapter(peft: folder, model.shape), head: head)
        guard head == .scalar else { return }
        let file = folder.appendingPathComponent(Self.headFile)
        let tensors: [String: TensorFile.Tensor]
        do {
            tensors = try TensorFile(file: file).tensors
        } catch let error as TensorFileError {
            throw TransformerError(error.description)
        }
        func find(_ name: String, _ shape: [Int]) throws -> [Float] {
            guard let tensor = tensors[name] else {
                throw TransformerError("\(file.relativePath) lacks tensor '\(name)'.")
            }
            guard tensor.shape == shape else {
                throw TransformerError(
                    "\(file.relativePath): tensor '\(name)' has shape \(tensor.shape); it must have \(shape).")
            }
            guard tensor.values.allSatisfy(\.isFinite) else {
                throw TransformerError("\(file.relativePath): tensor '\(name)' holds a number that is not finite.")
            }
            return tensor.values
        }
        parameters = try adapter.parameters + find("head.weight", [1, model.shape.width]) + find("head.bias", [1])
    }

    /// Writes the adapter and, where it is trained, the head.
    ///
    /// - Parameter name: the plain model's name for whoever reads the adapter; nil for none.
    /// - Throws: `TransformerError` for a folder that cannot be written.
    public func write(folder: URL, model name: String? = nil) throws {
        try adapter.write(peft: folder, model: name)
        guard head == .scalar else { return }
        let width = model.shape.width
        let numbers = Array(parameters.suffix(width + 1))
        let file = TensorFile(tensors: [
            "head.weight": TensorFile.Tensor(shape: [1, width], values: Array(numbers.prefix(width))),
            "head.bias": TensorFile.Tensor(shape: [1], values: Array(numbers.suffix(1))),
        ])
        do {
            try file.write(to: folder.appendingPathComponent(Self.headFile))
        } catch {
            throw TransformerError("\(folder.relativePath): The head cannot be written: \(error.localizedDescription)")
        }
    }
}
