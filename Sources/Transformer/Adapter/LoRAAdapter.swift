// SPDX-License-Identifier: Apache-2.0

/// Pairs of low-rank matrices: a linear layer's result becomes `W x + b + scale · B (A x)`.
public struct LoRAAdapter: Sendable, Hashable {
    public let settings: LoRASettings
    /// The model that it belongs to.
    public let shape: TransformerShape
    /// All numbers: by layer, by target in the order q, k, v, o, and of each A (`rank × inputs`, row by row), then B (`outputs × rank`, row by row).
    public var parameters: [Float] {
        didSet { precondition(parameters.count == count, "An adapter's number of parameters does not change.") }
    }
    /// By layer and target; nil for what has no adapter.
    private let places: [Place?]
    private let count: Int

    /// Where the two matrices of a target begin among the parameters, and their sizes.
    struct Place: Sendable, Hashable {
        var a: Int
        var b: Int
        var inputs: Int
        var outputs: Int
    }

    /// An adapter that adds nothing yet: A is uniform between ±1/√inputs (Kaiming's rule as peft applies it), B is zero.
    ///
    /// - Parameter seed: the same seed always gives the same numbers.
    /// - Throws: `TransformerError` for settings that do not fit the model.
    public init(_ settings: LoRASettings, _ shape: TransformerShape, seed: UInt64) throws {
        try self.init(empty: settings, shape)
        let numbers = CountedNumbers(seed: seed)
        for place in places.compactMap({ $0 }) {
            let bound = 1 / Float(place.inputs).squareRoot()
            for index in place.a..<place.b {
                // 24 bits are what a float holds.
                let unit = Float(numbers[UInt64(index)] >> 40) / Float(1 << 24)
                parameters[index] = (2 * unit - 1) * bound
            }
        }
    }

    /// All zero.
    init(empty settings: LoRASettings, _ shape: TransformerShape) throws {
        try settings.check(shape)
        self.settings = settings
        self.shape = shape
        var count = 0
        var places: [Place?] = []
        for layer in 0..<shape.layers {
            for target in LoRASettings.Target.allCases {
                guard settings.layers?.contains(layer) ?? true, settings.targets.contains(target) else {
                    places.append(nil)
                    continue
                }
                let (outputs, inputs) = shape.size(of: target)
                let a = count
                let b = a + settings.rank * inputs
                count = b + outputs * settings.rank
                places.append(Place(a: a, b: b, inputs: inputs, outputs: outputs))
            }
        }
        self.places = places
        self.count = count
        parameters = [Float](repeating: 0, count: count)
    }

    func place(_ layer: Int, _ target: LoRASettings.Target) -> Place? {
        let all = LoRASettings.Target.allCases
        return all.firstIndex(of: target).flatMap { places[layer * all.count + $0] }
    }

    /// The first layer that has an adapter.
    var lowestLayer: Int { (places.firstIndex { $0 != nil } ?? 0) / LoRASettings.Target.allCases.count }
}

extension TransformerShape {
    /// Rows and columns of a linear layer of attention.
    func size(of target: LoRASettings.Target) -> (outputs: Int, inputs: Int) {
        switch target {
        case .query: (attention.queryWidth, width)
        case .key, .value: (attention.keyWidth, width)
        case .output: (width, attention.queryWidth)
        }
    }
}
