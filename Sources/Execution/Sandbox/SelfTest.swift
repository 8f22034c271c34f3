// SPDX-License-Identifier: Apache-2.0
import Foundation

struct SelfTest: Sendable {
    let tier: SandboxTier
    let modules: [String]
    func run(on runner: Runner) async throws -> [String: String] { [:] }
}
