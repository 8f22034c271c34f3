// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import PythonSource
import RewardModels
import Training

extension YAMLMapping {
    init(_ choice: TrainedModelChoice) {
        self.init()
        add("trained", choice.kind.rawValue)
        if !choice.pools.isEmpty { add("pools", choice.pools) }
        let isProcess = choice.kind == .prm
        if isProcess { add("stepper", choice.stepper.rawValue) }
        switch choice.labels {
        case .poolShare: break
        case .file(let file): add("rollouts", file.displayPath)
        case .lattice(let folder, let style, let samples, let seed):
            var rollouts = YAMLMapping()
            rollouts.add("lattice", folder.displayPath)
            rollouts.add("style", style.rawValue)
            rollouts.add("samples", samples)
            rollouts.add("seed", String(seed))
            add("rollouts", rollouts)
        case .served(let served, let samples, let seed):
            var rollouts = YAMLMapping()
            rollouts.add("languageModel", served.languageModel)
            rollouts.add("prefill", served.way.name)
            rollouts.add("samples", samples)
            rollouts.add("seed", String(seed))
            rollouts.add("temperature", served.sampling.temperature)
            rollouts.add("topP", served.sampling.topP)
            rollouts.add("maxTokens", served.sampling.maxTokens)
            add("rollouts", rollouts)
        }
        if isProcess { add("trueValues", "\(choice.learnsTrueValues)") }
        add("hidden", choice.shape.hidden)
        add("buckets", choice.shape.buckets)
        let training = choice.training
        add("loss", training.loss.rawValue)
        add("iterations", training.iterations)
        add("batch", training.batch)
        add("optimizer", training.optimizer.rule.rawValue)
        add("learningRate", training.optimizer.learningRate)
        add("weightDecay", training.optimizer.weightDecay)
        add("clipNorm", training.clipNorm)
        let correction = training.correction
        var fields = YAMLMapping()
        fields.add("kind", correction.kind.rawValue)
        if correction.kind != .none {
            fields.add("order", correction.order.rawValue)
            fields.add("scale", correction.scale.rawValue)
            fields.add("clamp", correction.clamp.rawValue)
            fields.add("project", "\(correction.projects)")
            fields.add("table", correction.table.rawValue)
            fields.add("learningRate", correction.optimizer.learningRate)
            fields.add("weightDecay", correction.optimizer.weightDecay)
            fields.add("loss", correction.metaLoss.rawValue)
            fields.add("radius", correction.radius)
            fields.add("warmUpEpochs", correction.warmUpEpochs)
            fields.add("shareGradient", "\(correction.sharesGradient)")
        }
        fields.add("finalsInInner", "\(correction.finalsInInner)")
        if isProcess { add("correction", fields) }
        add("seeds", choice.seeds.map(String.init))
    }

    init(_ split: Split) {
        self.init()
        switch split {
        case .folds(let count): add("folds", count)
        case .date(let day): add("date", day)
        case .ids(let train, let test):
            var fields = YAMLMapping()
            fields.add("train", train.displayPath)
            fields.add("test", test.displayPath)
            add("ids", fields)
        case .byTrajectory(let share, let seed):
            add("byTrajectory", share)
            add("seed", String(seed))
        case .stratified(let stratified):
            var fields = YAMLMapping()
            fields.add("train", stratified.train)
            switch stratified.test {
            case .total(let count): fields.add("test", count)
            case .each(let counts):
                var each = YAMLMapping()
                for (stratum, count) in counts.sorted(by: { $0.key < $1.key }) { each.add(stratum, count) }
                fields.add("test", each)
            }
            fields.add("hard", stratified.hard?.displayPath)
            fields.add("seed", String(stratified.seed))
            add("stratified", fields)
        }
    }
}
