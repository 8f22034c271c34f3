// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import Datasets
public import Evaluation
public import Execution
public import LanguageModels
public import PythonSource
import RewardModels
public import Training

// Names of the library's types as command-line arguments.
extension Benchmark: ExpressibleByArgument {}
extension CompletionAPI: ExpressibleByArgument {}
extension Semantics: ExpressibleByArgument {}
extension LatticeStyle: ExpressibleByArgument {}
extension StepperName: ExpressibleByArgument {}
extension Split.Part: ExpressibleByArgument {}
extension Clock: ExpressibleByArgument {}
extension RewardTraining.Loss: ExpressibleByArgument {}
extension OptimizerSettings.Rule: ExpressibleByArgument {}
extension RewardCorrection.Kind: ExpressibleByArgument {}
extension RewardCorrection.Order: ExpressibleByArgument {}
extension RewardCorrection.Scale: ExpressibleByArgument {}
extension RewardCorrection.Clamp: ExpressibleByArgument {}
extension RewardCorrection.TableAdam: ExpressibleByArgument {}
extension TransformerRewardModel.Head: ExpressibleByArgument {}
