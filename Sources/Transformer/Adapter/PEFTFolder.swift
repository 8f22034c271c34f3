// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Safetensors

/// Adapters in the layout of the peft library: `adapter_config.json` and `adapter_model.safetensors`.
extension LoRAAdapter {
    private static let file = "adapter_model.safetensors"

    /// Reads an adapter.
    ///
    /// - Parameter folder: with the two files.
    /// - Throws: `TransformerError` for files that cannot be read, do not fit the model, or ask for what is not computed here.
    public init(peft folder: URL, _ shape: TransformerShape) throws {
        let configuration = folder.appendingPathComponent(PEFTConfiguration.file)
        let data: Data
        do {
            data = try Data(contentsOf: configuration)
        } catch {
            throw TransformerError("\(configuration.relativePath) cannot be read: \(error.localizedDescription)")
        }
        let settings = try PEFTConfiguration.read(data, name: configuration.relativePath)
        let file = folder.appendingPathComponent(Self.file)
        let tensors: [String: TensorFile.Tensor]
        do {
            tensors = try TensorFile(file: file).tensors
        } catch let error as TensorFileError {
            throw TransformerError(error.description)
        }
        try self.init(tensors, settings, shape, name: file.relativePath)
    }

    init(
        _ tensors: [String: TensorFile.Tensor], _ settings: LoRASettings, _ shape: TransformerShape, name: String
    ) throws {
        do {
            try self.init(empty: settings, shape)
        } catch let error as TransformerError {
            throw TransformerError("\(name): \(error)")
        }
        let places = tensorPlaces
        let known = Set(places.map(\.name))
        if let strange = tensors.keys.sorted().first(where: { !known.contains($0) }) {
            throw TransformerError("\(name) holds tensor '\(strange)', which this model's adapter does not have.")
        }
        for place in places {
            guard let tensor = tensors[place.name] else {
                throw TransformerError("\(name) lacks tensor '\(place.name)'.")
            }
            guard tensor.shape == place.shape else {
                throw TransformerError(
                    "\(name): tensor '\(place.name)' has shape \(tensor.shape); by model and configuration it must have \(place.shape)."
                )
            }
            guard tensor.values.allSatisfy(\.isFinite) else {
                throw TransformerError("\(name): tensor '\(place.name)' holds a number that is not finite.")
            }
            parameters.replaceSubrange(place.start..<place.start + tensor.values.count, with: tensor.values)
        }
    }

    /// Writes both files, which peft reads too.
    ///
    /// - Parameter model: the plain model's name for whoever reads the adapter; nil for none.
    /// - Throws: `TransformerError` for a folder that cannot be written.
    public func write(peft folder: URL, model: String? = nil) throws {
        do {
            try TensorFile(tensors: peftTensors, metadata: ["format": "pt"]).write(
                to: folder.appendingPathComponent(Self.file))
            try PEFTConfiguration.write(settings, model: model).write(
                to: folder.appendingPathComponent(PEFTConfiguration.file), options: .atomic)
        } catch {
            throw TransformerError(
                "\(folder.relativePath): The adapter cannot be written: \(error.localizedDescription)")
        }
    }

    /// The matrices by peft's names.
    var peftTensors: [String: TensorFile.Tensor] {
        var tensors: [String: TensorFile.Tensor] = [:]
        for place in tensorPlaces {
            let count = place.shape.reduce(1, *)
            tensors[place.name] = TensorFile.Tensor(
                shape: place.shape, values: Array(parameters[place.start..<place.start + count]))
        }
        return tensors
    }

    private var tensorPlaces: [(name: String, shape: [Int], start: Int)] {
        (0..<shape.layers).flatMap { layer in
            LoRASettings.Target.allCases.flatMap { target -> [(name: String, shape: [Int], start: Int)] in
                guard let place = place(layer, target) else { return [] }
                let name = "base_model.model.model.layers.\(layer).self_attn.\(target.rawValue)"
                return [
                    ("\(name).lora_A.weight", [settings.rank, place.inputs], place.a),
                    ("\(name).lora_B.weight", [place.outputs, settings.rank], place.b),
                ]
            }
        }
    }
}
