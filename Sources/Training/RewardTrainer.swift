// SPDX-License-Identifier: Apache-2.0
public import RewardModels
import Statistics

/// Trains a reward model step by step, correcting the labels of prefixes as it goes.
///
/// Inner level: the model learns the (corrected) labels of prefixes. Meta level: the corrections learn to make the model do well on final programs, by
/// a finite difference that costs two forward passes and no backward pass, since corrections act through the targets alone:
/// dL_m/dθ_i = (2/B) (f_i(φ + a v) − f_i(φ − a v)) / 2a, with v the meta loss's gradient.
public struct RewardTrainer<Model: DifferentiableRewardModel>: Sendable {
    public typealias Scalar = Model.Scalar

    /// A prefix with its label.
    public struct Example: Sendable {
        public var input: Model.Input
        /// In [0, 1].
        public var target: Double

        public init(input: Model.Input, target: Double) {
            self.input = input
            self.target = target
        }
    }

    /// What one step saw.
    public struct Step: Sendable {
        /// The loss that the model's own step lowered.
        public var innerLoss: Double
        /// Nil where no correction was made.
        public var metaLoss: Double?
        /// The norm of the meta loss's gradient.
        public var metaNorm: Double?
        /// The gradient of the corrections.
        public var tableGradient: [Scalar]?
    }

    public let options: RewardTraining
    public let partials: [Example]
    public let finals: [Example]
    public private(set) var model: Model
    public private(set) var table: CorrectionTable<Scalar>
    public private(set) var optimizer: Optimizer<Scalar>
    /// Steps made.
    public private(set) var iteration = 0
    private var innerBatches: BatchSampler
    private var metaBatches: BatchSampler

    /// - Parameters:
    ///   - partials: prefixes with noisy labels (S_n); only theirs are corrected.
    ///   - finals: whole programs with their verdicts (S_m).
    /// - Throws: `TrainingError` where there is nothing to learn from.
    public init(
        _ model: Model, options: RewardTraining, partials: [Example], finals: [Example]
    ) throws(TrainingError) {
        let inner = partials.count + (options.correction.finalsInInner ? finals.count : 0)
        guard inner > 0 else {
            throw TrainingError(
                "There is no prefix to learn from: every program is a single step. Use a pool of programs in functions, another stepper, "
                    + "or train on whole programs (train orm, or finalsInInner).")
        }
        guard options.correction.kind == .none || !finals.isEmpty else {
            throw TrainingError(
                "There is no whole program with a verdict, which the correction of labels needs. Train without it (correction none)."
            )
        }
        guard options.correction.table == .dense || options.correction.optimizer.rule != .sgd else {
            throw TrainingError(
                "Gradient descent has no state per row, so there is no lazy form of it. Use the dense table.")
        }
        self.options = options
        self.partials = partials
        self.finals = finals
        self.model = model
        table = CorrectionTable(labels: partials.map(\.target), options: options.correction)
        optimizer = Optimizer(options.optimizer, count: model.parameters.count)
        innerBatches = BatchSampler(count: inner, batch: options.batch, seed: options.seed)
        metaBatches = BatchSampler(count: finals.count, batch: options.batch, seed: options.seed ^ 0x6d65_7461)
    }

    /// The next step, on the next batches of shuffled epochs.
    @discardableResult
    public mutating func step() -> Step {
        let inner = innerBatches.next()
        let warmUp = options.correction.warmUpEpochs * innerBatches.stepsPerEpoch
        let corrects = options.correction.kind != .none && iteration >= warmUp
        // Drawn in any case, so that what a later step sees does not depend on the kind of correction.
        let meta = metaBatches.next()
        return step(inner: inner, meta: corrects ? meta : [])
    }

    /// A step on these rows.
    ///
    /// - Parameters:
    ///   - inner: indices of prefixes; those from `partials.count` on are final programs.
    ///   - meta: indices of final programs; empty for no correction.
    public mutating func step(inner: [Int], meta: [Int]) -> Step {
        iteration += 1
        let inputs = inner.map { $0 < partials.count ? partials[$0].input : finals[$0 - partials.count].input }
        guard !meta.isEmpty else {
            let (loss, gradient) = innerGradient(inner, inputs)
            commit(gradient)
            return Step(innerLoss: loss, metaLoss: nil, metaNorm: nil, tableGradient: nil)
        }
        let (loss, gradient) = innerGradient(inner, inputs)
        var step = Step(innerLoss: loss, metaLoss: nil, metaNorm: nil, tableGradient: nil)
        switch options.correction.order {
        case .commitThenMeta:
            commit(gradient)
            let (metaLoss, direction) = metaGradient(meta)
            step.metaLoss = metaLoss
            (step.metaNorm, step.tableGradient) = correct(inner, inputs, along: direction)
        case .virtualThenCommit:
            let base = model.parameters
            let rate = Scalar(options.optimizer.learningRate)
            model.parameters = zip(base, gradient).map { $0 - rate * $1 }
            let (metaLoss, direction) = metaGradient(meta)
            model.parameters = base
            step.metaLoss = metaLoss
            (step.metaNorm, step.tableGradient) = correct(inner, inputs, along: direction)
            if options.correction.sharesGradient {
                commit(gradient)
            } else {
                let (loss, gradient) = innerGradient(inner, inputs)
                step.innerLoss = loss
                commit(gradient)
            }
        }
        return step
    }

    // MARK: Parts of a step

    private mutating func commit(_ gradient: [Scalar]) {
        var gradient = gradient
        if let largest = options.clipNorm { clip(&gradient, toNorm: largest) }
        optimizer.update(&model.parameters, gradient: gradient)
    }

