// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// The selectors that an experiment can name.
public struct SelectorRegistry: Sendable {
    private let plugins: [String: any SelectorPlugin.Type]

    public init(_ plugins: [any SelectorPlugin.Type]) {
        self.plugins = Dictionary(plugins.map { ($0.name, $0) }) { first, _ in first }
    }

    /// All plugins, sorted by name.
    public var all: [any SelectorPlugin.Type] { plugins.values.sorted { $0.name < $1.name } }

    /// Makes the selector that an experiment names, or starts its program.
    ///
    /// - Throws: `SelectorError` for an unknown name or option, naming those that exist.
    public func makeSelector(_ choice: Experiment.SelectorChoice) async throws -> ChosenSelector {
        if let program = choice.program { return try await ChosenSelector(starting: program, for: choice) }
        guard let plugin = plugins[choice.name] else {
            throw SelectorError(
                .invalidOption, unknownName(choice.name, kind: "selector", available: plugins.keys.sorted()))
        }
        let (selector, options) = try plugin.makeSelector(givenOptions: choice.options)
        return ChosenSelector(label: choice.label, selector: selector, options: options)
    }
}

/// A selector of an experiment, with the options it was made with.
public struct ChosenSelector: Sendable {
    public var label: String
    public var selector: any Selector
    /// All options as canonical JSON.
    public var options: String
}
