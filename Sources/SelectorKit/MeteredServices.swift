// SPDX-License-Identifier: Apache-2.0

/// Adds what a reward model reports to a selector's cost.
struct MeteredRewardModel: RewardModel {
    let model: any RewardModel
    let meter: CostMeter

    var fingerprint: String { model.fingerprint }

    func rewards(for prefixes: [String], of problem: Problem) async throws -> PrefixRewards {
        let rewards = try await model.rewards(for: prefixes, of: problem)
        meter.add(rewards.cost)
        guard rewards.values.count == prefixes.count, rewards.values.allSatisfy({ (0...1).contains($0) }) else {
            throw SelectorError(
                .serviceFailed,
                "The reward model gave \(rewards.values) for \(prefixes.count) prefixes of problem '\(problem.id)'; expected as many "
                    + "numbers from 0 to 1.")
        }
        return rewards
    }
}

/// Adds what a language model reports to a selector's cost.
struct MeteredLanguageModel: LanguageModel {
    let model: any LanguageModel
    let meter: CostMeter

    var fingerprint: String { model.fingerprint }

    func reply(to request: LanguageModelRequest) async throws -> LanguageModelReply {
        let reply = try await model.reply(to: request)
        meter.add(reply.cost)
        return reply
    }
}

/// Counts executions and the CPU time of the processes that they took.
struct MeteredProgramRunner: ProgramRunner {
    let runner: any ProgramRunner
    let meter: CostMeter

    func run(
        _ program: String, of problem: Problem, on inputs: [ProgramInput], seconds: Double?
    ) async throws -> [ProgramOutput] {
        meter.add(Cost(executions: inputs.count))
        let measured = try await runner.measuredRun(program, of: problem, on: inputs, seconds: seconds)
        meter.add(Cost(cpuSeconds: measured.cpuSeconds))
        let outputs = measured.outputs
        guard outputs.count == inputs.count else {
            throw SelectorError(
                .serviceFailed,
                "The program runner gave \(outputs.count) outputs for \(inputs.count) inputs of problem '\(problem.id)'."
            )
        }
        return outputs
    }

    func comparable(_ output: String, on input: ProgramInput, of problem: Problem) -> String {
        runner.comparable(output, on: input, of: problem)
    }
}