    /// The loss of prefixes under their corrected labels, and its gradient by the model's parameters.
    private func innerGradient(_ rows: [Int], _ inputs: [Model.Input]) -> (loss: Double, gradient: [Scalar]) {
        let targets = rows.map { $0 < partials.count ? table.target($0) : finals[$0 - partials.count].target }
        let weights = rows.map { $0 < partials.count ? table.weight($0) : 1 }
        return gradient(
            of: options.loss, inputs: inputs, targets: targets, weights: weights,
            dropoutSeed: options.seed &+ UInt64(iteration))
    }

    private func metaGradient(_ rows: [Int]) -> (loss: Double, gradient: [Scalar]) {
        gradient(
            of: options.correction.metaLoss, inputs: rows.map { finals[$0].input },
            targets: rows.map { finals[$0].target }, weights: [Double](repeating: 1, count: rows.count),
            dropoutSeed: nil)
    }

    private func gradient(
        of loss: RewardTraining.Loss, inputs: [Model.Input], targets: [Double], weights: [Double], dropoutSeed: UInt64?
    ) -> (loss: Double, gradient: [Scalar]) {
        var value = 0.0
        let count = Double(inputs.count)
        let (_, gradient) = model.gradient(of: inputs, dropoutSeed: dropoutSeed) { logits in
            logits.indices.map { index in
                let logit = Double(logits[index])
                value += weights[index] * loss.value(logit: logit, target: targets[index]) / count
                return Scalar(weights[index] * loss.slope(logit: logit, target: targets[index]) / count)
            }
        }
        return (value, gradient)
    }

    /// Moves the corrections of the batch's prefixes by the finite difference of the inner loss along the meta loss's gradient.
    private mutating func correct(
        _ rows: [Int], _ inputs: [Model.Input], along direction: [Scalar]
    ) -> (norm: Double, gradient: [Scalar]?) {
        let length = norm(direction)
        let partialRows = rows.indices.filter { rows[$0] < partials.count }
        guard length.isFinite, length >= 1e-12, !partialRows.isEmpty else { return (length, nil) }
        let batch = partialRows.map { inputs[$0] }
        let reach = options.correction.radius / (length + 1e-15)
        // Copied back rather than subtracted: rounding must not move the model.
        let base = model.parameters
        func logits(_ sign: Double) -> [Double] {
            var moved = model
            let step = Scalar(sign * reach)
            moved.parameters = zip(base, direction).map { $0 + step * $1 }
            return moved.logits(of: batch).map { Double($0) }
        }
        let (ahead, behind) = (logits(1), logits(-1))
        let scale = options.correction.scale == .one ? 1 : options.optimizer.learningRate
        let factor = scale / (Double(rows.count) * 2 * reach)
        let slopes = partialRows.indices.map { index in
            let row = rows[partialRows[index]]
            switch options.correction.kind {
            case .reweight:
                let target = partials[row].target
                return -factor
                    * (options.loss.value(logit: ahead[index], target: target)
                        - options.loss.value(logit: behind[index], target: target))
            default: return factor * (options.loss.pull(logit: ahead[index]) - options.loss.pull(logit: behind[index]))
            }
        }
        return (length, table.step(rows: partialRows.map { rows[$0] }, slopes: slopes))
    }
}

// MARK: Standing still and going on

extension RewardTrainer {
    /// All that the next steps depend on besides options and examples.
    public struct State: Sendable {
        public var iteration: Int
        public var parameters: [Scalar]
        public var optimizer: Optimizer<Scalar>.State
        public var corrections: [Scalar]
        public var tableOptimizer: Optimizer<Scalar>.State

        public init(
            iteration: Int, parameters: [Scalar], optimizer: Optimizer<Scalar>.State, corrections: [Scalar],
            tableOptimizer: Optimizer<Scalar>.State
        ) {
            self.iteration = iteration
            self.parameters = parameters
            self.optimizer = optimizer
            self.corrections = corrections
            self.tableOptimizer = tableOptimizer
        }
    }

    public var state: State {
        State(
            iteration: iteration, parameters: model.parameters, optimizer: optimizer.state, corrections: table.values,
            tableOptimizer: table.optimizer.state)
    }

    /// Goes on where another trainer with the same options and examples stopped: the same numbers follow, bit for bit.
    public mutating func resume(_ state: State) {
        model.parameters = state.parameters
        optimizer = Optimizer(options.optimizer, state: state.optimizer)
        table = CorrectionTable(
            labels: table.labels, options: options.correction, values: state.corrections,
            optimizer: Optimizer(options.correction.optimizer, state: state.tableOptimizer))
        for _ in iteration..<max(iteration, state.iteration) {
            _ = innerBatches.next()
            _ = metaBatches.next()
        }
        iteration = state.iteration
    }
}

/// Batches from shuffled epochs.
struct BatchSampler: Sendable {
    private let count: Int
    private let batch: Int
    private var random: SeededNumbers
    private var order: [Int] = []

    init(count: Int, batch: Int, seed: UInt64) {
        self.count = count
        self.batch = min(batch, count)
        random = SeededNumbers(seed: seed)
    }

    var stepsPerEpoch: Int { batch > 0 ? (count + batch - 1) / batch : 0 }

    /// The next indices; fewer than a batch only where there are no more.
    mutating func next() -> [Int] {
        var rows: [Int] = []
        while rows.count < batch {
            if order.isEmpty { order = Array(0..<count).shuffled(using: &random) }
            guard let next = order.popLast() else { break }
            rows.append(next)
        }
        return rows
    }
}
