// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Testing
import Training

/// Trajectories and losses of the reference implementations.
@Suite struct OptimisationVectorTests {
    private struct Vectors: Decodable {
        struct Run: Decodable {
            var optimizer: String
            var lr: Double
            var betas: [Double]?
            var eps: Double?
            var weight_decay: Double?
            var trajectory: [[Double]]
        }
        var p0: [Double]
        var grads: [[Double]]
        var runs: [Run]
    }

    @Test(.enabled(if: SharedData.isPresent, "needs the shared data pack beside the checkout (or BESTOFN_SHARED)"))
    func adamFollowsTorch() throws {
        let vectors = try JSONDecoder().decode(
            Vectors.self, from: Data(contentsOf: SharedData.vectors("adam.json")))
        let runs = vectors.runs.filter { $0.optimizer == "adam" }
        #expect(runs.count == 3)
        for run in runs {
            var adam = Adam<Double>(
                count: vectors.p0.count, learningRate: run.lr, weightDecay: run.weight_decay ?? 0)
            if let betas = run.betas { (adam.beta1, adam.beta2) = (betas[0], betas[1]) }
            adam.epsilon = run.eps ?? adam.epsilon
            var parameters = vectors.p0
            for (gradient, expected) in zip(vectors.grads, run.trajectory) {
                adam.update(&parameters, gradient: gradient)
                for (value, expected) in zip(parameters, expected) {
                    #expect(abs(value - expected) <= 1e-12 + 1e-9 * abs(expected))
                }
            }
        }
    }

    private struct Scores: Decodable {
        struct Loss: Decodable {
            var z_plus: Double
            var z_minus: Double
            var target: Double
            var mse: Double
            var mse_grad: [Double]
            var bce: Double
            var bce_grad: [Double]
        }
        struct Batch: Decodable {
            var z: [[Double]]
            var target: [Double]
            var mse_mean: Double
            var grad: [[Double]]
        }
        var losses: [Loss]
        var batch_mse: Batch
    }

    @Test(.enabled(if: SharedData.isPresent, "needs the shared data pack beside the checkout (or BESTOFN_SHARED)"))
    func lossesAndTheirGradients() throws {
        let vectors = try JSONDecoder().decode(
            Scores.self, from: Data(contentsOf: SharedData.vectors("prm_scores.json")))
        func close(_ value: Double, _ expected: Double) -> Bool { abs(value - expected) <= 1e-5 + 1e-5 * abs(expected) }
        var training = RewardTraining()
        #expect(!vectors.losses.isEmpty)
        for row in vectors.losses {
            let logit = [Float(row.z_plus - row.z_minus)]
            for (kind, value, gradient) in [
                (RewardTraining.Loss.mse, row.mse, row.mse_grad[0]), (.bce, row.bce, row.bce_grad[0]),
            ] {
                training.loss = kind
                let loss = training.loss(logits: logit, targets: [Float(row.target)])
                #expect(close(loss.value, value) && close(Double(loss.gradient[0]), gradient))
            }
        }
        training.loss = .mse
        let batch = vectors.batch_mse
        let loss = training.loss(logits: batch.z.map { Float($0[0] - $0[1]) }, targets: batch.target.map { Float($0) })
        #expect(close(loss.value, batch.mse_mean))
        for (value, expected) in zip(loss.gradient, batch.grad) { #expect(close(Double(value), expected[0])) }
    }
}
