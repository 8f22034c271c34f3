// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

struct DoctorCommand: AsyncParsableCommand {
    func run() async throws {}
}
struct LatticeCommand: AsyncParsableCommand {
    func run() async throws {}
}
