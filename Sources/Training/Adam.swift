// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Adam with L2 regularisation: the decay is part of the gradient, as in torch's `Adam`. Moments and parameters have the precision `Scalar`.
public struct Adam<Scalar: BinaryFloatingPoint & Sendable>: Sendable {
    public var learningRate: Scalar
    public var weightDecay: Scalar
    public var beta1: Scalar = 0.9
    public var beta2: Scalar = 0.999
    public var epsilon: Scalar = 1e-8
    private var step = 0
    private var means: [Scalar]
    private var squares: [Scalar]

    public init(count: Int, learningRate: Scalar, weightDecay: Scalar = 0) {
        self.learningRate = learningRate
        self.weightDecay = weightDecay
        means = [Scalar](repeating: 0, count: count)
        squares = [Scalar](repeating: 0, count: count)
    }

    public mutating func update(_ parameters: inout [Scalar], gradient: [Scalar]) {
        precondition(parameters.count == means.count && gradient.count == means.count)
        step += 1
        let size = Scalar(Double(learningRate) / (1 - pow(Double(beta1), Double(step))))
        let correction = Scalar((1 - pow(Double(beta2), Double(step))).squareRoot())
        let (decay, beta1, beta2, epsilon) = (weightDecay, beta1, beta2, epsilon)
        let count = means.count
        parameters.withUnsafeMutableBufferPointer { parameters in
            gradient.withUnsafeBufferPointer { gradient in
                means.withUnsafeMutableBufferPointer { means in
                    squares.withUnsafeMutableBufferPointer { squares in
                        for index in 0..<count {
                            let slope = gradient[index] + decay * parameters[index]
                            means[index] = beta1 * means[index] + (1 - beta1) * slope
                            squares[index] = beta2 * squares[index] + (1 - beta2) * slope * slope
                            parameters[index] -=
                                size * means[index] / (squares[index].squareRoot() / correction + epsilon)
                        }
                    }
                }
            }
        }
    }
}
