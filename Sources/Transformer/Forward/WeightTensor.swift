// SPDX-License-Identifier: Apache-2.0

/// A tensor of a checkpoint where it lies in memory.
public struct WeightTensor: Sendable {
    /// Sendable, because the memory is never written: whoever makes a model promises so.
    public enum Elements: @unchecked Sendable {
        case float32(UnsafeBufferPointer<Float>)
        case bfloat16(UnsafeBufferPointer<UInt16>)
        /// IEEE half precision.
        case float16(UnsafeBufferPointer<UInt16>)
    }

    public var shape: [Int]
    public var elements: Elements
    /// Keeps the memory; nil where somebody else does.
    private let owner: (any AnyObject & Sendable)?

    /// - Parameter owner: kept alive as long as the tensor, for what owns its memory.
    public init(shape: [Int], elements: Elements, owner: (any AnyObject & Sendable)? = nil) {
        self.shape = shape
        self.elements = elements
        self.owner = owner
    }

    /// Little-endian elements of a type as safetensors names it; nil for types that are not computed with, and for memory that is not aligned to elements.
    init?(
        _ bytes: UnsafeRawBufferPointer, type: String, shape: [Int], owner: (any AnyObject & Sendable)?
    ) {
        func view<Element>(_: Element.Type) -> UnsafeBufferPointer<Element>? {
            guard let start = bytes.baseAddress else { return UnsafeBufferPointer(start: nil, count: 0) }
            guard Int(bitPattern: start) % MemoryLayout<Element>.alignment == 0 else { return nil }
            return bytes.assumingMemoryBound(to: Element.self)
        }
        let elements: Elements? =
            switch type {
            case "F32": view(Float.self).map { .float32($0) }
            case "BF16": view(UInt16.self).map { .bfloat16($0) }
            case "F16": view(UInt16.self).map { .float16($0) }
            default: nil
            }
        guard let elements else { return nil }
        self.init(shape: shape, elements: elements, owner: owner)
    }

    var count: Int {
        switch elements {
        case .float32(let values): values.count
        case .bfloat16(let values), .float16(let values): values.count
        }
    }

    /// Some of the elements as float32, copied.
    func floats(_ range: Range<Int>) -> [Float] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        defer { withExtendedLifetime(owner) {} }
        return [Float](unsafeUninitializedCapacity: range.count) { room, initialized in
            initialized = range.count
            guard let target = room.baseAddress else { return }
            switch elements {
            case .float32(let values):
                if let start = values.baseAddress {
                    target.initialize(from: start + range.lowerBound, count: range.count)
                }
            case .bfloat16(let values):
                if let start = values.baseAddress { widen(start + range.lowerBound, count: range.count, into: target) }
            case .float16(let values):
                if let start = values.baseAddress {
                    widenHalf(start + range.lowerBound, count: range.count, into: target)
                }
            }
        }
    }

    /// The elements as float32, copied.
    public var floats: [Float] { floats(0..<count) }

    /// Whether every element is a number.
    var isFinite: Bool {
        let step = 1 << 16
        return stride(from: 0, to: count, by: step).allSatisfy { start in
            floats(start..<min(start + step, count)).allSatisfy(\.isFinite)
        }
    }
}
