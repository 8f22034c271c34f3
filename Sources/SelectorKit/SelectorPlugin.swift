// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// The unit of registration: a named kind of selector with its options.
///
/// Synthesised decoding ignores default values, so options are read in three steps: `defaultOptions` is encoded, the keys given by the user replace
/// its keys (an unknown key is an error), and the result is decoded. Give every option a default that is not nil; use an enum case for "none".
public protocol SelectorPlugin: SendableMetatype {
    associatedtype Options: Codable & Sendable

    /// The name that experiment files use, such as `funprm`.
    static var name: String { get }
    /// One line for `bestofn list`.
    static var summary: String { get }
    static var defaultOptions: Options { get }
    static func makeSelector(options: Options) throws -> any Selector
}

/// The options of a selector that has none.
public struct NoOptions: Codable, Sendable, Hashable {
    public init() {}
}

extension SelectorPlugin {
    /// A selector made with `given` laid over the default options, and all options it was made with as canonical JSON.
    ///
    /// - Parameter given: a JSON object; nil for no options.
    /// - Throws: `SelectorError` with code `.invalidOption`, naming the option and those that exist.
    public static func makeSelector(givenOptions given: Data?) throws -> (selector: any Selector, options: String) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let defaults = try encoder.encode(defaultOptions)
        guard var merged = try JSONSerialization.jsonObject(with: defaults) as? [String: Any] else {
            throw SelectorError(.invalidOption, "The options of selector '\(name)' are not a set of named values.")
        }
        if let given {
            guard let overlay = try? JSONSerialization.jsonObject(with: given) as? [String: Any] else {
                throw SelectorError(
                    .invalidOption, "The options of selector '\(name)' must be a mapping of names to values.")
            }
            for (key, value) in overlay {
                guard merged[key] != nil else {
                    let available = merged.keys.sorted().joined(separator: ", ")
                    throw SelectorError(
                        .invalidOption,
                        "Selector '\(name)' has no option '\(key)'. "
                            + (available.isEmpty ? "It has no options." : "Available: \(available)."))
                }
                merged[key] = value
            }
        }
        let text = try JSONSerialization.data(withJSONObject: merged, options: [.sortedKeys])
        let options: Options
        do {
            options = try JSONDecoder().decode(Options.self, from: text)
        } catch let error as DecodingError {
            throw SelectorError(.invalidOption, "Selector '\(name)': \(explain(error))")
        }
        return (try makeSelector(options: options), String(decoding: text, as: UTF8.self))
    }

    private static func explain(_ error: DecodingError) -> String {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            let key = context.codingPath.map(\.stringValue).joined(separator: ".")
            return "option '\(key)' has a wrong value: \(context.debugDescription)"
        @unknown default:
            return "an option has a wrong value: \(error)"
        }
    }
}
